#!/usr/bin/env bash
# Makes the Debian package: the program, the ONNX Runtime, models, unit, config and manual pages.
#
#   scripts/package.sh [amd64|arm64]     this machine's architecture, if none is given
#
# QUICK=1 packages what the tests run: built soon, and slow at work. REVISION=2 is another version of the package.
set -euo pipefail
cd "$(dirname "$0")/.."

say() { printf 'package: %s\n' "$*"; }

arch="${1:-$(dpkg --print-architecture)}"
profile=release built=release
[[ -z "${QUICK:-}" ]] || { profile=dev; built=debug; }
case "$arch" in
    amd64) processor=x86_64 ;;
    arm64) processor=aarch64 ;;
    *) say "there is a package for amd64 and for arm64, not for $arch"; exit 1 ;;
esac
target="$processor-unknown-linux-gnu"
own=false
[[ "$arch" == "$(dpkg --print-architecture)" ]] && own=true
# What a program for another processor is compiled with.
cross_environment() {
    local gcc="$processor-linux-gnu-gcc" name="${target//-/_}"
    if ! command -v "$gcc" >/dev/null; then
        say "$gcc is absent: apt-get install gcc-$processor-linux-gnu g++-$processor-linux-gnu"
        exit 1
    fi
    if ! rustup target add "$target"; then
        say "Rust's standard library for $target cannot be had here, so there is no package for $arch"
        exit 1
    fi
    export "CC_$name=$gcc" "CXX_$name=$processor-linux-gnu-g++" "AR_$name=$processor-linux-gnu-ar"
    export "CARGO_TARGET_${name^^}_LINKER=$gcc"
    # The kernel's header for USB cameras is read by clang, which has to know whose.
    export "BINDGEN_EXTRA_CLANG_ARGS_$name=--target=$processor-linux-gnu --sysroot=/usr/$processor-linux-gnu -I/usr/$processor-linux-gnu/include"
}

# The config that the package brings: the reference with everything commented out but the two tables that every gate needs, so
# that `gatelpr check` asks for what only the operator knows, and says where. Editors find its schema where the package puts it.
packaged_config() {
    sed -e 's/^[^#[:space:]]/## &/' -e 's/^## \(\[site\]\|\[mqtt\]\)$/\1/' \
        -e '1s|^#:schema .*|#:schema file:///usr/share/doc/gatelpr/schemas/config.schema.json|' config/gatelpr.toml
}

# Manual pages, the config and the notices are the same for every processor.
stage_texts() {
    local page
    rm -rf "$stage/man" && mkdir -p "$stage/man"
    target/debug/gatelpr man --out "$stage/man"
    for page in "$stage"/man/*; do gzip -9n "$page"; done
    packaged_config >"$stage/gatelpr.toml"
    python3 scripts/package/runtime_notices.py "$processor" "$stage/notices"
    python3 scripts/package/crate_notices.py "$target" | gzip -9n >"$stage/crates.txt.gz"
    printf 'gatelpr (%s-%s) stable; urgency=medium\n\n  * See changelog.md.\n\n -- The gatelpr project <gatelpr@localhost>  %s\n' \
        "$version" "$revision" "$(date -R -d "@$SOURCE_DATE_EPOCH")" >"$stage/changelog"
}

# The program where cargo-deb looks for it, without what only a debugger reads.
stage_program() {
    local strip=strip from="target/$target/$built/gatelpr"
    $own && from="target/$built/gatelpr" || strip="$processor-linux-gnu-strip"
    mkdir -p "$stage/target/$target/release"
    "$strip" -o "$stage/target/$target/release/gatelpr" "$from"
}

version="$(sed -n 's/^version = "\(.*\)"/\1/p' Cargo.toml | head -n1)"
revision="${REVISION:-1}"
SOURCE_DATE_EPOCH="${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct 2>/dev/null || date +%s)}"
export SOURCE_DATE_EPOCH
stage="target/package/stage"

if [[ ! -x target/tools/bin/cargo-deb ]]; then
    say 'installing cargo-deb into target/tools'
    cargo install --locked --quiet --root target/tools cargo-deb
fi

# This machine's own build writes the manual and fetches what goes into the package.
cargo build --locked --quiet
if ! $own; then
    cross_environment
    say "building for $arch, profile $profile"
    cargo build --locked --profile "$profile" --target "$target"
elif [[ "$profile" != dev ]]; then
    say "building, profile $profile"
    cargo build --locked --profile "$profile"
fi
mkdir -p "$stage"
target/debug/gatelpr models fetch --processor "$processor" --runtime "$stage/runtime-$processor"
rm -rf "$stage/runtime" && cp -a "$stage/runtime-$processor" "$stage/runtime"
stage_texts
stage_program

say 'packing'
options=()
[[ "$profile" != dev ]] || options=(--fast)
CARGO_TARGET_DIR="$stage/target" target/tools/bin/cargo-deb "${options[@]}" --no-build --no-strip --target "$target" --deb-revision "$revision" \
    --output target/package/ >/dev/null
say "target/package/gatelpr_$version-${revision}_$arch.deb"
