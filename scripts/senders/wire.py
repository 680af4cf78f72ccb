"""The least of a WebSocket client (RFC 6455) that a sender needs: a handshake, masked frames, what comes back."""

import base64
import os
import socket
import ssl
import struct
import threading
import urllib.parse


class Refused(Exception):
    """The handshake was answered with something else than 101."""


class Frames:
    """The frames that come by a connection, masked or not."""

    def __init__(self, connection, rest=b""):
        self.connection, self.rest = connection, rest

    def _take(self, count):
        while len(self.rest) < count:
            more = self.connection.recv(65536)
            if not more:
                raise OSError("closed")
            self.rest += more
        taken, self.rest = self.rest[:count], self.rest[count:]
        return taken

    def next(self):
        """Kind and payload of the next one; OSError at the end."""
        first, second = self._take(2)
        length = second & 127
        if length == 126:
            length = struct.unpack("!H", self._take(2))[0]
        elif length == 127:
            length = struct.unpack("!Q", self._take(8))[0]
        mask = self._take(4) if second & 128 else None
        data = self._take(length)
        return first & 15, bytes(byte ^ mask[i % 4] for i, byte in enumerate(data)) if mask else data


class Wire:
    """A connection; what comes back is gathered by a thread, unless nothing is to be read."""

    def __init__(self, url, headers=(), reads=True, timeout=10):
        parts = urllib.parse.urlsplit(url)
        secure = parts.scheme == "wss"
        self.socket = socket.create_connection((parts.hostname, parts.port or (443 if secure else 80)), timeout)
        # Else the second of two short messages waits for the first to be acknowledged, which takes up to 40 ms.
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if secure:
            context = ssl.create_default_context()
            context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
            self.socket = context.wrap_socket(self.socket, server_hostname=parts.hostname)
        target = parts.path + ("?" + parts.query if parts.query else "")
        lines = [f"GET {target} HTTP/1.1", f"Host: {parts.netloc}", "Upgrade: websocket", "Connection: Upgrade",
                 f"Sec-WebSocket-Key: {base64.b64encode(os.urandom(16)).decode()}", "Sec-WebSocket-Version: 13",
                 "Sec-WebSocket-Extensions: permessage-deflate", *headers]
        self.socket.sendall(("\r\n".join(lines) + "\r\n\r\n").encode())
        head = b""
        while b"\r\n\r\n" not in head:
            more = self.socket.recv(4096)
            if not more:
                break
            head += more
        self.head, _, rest = head.partition(b"\r\n\r\n")
        self._frames = Frames(self.socket, rest)
        if b" 101 " not in self.head.split(b"\r\n")[0]:
            raise Refused((self.head + b"\r\n\r\n" + rest).decode(errors="replace"))
        self.socket.settimeout(None)
        self.texts, self.pongs, self.closed = [], 0, None
        self._over = threading.Event()
        if reads:
            threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self):
        try:
            while True:
                kind, data = self._frames.next()
                if kind == 1:
                    self.texts.append(data.decode())
                elif kind == 8:
                    self.closed = (struct.unpack("!H", data[:2])[0] if len(data) > 1 else 1005, data[2:].decode())
                    self.frame(8, data[:2])
                    break
                elif kind == 9:
                    self.frame(10, data)
                elif kind == 10:
                    self.pongs += 1
        except (OSError, ValueError):
            pass
        self._over.set()

    def frame(self, kind, data, final=True):
        """Sends a frame."""
        head = bytes([(128 if final else 0) | kind])
        if len(data) < 126:
            head += bytes([128 | len(data)])
        elif len(data) < 65536:
            head += bytes([128 | 126]) + struct.pack("!H", len(data))
        else:
            head += bytes([128 | 127]) + struct.pack("!Q", len(data))
        # A mask of zeros is a mask, and spares the machine the work.
        self.socket.sendall(head + bytes(4) + data)

    def send(self, message):
        """Sends a text or binary message, whichever it is."""
        if isinstance(message, str):
            self.frame(1, message.encode())
        else:
            self.frame(2, message)

    def close(self, code=1000):
        """Says goodbye, and waits for the answer."""
        try:
            self.frame(8, struct.pack("!H", code))
            self._over.wait(5)
        except OSError:
            pass
        self.socket.close()

    def wait_closed(self, seconds):
        """The code and reason that the other side closed with, None where it did not in time."""
        self._over.wait(seconds)
        return self.closed
