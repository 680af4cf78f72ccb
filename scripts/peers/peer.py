"""A program that sends or serves a recording."""
import os
import signal
import socket
import subprocess
import time


def free_port(kind=socket.SOCK_STREAM):
    with socket.socket(socket.AF_INET, kind) as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_for_port(port):
    for _ in range(200):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise RuntimeError(f"nobody listens on port {port}")


class Peer:
    """One sender or server, with a folder and processes of its own."""

    def __init__(self, name, folder, recording):
        self.name, self.recording = name, recording
        self.folder = os.path.join(folder, name)
        os.mkdir(self.folder)
        self.processes = []
        # Of a sender that does not keep its own time: what tells how far it slipped.
        self.tap = None
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
