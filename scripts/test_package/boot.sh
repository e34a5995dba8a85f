#!/bin/sh
# Inside of new namespaces: puts a Debian together (boot.sh BASE WORK CGROUP), whose changes are forgotten with it, and becomes
# its systemd.
set -eu
base="$1" root="$2/root" cgroup="$3"

# The cgroup that it sees as the first of all begins here.
echo $$ >"$cgroup/cgroup.procs"

mkdir -p "$root"
mount -t tmpfs tmpfs "$root"
mkdir "$root/upper" "$root/work" "$root/merged"
mount -t overlay overlay -o "lowerdir=$base,upperdir=$root/upper,workdir=$root/work" "$root/merged"
mount --move "$root/merged" "$root"

mkdir -p "$root/srv/test"
mount --bind -o ro "$2/test" "$root/srv/test"
mount -t proc proc "$root/proc"
mount -t sysfs -o ro sysfs "$root/sys"
mount -t tmpfs -o mode=755 tmpfs "$root/run"
mount -t tmpfs -o mode=1777 tmpfs "$root/tmp"
mount -t tmpfs -o mode=755 tmpfs "$root/dev"
for device in null zero full random urandom tty; do
    touch "$root/dev/$device"
    mount --bind "/dev/$device" "$root/dev/$device"
done
mkdir "$root/dev/pts" "$root/dev/shm"
mount -t devpts -o newinstance,ptmxmode=0666 devpts "$root/dev/pts"
ln -s pts/ptmx "$root/dev/ptmx"
mount -t tmpfs -o mode=1777 tmpfs "$root/dev/shm"

exec unshare --cgroup sh -c '
    mount -t cgroup2 none "$1/sys/fs/cgroup"
    # systemd mounts credentials elsewhere and expects to see them.
    mount --make-rshared "$1"
    cd "$1"
    exec chroot "$1" /usr/bin/env -i container=gatelpr-test PATH=/usr/sbin:/usr/bin:/sbin:/bin \
        /lib/systemd/systemd --log-target=console --show-status=no
' boot "$root"
