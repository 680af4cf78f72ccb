#!/usr/bin/env python3
"""What calls by WebSocket cost beside plain RTP: the same G.711 of speakers who all talk, once as Twilio's messages and
once as RTP, into the same daemon, in pairs of rounds, in turn. What counts is the median of the pairs' ratios: rounds of
one run differ by more than what is asked.

    scripts/bench/websocket.py BUILD CALL [STREAMS [SECONDS]]

Writes the table of docs/performance.md and fails where the limit is missed.
"""

import base64
import json
import os
import shutil
import socket
import statistics
import struct
import subprocess
import sys
import tempfile
import threading
import time

from control import ask
from figures import cpu_seconds, write_table

CPU_RATIO = 1.10
PAIRS = 4
# Of the call: anna talks all the time. The streams are spread over the 20 ms of a packet.
FROM_S, TO_S, SLICES = 38.5, 60.8, 10
PACKET_S = 0.02
START = json.dumps({"event": "start", "sequenceNumber": "1", "streamSid": "MZ1", "start": {
    "streamSid": "MZ1", "accountSid": "AC1", "callSid": "CA1", "tracks": ["inbound"],
    "mediaFormat": {"encoding": "audio/x-mulaw", "sampleRate": 8000, "channels": 1}}})


class Daemon:
    """A daemon of the benchmark's own."""

    def __init__(self, build, streams):
        self.folder = tempfile.mkdtemp(prefix="attune-bench-")
        config = os.path.join(self.folder, "attune.yaml")
        with open(config, "w", encoding="utf-8") as file:
            file.write(
                f"sockets: {{events: {self.folder}/events.sock, control: {self.folder}/control.sock}}\n"
                f"sources: {{websocket: '127.0.0.1:0', max: {streams + 8}}}\noverload: {{enabled: false}}\n")
        with open(os.path.join(self.folder, "log"), "w", encoding="utf-8") as log:
            self.process = subprocess.Popen([os.path.join(build, "attuned"), "--config", config], stderr=log)
        while not os.path.exists(os.path.join(self.folder, "control.sock")):
            time.sleep(0.02)

    def ask(self, method, path, body=None):
        return json.loads(ask(os.path.join(self.folder, "control.sock"), method, path, body) or "null")

    def stop(self):
        self.process.terminate()
        self.process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)


def frame(message):
    """A text message as a client sends it."""
    data = message.encode()
    head = bytes([0x81]) + (bytes([0x80 | len(data)]) if len(data) < 126 else b"\xfe" + struct.pack("!H", len(data)))
    # A mask that has to be taken off again.
    mask = b"\x5a\x13\xc7\x2e"
    pad = mask * (len(data) // 4 + 1)
    return head + mask + (int.from_bytes(data, "big") ^ int.from_bytes(pad[:len(data)], "big")).to_bytes(len(data), "big")


def twilio(payloads):
    """Media messages as Twilio writes them."""
    return [frame(json.dumps({
        "event": "media", "sequenceNumber": str(2 + i), "media": {
            "track": "inbound", "chunk": str(1 + i), "timestamp": str(20 * i),
            "payload": base64.b64encode(payload).decode()}, "streamSid": "MZ" + "0" * 32}, separators=(",", ":")))
        for i, payload in enumerate(payloads)]


def rtp(payloads):
    return [struct.pack("!BBHII", 0x80, 0, i & 0xFFFF, 160 * i, 7) + payload for i, payload in enumerate(payloads)]


def connect(daemon, name):
    """A WebSocket that may bring a call; returns what sends a message."""
    expected = daemon.ask("POST", f"/v1/sessions/{name}/expected", {
        "session": name, "speakers": [{"speaker": "a"}], "consent": "granted"})
    address = expected["urls"]["twilio"].split("//")[1]
    host, path = address.split("/", 1)
    line = socket.create_connection(tuple(host.rsplit(":", 1)))
    line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    line.sendall((f"GET /{path} HTTP/1.1\r\nHost: {host}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                  "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n").encode())
    while b"\r\n\r\n" not in line.recv(4096):
        pass
    line.sendall(frame(START))
    return line


def attach(daemon, name):
    """A socket whose packets go to a port of plain RTP."""
    source = daemon.ask("POST", f"/v1/sessions/{name}/sources", {
        "url": "rtp://127.0.0.1:0", "session": name, "tracks": [{"speaker": "a"}], "consent": "granted"})
    line = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    line.connect(("127.0.0.1", int(source["url"].split("127.0.0.1:")[1].split("?")[0])))
    return line


def round_of(daemon, kind, packets, streams, seconds):
    """CPU-seconds that the daemon needs per stream and hour."""
    lines = [(connect if kind == "twilio" else attach)(daemon, f"s-{number}") for number in range(streams)]
    stop, late = threading.Event(), [0.0]

    def send():
        began = time.monotonic()
        for number, packet in enumerate(packets):
            for part in range(SLICES):
                due = began + number * PACKET_S + part * PACKET_S / SLICES
                now = time.monotonic()
                late[0] = max(late[0], now - due)
                if due > now:
                    time.sleep(due - now)
                for line in lines[part::SLICES]:
                    line.send(packet)
            if stop.is_set():
                return

    thread = threading.Thread(target=send)
    thread.start()
    time.sleep(6)
    late[0], before, began = 0.0, cpu_seconds(daemon.process.pid), time.monotonic()
    time.sleep(seconds)
    used, passed = cpu_seconds(daemon.process.pid) - before, time.monotonic() - began
    stop.set()
    thread.join()
    for number in range(streams):
        totals = daemon.ask("DELETE", f"/v1/sessions/s-{number}")
        speaker = totals["speakers"]["a"]
        # Whoever is not heard costs nothing.
        if speaker["speech_s"] < 0.6 * (seconds + 6) or speaker["audio"]["loss_pct"] > 5:
            sys.exit(f"bench: a speaker was not heard as sent: {speaker['speech_s']} s of speech, "
                     f"{speaker['audio']['loss_pct']} % lost; use a machine that does nothing else")
    for line in lines:
        line.close()
    return used / streams / passed * 3600, late[0]


def main():
    build, call = sys.argv[1:3]
    streams = int(sys.argv[3]) if len(sys.argv) > 3 else 200
    seconds = int(sys.argv[4]) if len(sys.argv) > 4 else 30
    samples = subprocess.run(
        ["ffmpeg", "-v", "error", "-ss", str(FROM_S), "-to", str(TO_S), "-i", f"{call}/anna.wav", "-ar", "8000",
         "-ac", "1", "-f", "mulaw", "-"], check=True, capture_output=True).stdout
    payloads = [samples[i:i + 160] for i in range(0, len(samples) - 159, 160)]
    payloads *= int((seconds + 10) / PACKET_S / len(payloads)) + 1
    packets = {"twilio": twilio(payloads), "rtp": rtp(payloads)}
    found = {"twilio": [], "rtp": []}
    daemon = Daemon(build, streams)
    try:
        for kind in PAIRS // 2 * ["rtp", "twilio", "twilio", "rtp"]:
            cost, late = round_of(daemon, kind, packets[kind], streams, seconds)
            found[kind].append(cost)
            print(f"{kind}: {cost:.2f} CPU-s per stream-hour; sent up to {1000 * late:.0f} ms late", flush=True)
    finally:
        daemon.stop()
    ratios = [over / plain for over, plain in zip(found["twilio"], found["rtp"])]
    ratio = statistics.median(ratios)
    rows = "\n".join(f"| {label} | {', '.join(f'{cost:.2f}' for cost in found[kind])} |"
                     for label, kind in [("RTP, G.711", "rtp"), ("WebSocket, Twilio", "twilio")])
    text = (f"| {streams} streams, all speak | CPU-s per stream-hour, round by round |\n|---|---|\n{rows}\n"
            f"| ratio | {', '.join(f'{each:.2f}' for each in ratios)} |\n\n"
            f"By WebSocket they cost {ratio:.2f} of that by RTP, at the median; the limit is {CPU_RATIO:.2f}.")
    print(text)
    if len(sys.argv) <= 3:
        write_table("websocket", text)
    return ratio > CPU_RATIO


if __name__ == "__main__":
    sys.exit(main())
