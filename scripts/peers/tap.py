"""A second receiver of an RTP stream, which tells how steadily it was sent."""
import socket
import struct
import threading
import time


class Tap:
    """Hears the packets of a stream at a port of its own, until the process ends."""

    def __init__(self, clock_rate_hz):
        self.clock_rate_hz, self.delays_s = clock_rate_hz, []
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        threading.Thread(target=self.listen, daemon=True).start()

    def listen(self):
        first = None
        while True:
            packet = self.socket.recv(2048)
            timestamp = struct.unpack_from(">I", packet, 4)[0]
            first = timestamp if first is None else first
            sent_s = (timestamp - first) % 2**32 / self.clock_rate_hz
            self.delays_s.append(time.monotonic() - sent_s)

    def slip_s(self):
        """By how much the sender's clock fell behind, at most."""
        return max(self.delays_s, default=0) - min(self.delays_s, default=0)
