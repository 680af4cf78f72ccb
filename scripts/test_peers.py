#!/usr/bin/env python3
"""Attaches through each protocol with a real program as the sender or server, and compares the speech with the file's.

usage: test_peers.py BIN_FOLDER CALL_FOLDER [PEER ...]

Each peer plays the same recording, made of a call of CALL_FOLDER (made by make_demo_call.py), to a daemon of its own.
The speech segments of each must be those of the file itself: as many, each boundary within 50 ms once the unknown
start of a live stream is taken out. Exits 0 if all are; a peer whose program is missing fails.
"""
import functools
import http.server
import json
import os
import shutil
import signal
import socket
import ssl
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request

HERE = os.path.dirname(os.path.abspath(__file__))
TOLERANCE_S = 0.050
# The recording begins with silence, so that a stream that is joined late misses no speech.
LEAD_S, TAIL_S, TIMEOUT_S = 8, 3, 90


def free_port(kind=socket.SOCK_STREAM):
    with socket.socket(socket.AF_INET, kind) as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Peer:
    """One sender or server, with a folder and processes of its own."""

    def __init__(self, name, folder, recording):
        self.name, self.recording = name, recording
        self.folder = os.path.join(folder, name)
        os.mkdir(self.folder)
        self.processes = []
        self.port = free_port(socket.SOCK_DGRAM if name in ("udp", "srt", "rtpbin", "janus") else socket.SOCK_STREAM)

    def start(self, *arguments):
        log = open(os.path.join(self.folder, "log"), "a", encoding="utf-8")
        # A session of its own: what the program starts is ended with it.
        self.processes.append(subprocess.Popen(
            arguments, stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=self.folder, start_new_session=True))

    def ffmpeg(self, *output):
        self.start("ffmpeg", "-nostdin", "-loglevel", "error", "-re", "-i", self.recording, *output)

    def certificate(self):
        """A certificate that only this test knows, with its key: one file."""
        path = os.path.join(self.folder, "certificate.pem")
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
             "-days", "1", "-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1", "-out", path,
             "-keyout", path + ".key"], check=True, capture_output=True)
        with open(path, "a", encoding="utf-8") as both, open(path + ".key", encoding="utf-8") as key:
            both.write(key.read())
        return path

    def tunnel(self, port):
        """Brings what comes to the peer's port by TLS to `port`."""
        self.start(
            "socat", f"OPENSSL-LISTEN:{self.port},bind=127.0.0.1,fork,verify=0,cert={self.certificate()}",
            f"TCP:127.0.0.1:{port}")

    def log(self):
        path = os.path.join(self.folder, "log")
        if not os.path.exists(path):
            return ""
        with open(path, encoding="utf-8", errors="replace") as file:
            return file.read().strip()[-600:]

    def end(self):
        for process in self.processes:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()


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
    """A browser without a window publishes a recording as its microphone into a room, which Janus forwards."""
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
            streams=[{"mid": "0", "port": peer.port, "pt": 111}])
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


def wait_for_port(port):
    for _ in range(200):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise RuntimeError(f"nobody listens on port {port}")


class Daemon:
    """attuned with sockets in a folder of its own, and the speech that it hears."""

    def __init__(self, binaries, folder):
        self.attune, self.folder = os.path.join(binaries, "attune"), folder
        config = os.path.join(folder, "attune.yaml")
        with open(config, "w", encoding="utf-8") as settings:
            settings.write(f"sockets: {{events: {folder}/events.sock, control: {folder}/control.sock}}\n")
        self.log = open(os.path.join(folder, "attuned.log"), "w", encoding="utf-8")
        self.process = subprocess.Popen(
            [os.path.join(binaries, "attuned"), "--config", config], stderr=self.log)
        for _ in range(400):
            if self.command("sessions").returncode == 0:
                break
            time.sleep(0.05)
        self.speech = {}
        self.tail = subprocess.Popen(
            [self.attune, "tail", "--type", "speech.ended", "--runtime-dir", folder], stdout=subprocess.PIPE,
            text=True)
        threading.Thread(target=self.listen, daemon=True).start()

    def command(self, *arguments):
        return subprocess.run(
            [self.attune, *arguments, "--runtime-dir", self.folder], capture_output=True, text=True)

    def listen(self):
        for line in self.tail.stdout:
            event = json.loads(line)
            if event["type"] == "speech.ended":
                self.speech.setdefault(event["session"], []).append((event["start_s"], event["end_s"]))

    def refuse(self, url):
        """Sees to it that an untrusted certificate keeps the source out."""
        answer = self.command("attach", url, "--session", "untrusted", "--speaker", "anna", "--consent", "granted")
        if answer.returncode == 0 or "certificate" not in answer.stderr:
            raise RuntimeError(f"{url} was not refused for its certificate: {answer.stderr}")

    def attach(self, name, url):
        # A server may need a moment until it listens.
        for _ in range(100):
            answer = self.command("attach", url, "--session", name, "--speaker", "anna", "--consent", "granted")
            if answer.returncode == 0:
                return
            time.sleep(0.1)
        raise RuntimeError(answer.stderr.strip())

    def end(self):
        self.tail.kill()
        self.process.terminate()
        self.process.wait()


def make_recording(call, path):
    """Two stretches of one speaker, with silence around them."""
    subprocess.run(
        ["ffmpeg", "-nostdin", "-loglevel", "error", "-i", os.path.join(call, "anna.wav"), "-filter_complex",
         "[0]asplit=2[x][y];[x]atrim=0:6[a];[y]atrim=13:18.2,asetpts=PTS-STARTPTS[b];"
         f"[a][b]concat=n=2:v=0:a=1,adelay={LEAD_S * 1000},apad=pad_dur={TAIL_S}",
         "-ar", "48000", "-ac", "1", path], check=True)


def deviation(found, expected):
    """Largest distance of a boundary from where it should be, after the start that both differ by."""
    pairs = [(a, b) for left, right in zip(found, expected) for a, b in zip(left, right)]
    shift = statistics.median(a - b for a, b in pairs)
    return max(abs(a - b - shift) for a, b in pairs)


def main():
    binaries, call, *wanted = sys.argv[1:]
    binaries, call = os.path.abspath(binaries), os.path.abspath(call)
    folder = tempfile.mkdtemp(prefix="attune-peers-")
    os.chmod(folder, 0o755)
    recording = os.path.join(folder, "recording.wav")
    make_recording(call, recording)
    daemon, peers, failures = Daemon(binaries, folder), [], []
    try:
        for name in ["file"] + [name for name in (wanted or PEERS) if name != "file"]:
            peer = Peer(name, folder, recording)
            peers.append(peer)
            try:
                url, begin = PEERS[name](peer)
                if name in VERIFIED:
                    daemon.refuse(url.replace("?tls_verify=0", ""))
                daemon.attach(name, url)
                if begin:
                    begin()
            except (KeyError, OSError, RuntimeError) as error:
                failures.append(name)
                print(f"{name:8} FAILED: {error} {peer.log()}", flush=True)
        end = time.monotonic() + TIMEOUT_S
        while time.monotonic() < end and daemon.command("sessions", "--json").stdout.find('"file"') >= 0:
            time.sleep(0.5)
        expected = daemon.speech.get("file", [])
        count = len(expected)
        waiting = [peer for peer in peers if peer.name not in failures]
        while time.monotonic() < end and any(len(daemon.speech.get(peer.name, [])) < count for peer in waiting):
            time.sleep(0.5)
        for peer in waiting:
            found = daemon.speech.get(peer.name, [])
            far = deviation(found, expected) if len(found) == count and count >= 2 else None
            is_good = far is not None and far <= TOLERANCE_S
            verdict = "ok" if is_good else "FAILED"
            detail = f"{far * 1000:.0f} ms" if far is not None else f"{found} instead of {expected} {peer.log()}"
            print(f"{peer.name:8} {verdict}: {len(found)} segments, {detail}", flush=True)
            if not is_good:
                failures.append(peer.name)
    finally:
        for peer in peers:
            peer.end()
        daemon.end()
        shutil.rmtree(folder, ignore_errors=True)
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
