"""A fleet on loopback for the demo and the tests: a NATS server, nodes, gateways, calls, and overlays that listen."""
import http.client
import json
import os
import re
import shutil
import signal
import socket
import struct
import subprocess
import tempfile
import threading
import time
import urllib.parse

from overlay import TOKEN, Overlay

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.join(HERE, "..", "..")


def free_port(host="127.0.0.1"):
    with socket.socket() as probe:
        probe.bind((host, 0))
        return probe.getsockname()[1]


def wait_for(condition, seconds, what):
    """What `condition` returns, as soon as that is something; fails after a time that only a fault reaches."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        found = condition()
        if found:
            return found
        time.sleep(0.05)
    raise SystemExit(f"fleet: {what} did not come within {seconds} s")


def server_program(version):
    """Debian's server, or the one of the environment that `make test-fleet` installs."""
    if version == "debian":
        found = shutil.which("nats-server", path="/usr/sbin:" + os.environ.get("PATH", ""))
    else:
        found = os.path.join(ROOT, ".build-fleet", "venv", "bin", "nats-server")
    if not found or not os.path.exists(found):
        raise SystemExit(f"fleet: there is no nats-server ({version}); run 'make fleet', which installs it")
    return found


class Process:
    """A program that is ended with the object that has it."""

    def __init__(self, folder, name, command, environment=None):
        self.folder, self.name, self.command = folder, name, command
        self.environment = environment
        self.log = os.path.join(folder, f"{name}.log")
        self.process = None

    def start(self):
        with open(self.log, "a", encoding="utf-8") as log:
            self.process = subprocess.Popen(
                self.command, stdout=log, stderr=log, stdin=subprocess.DEVNULL,
                env={**os.environ, **(self.environment or {})})

    @property
    def pid(self):
        return self.process.pid

    def kill(self):
        """As a machine that loses its power."""
        self.process.kill()
        self.process.wait()

    def stop(self):
        if self.process is None or self.process.poll() is not None:
            return
        self.process.send_signal(signal.SIGCONT)
        self.process.terminate()
        try:
            self.process.wait(timeout=15)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def text(self):
        with open(self.log, encoding="utf-8", errors="replace") as log:
            return log.read()


class Server(Process):
    """nats-server with JetStream."""

    def __init__(self, folder, program, host="127.0.0.1", tls=None):
        self.host, self.port = host, free_port()
        self.secure = tls is not None
        self.ca = tls["ca"] if tls else None
        command = [program, "-a", host, "-p", str(self.port), "-js", "-sd", os.path.join(folder, "jetstream")]
        if tls:
            command += ["--tls", "--tlscert", tls["certificate"], "--tlskey", tls["key"]]
        super().__init__(folder, "nats-server", command)

    def start(self):
        super().start()
        wait_for(self.answers, 10, "nats-server")

    def answers(self):
        try:
            socket.create_connection((self.host if self.host != "0.0.0.0" else "127.0.0.1", self.port), 1).close()
            return True
        except OSError:
            return False


def configuration(folder, name, lines):
    """A configuration file with the shipped values, and `lines` as `section.key` to value in place of theirs."""
    with open(os.path.join(ROOT, "config", "attune.yaml"), encoding="utf-8") as shipped:
        text = shipped.read().replace("/run/attune/", f"{folder}/{name}/")
    for key, value in lines.items():
        section, key = key.split(".")
        start = text.index(f"\n{section}:\n")
        end = re.search(r"\n(?=[a-z]|\Z)", text[start + 2:])
        body = text[start:start + 2 + (end.start() if end else len(text))]
        text = text.replace(body, re.sub(rf"(?m)^  {key}:.*$", f"  {key}: {value}", body), 1)
    path = os.path.join(folder, f"{name}.yaml")
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)
    return path


class Node(Process):
    """attuned with a bus, and everything that it tells on its own event socket, to hold against."""

    def __init__(self, folder, binaries, name, server, prefix=(), environment=None, host=None, settings=None):
        self.runtime = os.path.join(folder, name)
        os.makedirs(self.runtime, exist_ok=True)
        self.attune = os.path.join(binaries, "attune")
        scheme = "tls" if server.secure else "nats"
        lines = {
            "bus.url": f"{scheme}://{host or server.host}:{server.port}", "bus.node": name,
            "bus.node_url": f"ws://127.0.0.1/{name}", "words.language": "off", "events.heartbeat_s": "1",
            **(settings or {}),
        }
        if server.ca:
            lines["bus.ca"] = server.ca
        self.truth = []
        self.runs = 0
        config = configuration(folder, name, lines)
        super().__init__(folder, name, [*prefix, os.path.join(binaries, "attuned"), "--config", config], environment)

    def start(self):
        super().start()
        self.runs += 1
        wait_for(lambda: self.control("GET", "/v1/health", check=False), 30, f"node {self.name}")
        threading.Thread(target=self.listen, daemon=True).start()

    def listen(self):
        epoch = None
        try:
            with socket.socket(socket.AF_UNIX) as stream:
                stream.connect(os.path.join(self.runtime, "events.sock"))
                for line in stream.makefile(encoding="utf-8"):
                    event = json.loads(line)
                    if event["type"] == "hello":
                        epoch = event["epoch"]
                    self.truth.append((epoch, time.monotonic(), event))
        except OSError:
            pass

    def control(self, method, path, body=None, check=True):
        try:
            with socket.socket(socket.AF_UNIX) as stream:
                stream.settimeout(20)
                stream.connect(os.path.join(self.runtime, "control.sock"))
                text = "" if body is None else json.dumps(body)
                stream.sendall(
                    f"{method} {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: application/json\r\n"
                    f"Content-Length: {len(text.encode())}\r\n\r\n{text}".encode())
                answer = http.client.HTTPResponse(stream)
                answer.begin()
                content = answer.read()
        except OSError:
            if check:
                raise
            return None
        if answer.status >= 300:
            if check:
                raise SystemExit(f"fleet: {self.name}: {method} {path}: {answer.status} {content.decode()}")
            return None
        return json.loads(content) if content.startswith((b"{", b"[")) else content.decode()

    def metric(self, name):
        text = self.control("GET", "/metrics")
        return sum(float(line.rsplit(" ", 1)[1]) for line in text.splitlines() if re.match(rf"{name}[ {{]", line))

    def attach(self, session, speaker, role, consent="granted"):
        """- Returns: the port to send to."""
        path = f"/v1/sessions/{urllib.parse.quote(session, safe='')}/sources"
        answer = self.control("POST", path, {
            "url": "rtp://127.0.0.1:0", "session": session, "consent": consent, "notice_id": "demo",
            "tracks": [{"speaker": speaker, "role": role}]})
        return int(answer["url"].rsplit(":", 1)[1])

    def detach(self, session):
        return self.control("DELETE", f"/v1/sessions/{urllib.parse.quote(session, safe='')}", check=False)

    def facts(self, session):
        """What was told of a session but ticks, as (epoch, number, type)."""
        return [(epoch, event["seq"], event["type"]) for epoch, _, event in list(self.truth)
                if event.get("session") == session and event["type"] != "tick"]


class Gateway(Process):
    def __init__(self, folder, binaries, name, server, host=None, settings=None):
        os.makedirs(os.path.join(folder, name), exist_ok=True)
        tokens = os.path.join(folder, "tokens")
        if not os.path.exists(tokens):
            with open(os.open(tokens, os.O_WRONLY | os.O_CREAT, 0o600), "w", encoding="utf-8") as file:
                file.write(f"{TOKEN} write\n")
        self.port = free_port()
        scheme = "tls" if server.secure else "nats"
        lines = {
            "bus.url": f"{scheme}://{host or server.host}:{server.port}",
            "sockets.http": f"127.0.0.1:{self.port}", "sockets.http_tokens": tokens, **(settings or {}),
        }
        if server.ca:
            lines["bus.ca"] = server.ca
        config = configuration(folder, name, lines)
        super().__init__(folder, name, [os.path.join(binaries, "attune"), "gateway", "--config", config])

    def start(self):
        super().start()
        wait_for(self.is_ready, 30, f"gateway {self.name}")

    def request(self, method, path, body=None):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        headers = {"Authorization": f"Bearer {TOKEN}", "Content-Type": "application/json"}
        connection.request(method, path, None if body is None else json.dumps(body), headers)
        answer = connection.getresponse()
        content = answer.read()
        connection.close()
        return answer.status, content

    def is_ready(self):
        try:
            return "\nattune_bus_connected 1\n" in self.request("GET", "/metrics")[1].decode()
        except OSError:
            return False

    def metric(self, name):
        text = self.request("GET", "/metrics")[1].decode()
        return sum(float(line.rsplit(" ", 1)[1]) for line in text.splitlines() if re.match(rf"{name}[ {{]", line))

    def sessions(self):
        return {one["session"] for one in json.loads(self.request("GET", "/v1/sessions")[1])}

    def place(self, session):
        status, content = self.request("POST", "/v1/places", {"session": session})
        return json.loads(content) if status == 200 else None

    def address(self, session):
        return f"http://127.0.0.1:{self.port}/overlay?token={TOKEN}&session={urllib.parse.quote(session, safe='')}"


class Caller(threading.Thread):
    """Sends speech to many ports as RTP (PCMU), each from another place of the call."""

    def __init__(self, folder, call):
        super().__init__(daemon=True)
        self.voices = []
        for name in ("anna", "ben"):
            raw = os.path.join(folder, f"{name}.ulaw")
            subprocess.run(
                ["ffmpeg", "-nostdin", "-loglevel", "error", "-y", "-i", os.path.join(call, f"{name}.wav"),
                 "-ar", "8000", "-ac", "1", "-f", "mulaw", raw], check=True)
            with open(raw, "rb") as file:
                self.voices.append(file.read())
        self.streams = {}
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.is_over = False
        self.lock = threading.Lock()

    def add(self, port, voice, offset=0):
        with self.lock:
            self.streams[port] = [voice, offset * 160, 1, 0, port]

    def remove(self, port):
        with self.lock:
            self.streams.pop(port, None)

    def run(self):
        due = time.monotonic()
        while not self.is_over:
            with self.lock:
                for port, stream in self.streams.items():
                    voice, offset, number, stamp, ssrc = stream
                    audio = self.voices[voice]
                    start = offset % (len(audio) - 160)
                    packet = struct.pack("!BBHII", 0x80, 0, number & 0xFFFF, stamp & 0xFFFFFFFF, ssrc)
                    try:
                        self.socket.sendto(packet + audio[start:start + 160], ("127.0.0.1", port))
                    except OSError:
                        pass
                    stream[1], stream[2], stream[3] = offset + 160, number + 1, stamp + 160
            due += 0.02
            time.sleep(max(0, due - time.monotonic()))


class Fleet:
    """All of it, in a temporary folder that goes with it."""

    def __init__(self, binaries, call, version="debian", tls=None, host="127.0.0.1"):
        self.folder = tempfile.mkdtemp(prefix="attune-fleet-")
        self.binaries = binaries
        self.server = Server(self.folder, server_program(version), host, tls)
        self.nodes, self.gateways, self.overlays = [], [], []
        self.caller = Caller(self.folder, call)
        self.ports = {}
        self.server.start()
        self.caller.start()

    def add_node(self, name, **options):
        node = Node(self.folder, self.binaries, name, self.server, **options)
        self.nodes.append(node)
        node.start()
        return node

    def add_gateway(self, name, **options):
        gateway = Gateway(self.folder, self.binaries, name, self.server, **options)
        self.gateways.append(gateway)
        gateway.start()
        return gateway

    def call(self, session, gateway, offset=0, node=None):
        """Registers a call, and brings it where it is to go.

        - Returns: the node.
        """
        if node is None:
            place = wait_for(lambda: gateway.place(session), 20, f"a place for {session}")
            node = next(one for one in self.nodes if one.name == place["node"])
        ports = []
        for voice, (speaker, role) in enumerate((("anna", "rep"), ("ben", "customer"))):
            port = node.attach(session, speaker, role)
            ports.append(port)
            self.caller.add(port, voice, offset)
        self.ports[session] = ports
        return node

    def hang_up(self, session):
        for port in self.ports.pop(session, []):
            self.caller.remove(port)

    def overlay(self, session, gateways=None):
        overlay = Overlay(gateways or self.gateways, session)
        self.overlays.append(overlay)
        overlay.start()
        return overlay

    def close(self, keep=False):
        self.caller.is_over = True
        for overlay in self.overlays:
            overlay.is_over = True
        for process in self.gateways + self.nodes + [self.server]:
            process.stop()
        if not keep:
            shutil.rmtree(self.folder, ignore_errors=True)
