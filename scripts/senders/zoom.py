"""A double of Zoom's RTMS servers, after the tables that Zoom publishes: signalling and media sockets on one port, the
handshakes with their signature, keep-alives, audio of each participant, and what a test has it do besides."""

import base64
import hashlib
import hmac
import json
import socket
import struct
import threading
import time

from . import dialects
from .wire import Frames


class Peer:
    """One WebSocket that a client opened."""

    def __init__(self, connection):
        self.connection, self.frames, self.open = connection, Frames(connection), True
        head = b""
        while b"\r\n\r\n" not in head:
            head += connection.recv(4096)
        lines = head.decode().split("\r\n")
        self.path = lines[0].split(" ")[1]
        key = next(line.split(":", 1)[1].strip() for line in lines if line.lower().startswith("sec-websocket-key"))
        answer = base64.b64encode(hashlib.sha1((key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11").encode()).digest())
        connection.sendall(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                           b"Sec-WebSocket-Accept: " + answer + b"\r\n\r\n")

    def read(self):
        """The next message, None at the end."""
        try:
            while True:
                kind, data = self.frames.next()
                if kind == 1:
                    return json.loads(data)
                if kind == 8:
                    return None
        except OSError:
            return None

    def send(self, **message):
        data = json.dumps(message).encode()
        head = b"\x81" + (bytes([len(data)]) if len(data) < 126 else bytes([126]) + struct.pack("!H", len(data)))
        try:
            self.connection.sendall(head + data)
        except OSError:
            self.open = False

    def close(self):
        self.open = False
        try:
            self.connection.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass


class Meeting:
    """A meeting whose participants say what they are given: [(user_id, name, samples)]."""

    def __init__(self, client_id, secret, people, meeting="a/b+c==", stream="stream-1", step=0.02):
        self.client_id, self.secret, self.meeting, self.stream = client_id, secret, meeting, stream
        self.people, self.step = people, step
        self.signalling = self.media = None
        self.handshakes, self.alive, self.ready = [], 0, threading.Event()
        self.began = None
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self._serve, daemon=True).start()

    def webhook(self):
        """The body of meeting.rtms_started."""
        return {"event": "meeting.rtms_started", "event_ts": 1, "payload": {
            "operator_id": "o", "meeting_uuid": self.meeting, "rtms_stream_id": self.stream,
            "server_urls": f"ws://127.0.0.1:{self.port}/signalling"}}

    def _serve(self):
        while True:
            connection = self.listener.accept()[0]
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            peer = Peer(connection)
            kind = "media" if peer.path.startswith("/media") else "signalling"
            # A second connection ends the first.
            former, _ = getattr(self, kind), setattr(self, kind, peer)
            if former:
                former.close()
            threading.Thread(target=self._talk, args=(peer, kind), daemon=True).start()

    def _talk(self, peer, kind):
        threading.Thread(target=self._keep_alive, args=(peer,), daemon=True).start()
        while (message := peer.read()) is not None:
            number = message.get("msg_type")
            if number in (1, 3):
                self.handshakes.append(message)
                text = f"{self.client_id},{self.meeting},{self.stream}"
                right = hmac.new(self.secret.encode(), text.encode(), hashlib.sha256).hexdigest()
                if message["signature"] != right or message["meeting_uuid"] != self.meeting:
                    peer.send(msg_type=number + 1, status_code=12, reason="invalid signature")
                    continue
                more = {"media_server": {"server_urls": {
                    "audio": f"ws://127.0.0.1:{self.port}/media", "all": f"ws://127.0.0.1:{self.port}/media"}}}
                peer.send(msg_type=number + 1, status_code=0, **(more if number == 1 else {}))
            elif number == 7:
                self.ready.set()
            elif number == 13:
                self.alive += 1

    @staticmethod
    def _keep_alive(peer):
        while peer.open:
            time.sleep(1)
            peer.send(msg_type=12, timestamp=int(time.time() * 1000))

    def play(self, seconds=None):
        """Sends what everybody says, each apart, until the end or for so many seconds; goes on where it was."""
        self.ready.wait(10)
        self.began = self.began or time.monotonic()
        size = round(2 * dialects.RATE * self.step)
        count = min(len(samples) for _, _, samples in self.people) // size
        until = time.monotonic() + (seconds or 1e9)
        while (place := round((time.monotonic() - self.began) / self.step)) < count and time.monotonic() < until:
            time.sleep(max(0, self.began + (place + 1) * self.step - time.monotonic()))
            for user, name, samples in self.people:
                if self.media and self.media.open:
                    self.media.send(msg_type=14, content={
                        "user_id": user, "user_name": name, "timestamp": 1738392033699 + round(1000 * place * self.step),
                        "data": dialects.text(samples[place * size:(place + 1) * size])})

    def state(self, state, **more):
        """Says a session state: 3 paused, 4 resumed, 5 stopped."""
        self.signalling.send(msg_type=9, rtms_session_id=self.stream, state=state, **more)

    def drop(self):
        """Both sockets break off."""
        self.ready.clear()
        for peer in (self.signalling, self.media):
            if peer:
                peer.close()
