#!/bin/sh
# The first process of the virtual machine: loads what is in /modules, runs what is in /steps, and turns it off.
# To add a driver, name it in MODULES of scripts/test_usb.sh; to add a step, put an executable file into /steps there.
export PATH=/bin
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t devtmpfs devtmpfs /dev
# Nobody needs the kernel's word on every module in between the results.
echo 3 >/proc/sys/kernel/printk

while read -r module options; do
    # shellcheck disable=SC2086  # options are words
    insmod "/modules/$module" $options || echo "init: $module does not load"
done </modules/order

# As udev would, also while the camera is not there.
mkdir -p /dev/v4l/by-path
ln -s ../../video0 /dev/v4l/by-path/platform-vivid.0-video-index0

failed=0
for step in /steps/*; do
    echo "init: ${step##*/} begins"
    "$step" || failed=1
done
# What scripts/test_usb.sh waits for; a machine that dies before this has failed.
[ "$failed" = 0 ] && echo 'init: every step passed' || echo 'init: a step failed'
poweroff -f
