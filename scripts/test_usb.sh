#!/usr/bin/env bash
# Tests USB cameras in a virtual machine whose kernel has a virtual camera (`vivid`): capture, stall, unplug, replug.
# Installs what is absent, takes the kernel from Debian's package, and leaves everything in target/usb-vm.
set -euo pipefail
cd "$(dirname "$0")/.."

work=target/usb-vm
# A machine that hangs is ended; it takes about two minutes.
limit_s=280
# The driver modules, with their options. What they depend on is found and loaded before them.
MODULES=(
    'vivid n_devs=1 node_types=1 input_types=0 num_inputs=1 ccs_cap_mode=0'
)

# Debian keeps depmod and modprobe where only root looks.
PATH="$PATH:/usr/sbin:/sbin"
say() { printf 'test-usb: %s\n' "$*"; }
has() { command -v "$1" >/dev/null 2>&1; }

as_root=()
((EUID == 0)) || as_root=(sudo) # asked for only where something is absent

install_absent() {
    local absent=()
    has qemu-system-x86_64 || absent+=(qemu-system-x86)
    busybox --list 2>/dev/null | grep -qx insmod || absent+=(busybox-static)
    { has modprobe && has depmod; } || absent+=(kmod)
    has cpio || absent+=(cpio)
    has v4l2-ctl || absent+=(v4l-utils)
    ((${#absent[@]})) || return 0
    has apt-get || { say "this is no Debian: install by hand what matches ${absent[*]}"; exit 1; }
    say "installing with apt-get: ${absent[*]}"
    "${as_root[@]}" apt-get update -qq
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${absent[@]}" >/dev/null
}

# The kernel that this Debian installs on PCs; those for clouds have no media drivers.
kernel_package() {
    apt-cache depends linux-image-amd64 2>/dev/null | sed -n 's/.*Depends: \(linux-image-[0-9].*-amd64\)$/\1/p' | head -n1
}

fetch_kernel() {
    local package
    package="$(kernel_package)"
    if [[ -z "$package" ]]; then
        "${as_root[@]}" apt-get update -qq
        package="$(kernel_package)"
    fi
    [[ -n "$package" ]] || { say 'apt offers no kernel'; exit 1; }
    if [[ ! -f "$work/kernel/$package" ]]; then
        say "fetching $package"
        rm -rf "$work/kernel" "$work"/linux-image-*.deb
        if ! (cd "$work" && apt-get download -qq "$package" 2>/dev/null); then
            # The list of packages is older than the package.
            "${as_root[@]}" apt-get update -qq
            (cd "$work" && apt-get download -qq "$package") || { say "$package cannot be had"; exit 1; }
        fi
        dpkg -x "$work"/linux-image-*.deb "$work/kernel"
        rm "$work"/linux-image-*.deb
        depmod -b "$work/kernel" "${package#linux-image-}"
        touch "$work/kernel/$package"
    fi
    release="${package#linux-image-}"
}

build_test() {
    say 'building the test'
    local program
    program="$(cargo test --locked --test usb_vm --no-run --message-format=json |
        sed -n 's/.*"name":"usb_vm".*"executable":"\([^"]*\)".*/\1/p' | tail -n1)"
    [[ -n "$program" ]] || { say 'cargo does not say where the test is'; exit 1; }
    mkdir -p "$root/steps"
    strip -o "$root/steps/usb_vm" "$program"
}

# A program's shared libraries, at the paths where it looks for them.
add_libraries() {
    local library
    for library in $(ldd "$1" | grep -o '/[^ ]*'); do
        mkdir -p "$root$(dirname "$library")"
        cp -Lu "$library" "$root$library"
    done
}

add_modules() {
    local entry name file options
    mkdir -p "$root/modules"
    for entry in "${MODULES[@]}"; do
        read -r name options <<<"$entry"
        while read -r _ file; do
            file="${file%% *}"
            cp "$file" "$root/modules/"
            file="$(basename "$file")"
            # Newer kernels compress their modules.
            [[ "$file" != *.xz ]] || xz --decompress "$root/modules/$file"
            file="${file%.xz}"
            if [[ "$file" == "$name.ko" ]]; then echo "$file $options"; else echo "$file"; fi
        done < <(modprobe -d "$work/kernel" -S "$release" --show-depends "$name" | grep '^insmod')
    done | awk '!seen[$1]++' >"$root/modules/order"
}

pack() {
    local applet
    mkdir -p "$root"/{bin,proc,sys,dev}
    cp "$(command -v busybox)" "$root/bin/busybox"
    for applet in sh mount mkdir ln insmod rmmod poweroff echo; do ln -sf busybox "$root/bin/$applet"; done
    cp "$(command -v v4l2-ctl)" "$root/bin/"
    add_libraries "$root/bin/v4l2-ctl"
    add_libraries "$root/steps/usb_vm"
    add_modules
    # Says to the test that unplugging cameras is safe here.
    touch "$root/in_usb_vm"
    install -m 755 tests/usb_vm/init.sh "$root/init"
    (cd "$root" && find . | cpio --quiet -o -H newc) | gzip -1 >"$work/initrd.gz"
}

boot() {
    say "starting the machine (at most $limit_s s)"
    # Emulated also where there is KVM: inside another virtual machine, KVM may stop at the first instruction that it
    # does not know, and then nothing says so.
    timeout "$limit_s" qemu-system-x86_64 -accel tcg,thread=multi -cpu max -smp 2 -m 1024 -nographic -no-reboot -nic none \
        -kernel "$work/kernel/boot/vmlinuz-$release" -initrd "$work/initrd.gz" \
        -append 'console=ttyS0 quiet panic=1 transparent_hugepage=never' </dev/null 2>&1 | tr -d '\r' | tee "$work/console.log" |
        grep --line-buffered -E '^(ok|FAILED|init:|thread |[0-9]+ passed)' || true
}

mkdir -p "$work"
install_absent
fetch_kernel
root="$(mktemp -d "$PWD/$work/root-XXXXXX")"
trap 'rm -rf "$root"' EXIT
build_test
pack
boot
if grep -qx 'init: every step passed' "$work/console.log"; then
    say 'passed'
else
    say "failed; the whole console is in $work/console.log"
    exit 1
fi
