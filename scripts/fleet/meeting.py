"""A meeting on loopback that a node fetches."""
import array
import http.server
import os
import struct
import threading
import time
import wave


class Meeting(http.server.ThreadingHTTPServer):
    """A meeting that goes on whoever listens: what is said now, as a WAV without an end."""

    daemon_threads = True

    def __init__(self, call):
        sides = []
        for name in ("anna", "ben"):
            with wave.open(os.path.join(call, f"{name}.wav")) as file:
                self.rate = file.getframerate()
                sides.append(array.array("h", file.readframes(file.getnframes())))
        self.frames = array.array("h", (sample for pair in zip(*sides) for sample in pair)).tobytes()
        self.began = time.monotonic()
        super().__init__(("127.0.0.1", 0), Listener)
        threading.Thread(target=self.serve_forever, daemon=True).start()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server_address[1]}/meeting.wav"


class Listener(http.server.BaseHTTPRequestHandler):
    """Who hears a meeting."""

    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Type", "audio/wav")
        self.end_headers()
        meeting = self.server
        rate = meeting.rate
        head = struct.pack("<4sI4s4sIHHIIHH4sI", b"RIFF", 0xFFFFFFFF, b"WAVE", b"fmt ", 16, 1, 2, rate, rate * 4, 4, 16,
                           b"data", 0xFFFFFFFF)
        try:
            self.wfile.write(head)
            at = int((time.monotonic() - meeting.began) * rate)
            while True:
                now = int((time.monotonic() - meeting.began) * rate)
                place = at * 4 % len(meeting.frames)
                piece = meeting.frames[place:place + (now - at) * 4]
                self.wfile.write(piece)
                at += len(piece) // 4
                time.sleep(0.02)
        except OSError:
            pass

    def log_message(self, *words):
        pass
