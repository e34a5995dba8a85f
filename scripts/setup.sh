#!/usr/bin/env bash
# Brings a Debian machine with Rust to where gatelpr builds and runs. Installs only what is absent; where everything is
# there it needs no network.
#
#   scripts/setup.sh               to build and to run the demonstration
#   scripts/setup.sh --for-tests   and to run every test
set -euo pipefail
cd "$(dirname "$0")/.."

# Debian keeps servers where only root looks.
PATH="$PATH:/usr/sbin:/sbin"

say() { printf 'setup: %s\n' "$*"; }
has() { command -v "$1" >/dev/null 2>&1; }
has_pip() { python3 -m pip --version >/dev/null 2>&1; }
# The library is enough; nothing needs the compiler beside it.
# libclang-cpp, which other packages bring, is another library.
has_libclang() { [[ -n "${LIBCLANG_PATH:-}" ]] || compgen -G '/usr/lib*/llvm*/lib/libclang.so*' >/dev/null || ldconfig -p | grep -qE 'libclang(-[0-9.]+)?\.so'; }

# Any font that has them will do.
has_chinese_letters() { [[ -n "$(fc-list :lang=zh-cn family 2>/dev/null)" ]]; }

has_rtsp_server() {
    /usr/bin/python3 - 2>/dev/null <<'END'
import gi
gi.require_version("Gst", "1.0")
gi.require_version("GstRtspServer", "1.0")
from gi.repository import Gst, GstRtspServer
Gst.init(None)
used = ["x264enc", "x265enc", "h265parse", "jpegenc", "vp8enc", "alawenc", "rtph264pay", "qtdemux"]
assert all(Gst.ElementFactory.find(name) for name in used)
END
}

absent=()
need() { absent+=("$1"); say "$1 is absent: $2"; }
needs_rtsp_server() {
    need python3-gi 'the RTSP server of the camera tests, with the packages that follow'
    absent+=(gir1.2-gst-rtsp-server-1.0 gstreamer1.0-libav gstreamer1.0-plugins-{base,good,bad,ugly})
}

has cargo || { say 'Rust is absent: install it first (version 1.95 or later; on Debian with rustup)'; exit 1; }
{ has cc && has c++; } || need build-essential 'compiles OpenH264 and SQLite'
has nasm || need nasm "assembles OpenH264's fast paths"
has cmake || need cmake 'builds libjpeg-turbo, which encodes evidence'
has_libclang || need libclang-dev "reads the kernel's header for USB cameras"
has python3 || need python3 'runs pip'
{ has python3 && has_pip; } || need python3-pip 'downloads the models and the ONNX Runtime'
has mosquitto || need mosquitto 'the MQTT broker of demonstration and tests'
has mosquitto_sub || need mosquitto-clients 'the subscriber of the demonstration'
if [[ "${1:-}" == --for-tests ]]; then
    { has ffmpeg && has ffprobe; } || need ffmpeg 'the referee of the video tests'
    has_rtsp_server || needs_rtsp_server
    # Debian's own Python runs the example subscriber, with Debian's packages.
    /usr/bin/python3 -c 'import paho.mqtt.client' 2>/dev/null || need python3-paho-mqtt 'the example subscriber in Python'
    /usr/bin/python3 -c 'import cryptography' 2>/dev/null || need python3-cryptography 'which checks signatures with it'
    has node || need nodejs 'the example subscriber in JavaScript'
    has npm || need npm 'fetches what that needs, as its lock file says'
    has chromium || need chromium 'the browser of the console tests'
    has_chinese_letters || need fonts-noto-cjk 'Chinese letters in that browser'
    has systemd-analyze || need systemd 'checks the unit of the service'
    has debootstrap || need debootstrap 'makes the Debian in which the package is tested'
    has pgrep || need procps "finds that Debian's systemd"
    [[ -x /usr/lib/rabbitmq/bin/rabbitmq-server ]] || need rabbitmq-server 'another MQTT broker of the chaos test'
    has nats-server || need nats-server 'another MQTT broker of the chaos test'
fi

if ((${#absent[@]})); then
    has apt-get || { say "this is no Debian: install by hand what matches ${absent[*]}"; exit 1; }
    as_root=()
    if ((EUID != 0)); then
        has sudo || { say "neither root nor sudo: have root run 'apt-get install ${absent[*]}', then start again"; exit 1; }
        as_root=(sudo)
    fi
    say "installing with apt-get: ${absent[*]}"
    "${as_root[@]}" apt-get update -qq
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${absent[@]}" >/dev/null
    # The tests start servers of their own. Debian also starts these as services, which nobody here needs.
    for package in rabbitmq-server nats-server; do
        if [[ " ${absent[*]} " == *" $package "* && -d /run/systemd/system ]]; then
            "${as_root[@]}" systemctl disable --now --quiet "$package" || say "stop the service $package by hand"
        fi
    done
else
    say 'all packages are there'
fi

say 'building (the first time takes minutes)'
cargo build --locked
target/debug/gatelpr models fetch
say 'done'
