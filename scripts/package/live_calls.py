"""Two calls that go on while something happens to the daemon: plain RTP into it, and what its event socket tells of them."""
import json
import random
import socket
import struct
import subprocess
import sys
import threading
import time

PACKET = 160
SPEAKERS = (("acme", "anna"), ("birch", "ben"))


class LiveCalls:
    """`attach(session, speaker)` gives the address to send to; `events()` is the path of the event socket."""

    def __init__(self, attach, events, media):
        self.events, self.told, self.ends = events, [], False
        sound = subprocess.run(
            ["ffmpeg", "-v", "error", "-i", media, "-ac", "1", "-ar", "8000", "-f", "mulaw", "-"], check=True,
            capture_output=True).stdout
        ports = [int(attach(session, speaker).rsplit(":", 1)[1]) for session, speaker in SPEAKERS]
        self.threads = [threading.Thread(target=self.play, args=(ports, sound)), threading.Thread(target=self.listen)]

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self.ends = True
        for thread in self.threads:
            thread.join()

    def play(self, ports, sound):
        """Sends each packet when its last sample would have been said, whether anybody is there or not."""
        stream = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        sources = [random.getrandbits(32) for _ in ports]
        began, number = time.monotonic(), 0
        while not self.ends:
            place = number * PACKET % (len(sound) - PACKET)
            for port, source in zip(ports, sources):
                header = struct.pack("!BBHII", 0x80, 0, number & 0xFFFF, number * PACKET & 0xFFFFFFFF, source)
                stream.sendto(header + sound[place : place + PACKET], ("127.0.0.1", port))
            number += 1
            time.sleep(max(0, began + number * PACKET / 8_000 - time.monotonic()))

    def listen(self):
        """Follows the event socket, that of a new daemon once the one before is gone."""
        while not self.ends:
            stream = socket.socket(socket.AF_UNIX)
            stream.settimeout(2)
            try:
                stream.connect(self.events())
                for line in stream.makefile("rb"):
                    event = json.loads(line)
                    if event["type"] == "hello" and self.told:
                        # Of a new daemon all is wanted that it has told up to here.
                        stream.sendall(json.dumps({"resume": {"epoch": event["epoch"], "seq": 0}}).encode() + b"\n")
                    self.told.append(event)
                    if self.ends:
                        break
            except OSError:
                time.sleep(0.05)
            finally:
                stream.close()

    def wait_for(self, what, is_it, after=0, seconds=60):
        """Waits until something was told of each call that `is_it`, behind so many other lines; what that was, by call."""
        found, ends = {}, time.monotonic() + seconds
        while len(found) < len(SPEAKERS) and time.monotonic() < ends:
            for event in self.told[after:]:
                if event["type"] == what and is_it(event):
                    found.setdefault(event["session"], event)
            time.sleep(0.1)
        if len(found) < len(SPEAKERS):
            kinds = [event["type"] for event in self.told[after:]]
            sys.exit(f"after {seconds} s there was no {what} of each call; told: {kinds}")
        return found
