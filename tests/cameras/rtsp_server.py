#!/usr/bin/python3
"""A real RTSP server (GStreamer) on loopback, for tests and for trying gatelpr without a camera.

    rtsp_server.py PORT NAME=SOURCE ...

NAME becomes rtsp://127.0.0.1:PORT/NAME. Prints `ready` once it listens, and runs until it is killed. A SOURCE is

    FILE.mp4          a file with H.264, from its beginning for each viewer, at its own speed, once
    h265:FILE.mp4     the same with H.265
    h264 h265 mjpeg   a moving test picture, 320x240, 15 frames and one key frame per second
    h264-resizing     the same, 320x240 and 480x272 in turns of 2 s
    h265-resizing     the same
    h264-one-key      the same, with a key frame at the beginning and never again
    h264-422          the same, with 4:2:2 colour
    vp8, sound        what gatelpr cannot read

Environment: RTSP_AUTH=USER:PASSWORD asks for a login, RTSP_AUTH_METHOD=basic for that instead of digest;
RTSP_DROP_EVERY=N loses every Nth RTP packet. Debian packages: python3-gi gir1.2-gst-rtsp-server-1.0
gstreamer1.0-plugins-{base,good,bad,ugly} gstreamer1.0-libav. Run it with the system's python3.
"""
import os
import sys

import gi

gi.require_version("Gst", "1.0")
gi.require_version("GstRtspServer", "1.0")
from gi.repository import GLib, Gst, GstRtspServer  # noqa: E402

BALL = "videotestsrc is-live=true pattern=ball ! capsfilter name=size caps={caps}"
SIZES = ["video/x-raw,width=320,height=240,framerate=15/1", "video/x-raw,width=480,height=272,framerate=15/1"]
X264 = "x264enc tune=zerolatency speed-preset=ultrafast threads=1 key-int-max={keys} ! h264parse"
X265 = "x265enc tune=zerolatency speed-preset=ultrafast key-int-max=15 option-string=pools=1 ! h265parse"
PAY = {"h264": "rtph264pay pt=96 config-interval=1", "h265": "rtph265pay pt=96 config-interval=1"}

BALL_H264 = f"{BALL.format(caps=SIZES[0])} ! {X264.format(keys=15)} ! {PAY['h264']}"
BALL_H265 = f"{BALL.format(caps=SIZES[0])} ! {X265} ! {PAY['h265']}"
PATTERNS = {
    "h264": BALL_H264,
    "h264-resizing": BALL_H264,
    "h264-one-key": f"{BALL.format(caps=SIZES[0])} ! {X264.format(keys=100000)} ! {PAY['h264']}",
    "h264-422": f"{BALL.format(caps=SIZES[0] + ',format=Y42B')} ! x264enc speed-preset=ultrafast key-int-max=15 "
                "! video/x-h264,profile=high-4:2:2 ! h264parse ! " + PAY["h264"],
    "h265": BALL_H265,
    "h265-resizing": BALL_H265,
    "mjpeg": f"{BALL.format(caps=SIZES[0] + ',format=I420')} ! jpegenc ! rtpjpegpay pt=26",
    "vp8": f"{BALL.format(caps=SIZES[0])} ! vp8enc deadline=1 ! rtpvp8pay pt=96",
    "sound": "audiotestsrc is-live=true ! alawenc ! rtppcmapay pt=8",
}


def launch(source):
    """The pipeline, whose payloader must be called pay0."""
    if source in PATTERNS:
        pipeline = PATTERNS[source]
    else:
        codec, _, path = source.rpartition(":")
        codec = codec or "h264"
        pipeline = f'filesrc location="{os.path.abspath(path)}" ! qtdemux ! {codec}parse ! {PAY[codec]}'
    return f"( {pipeline} name=pay0 )"


def lose_packets(media, every):
    count = 0

    def probe(pad, info):
        nonlocal count
        if info.type & Gst.PadProbeType.BUFFER_LIST:
            # They come by again, one by one.
            packets = info.get_buffer_list()
            for at in range(packets.length()):
                pad.push(packets.get(at))
            return Gst.PadProbeReturn.DROP
        count += 1
        return Gst.PadProbeReturn.DROP if count % every == 0 else Gst.PadProbeReturn.OK

    pad = media.get_element().get_by_name("pay0").get_static_pad("src")
    pad.add_probe(Gst.PadProbeType.BUFFER | Gst.PadProbeType.BUFFER_LIST, probe)


def change_size(media):
    size = media.get_element().get_by_name("size")
    turn = 0

    def change():
        nonlocal turn
        turn += 1
        size.set_property("caps", Gst.Caps.from_string(SIZES[turn % len(SIZES)]))
        return True

    timer = GLib.timeout_add_seconds(2, change)
    media.connect("unprepared", lambda _media: GLib.source_remove(timer))


def configure(media, source):
    if every := os.environ.get("RTSP_DROP_EVERY"):
        lose_packets(media, int(every))
    if source.endswith("-resizing"):
        change_size(media)


def ask_for_login(server, credentials):
    user, password = credentials.split(":", 1)
    auth = GstRtspServer.RTSPAuth()
    token = GstRtspServer.RTSPToken()
    token.set_string("media.factory.role", "user")
    # The numbers are GstRTSPAuthMethod's, which has no name in Python.
    if os.environ.get("RTSP_AUTH_METHOD") == "basic":
        auth.set_supported_methods(1)
        auth.add_basic(GstRtspServer.RTSPAuth.make_basic(user, password), token)
    else:
        auth.set_supported_methods(2)
        auth.add_digest(user, password, token)
    server.set_auth(auth)


def factory(source, credentials):
    made = GstRtspServer.RTSPMediaFactory()
    made.set_launch(launch(source))
    # A file begins for each viewer; a camera is the same for all.
    made.set_shared(source in PATTERNS)
    made.connect("media-configure", lambda _factory, media: configure(media, source))
    if credentials:
        role = Gst.Structure.from_string("user,media.factory.access=true,media.factory.construct=true")[0]
        made.add_role_from_structure(role)
    return made


def main(port, *streams):
    Gst.init(None)
    server = GstRtspServer.RTSPServer()
    server.set_address("127.0.0.1")
    server.set_service(port)
    credentials = os.environ.get("RTSP_AUTH")
    if credentials:
        ask_for_login(server, credentials)
    for stream in streams:
        name, source = stream.split("=", 1)
        server.get_mount_points().add_factory(f"/{name}", factory(source, credentials))
    if server.attach(None) == 0:
        sys.exit(f"cannot listen on port {port}")
    # Viewers that were killed are forgotten.
    GLib.timeout_add_seconds(2, lambda: server.get_session_pool().cleanup() >= 0)
    print("ready", flush=True)
    GLib.MainLoop().run()


if __name__ == "__main__":
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    main(*sys.argv[1:])
