#!/usr/bin/env bash
# Installs, runs, upgrades, removes and purges the Debian package in a Debian of its own, under a systemd of its own: in
# namespaces, so nothing of this machine is touched. Needs root. The first time it takes a minute more, for debootstrap.
#
#   scripts/test_package.sh            packages what the tests run (quick)
#   QUICK= scripts/test_package.sh     packages what is shipped
set -euo pipefail
cd "$(dirname "$0")/.."
PATH="$PATH:/usr/sbin:/sbin"

say() { printf 'test_package: %s\n' "$*"; }

((EUID == 0)) || { say 'needs root: it makes a Debian and boots it in namespaces'; exit 1; }
for program in debootstrap unshare nsenter; do
    command -v "$program" >/dev/null || { say "$program is absent: scripts/setup.sh --for-tests"; exit 1; }
done

work="$PWD/target/package"
codename="$(. /etc/os-release && echo "$VERSION_CODENAME")"
base="$work/debian-$codename"
console="$work/console.log"
mkdir -p "$work"

# A small Debian with what the package asks for, and a broker; from wherever this machine has its packages.
make_base() {
    local mirror
    [[ -e "$base.complete" ]] && return
    mirror="$(apt-get indextargets --format '$(SITE)' 'Created-By: Packages' | head -n1)"
    say 'making a Debian with debootstrap'
    rm -rf "$base"
    debootstrap --variant=minbase --include=systemd,dbus,ca-certificates,libstdc++6,mosquitto,mosquitto-clients \
        "$codename" "$base" "$mirror" >"$work/debootstrap.log" || { tail -n 20 "$work/debootstrap.log"; exit 1; }
    rm -rf "$base"/var/cache/apt/* "$base"/var/lib/apt/lists/*
    touch "$base.complete"
}

make_packages() {
    local revision
    rm -rf "$work/test" && mkdir -p "$work/test"
    for revision in 1 2; do
        QUICK="${QUICK-1}" REVISION=$revision scripts/package.sh
        mv "$work"/gatelpr_*-"$revision"_*.deb "$work/test/gatelpr-$revision.deb"
    done
    target/debug/gatelpr synth demo --out "$work/test/gate"
    cp scripts/test_package/steps.sh "$work/test/"
}

boot() {
    say 'starting its systemd'
    cgroup="$(mktemp -d)"
    mount -t cgroup2 none "$cgroup"
    mkdir -p "$cgroup/gatelpr-test"
    # Whatever becomes of this script, that systemd ends with it.
    setpriv --pdeathsig KILL unshare --mount --pid --fork --kill-child --uts --ipc --net --propagation private \
        scripts/test_package/boot.sh "$base" "$work" "$cgroup/gatelpr-test" >"$console" 2>&1 </dev/null &
    outside=$!
    local try
    for try in $(seq 300); do
        init="$(pgrep -P "$outside" || true)"
        if [[ -n "$init" ]] && inside systemctl is-system-running 2>/dev/null | grep -qE 'running|degraded'; then return; fi
        kill -0 "$outside" 2>/dev/null || break
        sleep 0.1
    done
    say "its systemd does not start; its console is in $console" && tail -n 20 "$console"
    return 1
}

inside() {
    nsenter --target "$init" --mount --pid --uts --ipc --net --cgroup chroot "$work/root" \
        /usr/bin/env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LANG=C.UTF-8 "$@"
}

cleanup() {
    local status=$?
    trap - EXIT
    [[ -z "${init:-}" ]] || kill -KILL "$init" 2>/dev/null || true
    wait 2>/dev/null || true
    if [[ -n "${cgroup:-}" ]]; then
        # What has been killed needs a moment to be gone.
        for _ in $(seq 50); do
            find "$cgroup/gatelpr-test" -depth -type d -exec rmdir {} + 2>/dev/null && break
            sleep 0.1
        done
        umount "$cgroup" && rmdir "$cgroup"
    fi
    exit "$status"
}
trap cleanup EXIT

make_base
make_packages
boot
inside bash /srv/test/steps.sh
say 'passed'
