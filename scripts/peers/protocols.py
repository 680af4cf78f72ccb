"""The protocols, each with the program that speaks it."""
import functools
import http.server
import json
import os
import shutil
import ssl
import threading
import time
import urllib.request

from peers.peer import free_port, wait_for_port
from peers.tap import Tap

HERE = os.path.dirname(os.path.abspath(__file__))


# Each gives the URL to attach, and what is to be started once it is attached (or nothing).
def file(peer):
    return peer.recording, None


def fifo(peer):
    path = os.path.join(peer.folder, "pipe")
    os.mkfifo(path)
    return path, lambda: peer.ffmpeg("-f", "wav", "-y", path)


def udp(peer):
    url = f"udp://127.0.0.1:{peer.port}"
    return url, lambda: peer.ffmpeg("-c:a", "aac", "-f", "mpegts", url + "?pkt_size=1316")


def srt(peer):
    peer.ffmpeg("-c:a", "aac", "-f", "mpegts", f"srt://127.0.0.1:{peer.port}?mode=listener")
    return f"srt://127.0.0.1:{peer.port}", None


def rtmp(peer):
    url = f"rtmp://127.0.0.1:{peer.port}/live/x"
    peer.ffmpeg("-c:a", "aac", "-f", "flv", "-listen", "1", url)
    return url, None


def rtmps(peer):
    inner = free_port()
    peer.ffmpeg("-c:a", "aac", "-f", "flv", "-listen", "1", f"rtmp://127.0.0.1:{inner}/live/x")
    peer.tunnel(inner)
    return f"rtmps://127.0.0.1:{peer.port}/live/x?tls_verify=0", None


def http_ts(peer):
    url = f"http://127.0.0.1:{peer.port}/live.ts"
    peer.ffmpeg("-c:a", "aac", "-f", "mpegts", "-content_type", "video/mp2t", "-listen", "1", url)
    return url, None


def webm(peer):
    url = f"http://127.0.0.1:{peer.port}/live.webm"
    peer.ffmpeg("-c:a", "libopus", "-f", "webm", "-content_type", "audio/webm", "-listen", "1", url)
    return url, None


def serve(peer, port=None, certificate=None):
    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(
        ("127.0.0.1", port or peer.port), functools.partial(Quiet, directory=peer.folder))
    if certificate:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()


def http_file(peer):
    shutil.copy(peer.recording, os.path.join(peer.folder, "call.wav"))
    serve(peer)
    return f"http://127.0.0.1:{peer.port}/call.wav", None


def https(peer):
    shutil.copy(peer.recording, os.path.join(peer.folder, "call.wav"))
    serve(peer, certificate=peer.certificate())
    return f"https://127.0.0.1:{peer.port}/call.wav?tls_verify=0", None


def hls(peer):
    serve(peer)
    peer.ffmpeg("-c:a", "aac", "-f", "hls", "-hls_time", "1", "-hls_list_size", "6", "live.m3u8")
    return f"http://127.0.0.1:{peer.port}/live.m3u8", None


def icecast(peer):
    with open(os.path.join(peer.folder, "icecast.xml"), "w", encoding="utf-8") as config:
        config.write(f"""<icecast>
  <limits><sources>2</sources><burst-size>0</burst-size></limits>
  <authentication><source-password>test</source-password></authentication>
  <listen-socket><port>{peer.port}</port><bind-address>127.0.0.1</bind-address></listen-socket>
  <paths><logdir>{peer.folder}</logdir><webroot>{peer.folder}</webroot><adminroot>{peer.folder}</adminroot></paths>
  <logging><errorlog>error.log</errorlog><accesslog>access.log</accesslog></logging>
  <security><changeowner><user>nobody</user><group>nogroup</group></changeowner></security>
</icecast>""")
    # It may not run as root and gives its rights away itself then.
    os.chmod(peer.folder, 0o777)
    peer.start("icecast2", "-c", "icecast.xml")
    wait_for_port(peer.port)
    peer.ffmpeg(
        "-c:a", "libmp3lame", "-b:a", "128k", "-f", "mp3", "-content_type", "audio/mpeg",
        f"icecast://source:test@127.0.0.1:{peer.port}/live")
    return f"http://127.0.0.1:{peer.port}/live", None


RTSP_SERVER = """
import sys, gi
gi.require_version("Gst", "1.0"); gi.require_version("GstRtspServer", "1.0")
from gi.repository import GLib, Gst, GstRtspServer
Gst.init(None)
server = GstRtspServer.RTSPServer(); server.set_address("127.0.0.1"); server.set_service(sys.argv[1])
factory = GstRtspServer.RTSPMediaFactory()
factory.set_launch("( filesrc location=%s ! wavparse ! audioconvert ! audioresample ! opusenc ! rtpopuspay name=pay0 )"
                   % sys.argv[2])
server.get_mount_points().add_factory("/call", factory)
server.attach(None); GLib.MainLoop().run()
"""


def rtsp(peer, port=None):
    port = port or peer.port
    # The bindings of GStreamer are those of the system's own Python.
    peer.start("/usr/bin/python3", "-c", RTSP_SERVER, str(port), peer.recording)
    wait_for_port(port)
    return f"rtsp://127.0.0.1:{port}/call", None


def rtsps(peer):
    inner = free_port()
    rtsp(peer, inner)
    peer.tunnel(inner)
    wait_for_port(peer.port)
    return f"rtsps://127.0.0.1:{peer.port}/call?tls_verify=0", None


def rtpbin(peer):
    def send():
        peer.start(
            "gst-launch-1.0", "-q", "rtpbin", "name=bin", "filesrc", f"location={peer.recording}", "!", "wavparse",
            "!", "audioconvert", "!", "audioresample", "!", "opusenc", "!", "rtpopuspay", "pt=96", "!",
            "bin.send_rtp_sink_0", "bin.send_rtp_src_0", "!", "udpsink", "host=127.0.0.1", f"port={peer.port}",
            "bin.send_rtcp_src_0", "!", "udpsink", "host=127.0.0.1", f"port={peer.port}", "sync=false", "async=false")
    return f"rtp://127.0.0.1:{peer.port}", send


JANUS_FOLDER = "/usr/lib/x86_64-linux-gnu/janus"


def janus(peer):
    """A browser without a window publishes a recording as its microphone into a room, which Janus forwards.

    On a busy machine a browser's microphone stands still now and then, and what follows is sent later.
    """
    peer.tap = Tap(clock_rate_hz=48_000)
    for kind, name in (("plugins", "videoroom"), ("transports", "http")):
        os.mkdir(os.path.join(peer.folder, kind))
        library = f"libjanus_{name}.so"
        os.symlink(os.path.join(JANUS_FOLDER, kind, library), os.path.join(peer.folder, kind, library))
    api, page = free_port(), free_port()
    for name, text in {
        "janus.jcfg": f"""general: {{
  plugins_folder = "{peer.folder}/plugins"
  transports_folder = "{peer.folder}/transports"
}}""",
        "janus.transport.http.jcfg": f"""general: {{ http = true, port = {api}, ip = "127.0.0.1", https = false }}""",
        "janus.plugin.videoroom.jcfg": """room-1: { description = "test", publishers = 1, audiocodec = "opus" }""",
    }.items():
        with open(os.path.join(peer.folder, name), "w", encoding="utf-8") as file:
            file.write(text + "\n")
    peer.start("janus", "-F", peer.folder, "-C", os.path.join(peer.folder, "janus.jcfg"))
    wait_for_port(api)
    shutil.copy(os.path.join(HERE, "janus_publisher.html"), peer.folder)
    serve(peer, page)
    peer.start(
        "chromium-headless-shell", "--no-sandbox", "--disable-gpu", "--remote-debugging-port=0",
        f"--user-data-dir={peer.folder}/browser", "--use-fake-ui-for-media-stream",
        "--use-fake-device-for-media-stream", f"--use-file-for-fake-audio-capture={peer.recording}%noloop",
        "--disable-features=WebRtcHideLocalIpsWithMdns",
        f"http://127.0.0.1:{page}/janus_publisher.html?janus={api}")

    def call(path, **body):
        request = urllib.request.Request(
            f"http://127.0.0.1:{api}/janus{path}", json.dumps({"transaction": "x", **body}).encode())
        with urllib.request.urlopen(request, timeout=10) as answer:
            return json.load(answer)

    def forward():
        session = f"/{call('', janus='create')['data']['id']}"
        handle = f"{session}/{call(session, janus='attach', plugin='janus.plugin.videoroom')['data']['id']}"

        def ask(**body):
            return call(handle, janus="message", body={"room": 1, **body})["plugindata"]["data"]

        for _ in range(300):
            publishers = [one for one in ask(request="listparticipants")["participants"] if one["publisher"]]
            if publishers:
                break
            time.sleep(0.1)
        else:
            raise RuntimeError("the browser published nothing")
        answer = ask(
            request="rtp_forward", publisher_id=publishers[0]["id"], host="127.0.0.1",
            streams=[{"mid": "0", "port": port, "pt": 111} for port in (peer.port, peer.tap.port)])
        if answer["videoroom"] != "rtp_forward":
            raise RuntimeError(f"Janus forwards nothing: {answer}")
        open(os.path.join(peer.folder, "go"), "w", encoding="utf-8").close()

    return f"rtp://127.0.0.1:{peer.port}", forward


PEERS = {
    "file": file, "fifo": fifo, "udp": udp, "srt": srt, "rtmp": rtmp, "webm": webm, "http": http_file, "hls": hls,
    "icecast": icecast, "rtsp": rtsp, "rtpbin": rtpbin, "janus": janus, "http-ts": http_ts, "https": https,
    "rtmps": rtmps, "rtsps": rtsps,
}
# Of these it is tried whether they are refused where the certificate counts; the others take one connection only.
VERIFIED = ("https", "rtsps")
