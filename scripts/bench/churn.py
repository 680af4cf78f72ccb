#!/usr/bin/env python3
"""What is left of calls that are over: a daemon of its own through which calls come and go, 50 at a time, as many as in
72 hours of 50 places with calls of half an hour each.

    scripts/bench/churn.py BUILD CALL [--film FILM] [--calls N] [--places N] [--seconds S] [--write]

A call is two seconds of G.711 as plain RTP; of ten calls one is a file, which a process of its own reads, one agrees to its
words being written down, and with --film one is a film, whose pictures are looked at. Looks at memory (the median of three looks), files and threads of the daemon after half of the
calls, when all that is kept for a while is full, and at the end, whether the events came in order, and whether every call was
told to its end. --write puts the table into docs/reliability.md. Fails where memory has grown by 1 % or more, or files or
threads at all.
"""

import argparse
import json
import os
import pathlib
import re
import signal
import socket
import struct
import subprocess
import tempfile
import threading
import time

from control import ask
from faces import film

RATE_HZ, PACKET = 8_000, 160
MOST_GROWTH = 0.01
DOCS = pathlib.Path(__file__).resolve().parents[2] / "docs" / "reliability.md"


class Daemon:
    """attuned with sockets of its own, and what its event socket says."""

    def __init__(self, build, places):
        self.folder = tempfile.mkdtemp(prefix="attune-churn-")
        config = pathlib.Path(self.folder, "attune.yaml")
        config.write_text(
            f"sockets: {{events: {self.folder}/events.sock, control: {self.folder}/control.sock}}\n"
            f"events: {{client_queue_kib: 8192}}\nsources: {{max: {2 * places + 8}}}\noverload: {{enabled: false}}\n"
            "words: {text: live}\n")
        self.log = open(f"{self.folder}/log", "w")
        self.process = subprocess.Popen([f"{build}/attuned", "--config", config], stderr=self.log)
        while not os.path.exists(f"{self.folder}/control.sock"):
            time.sleep(0.02)
        self.sequence, self.disordered, self.ended, self.lagged = 0, 0, 0, 0
        threading.Thread(target=self.read, daemon=True).start()

    def read(self):
        events = socket.socket(socket.AF_UNIX)
        events.connect(f"{self.folder}/events.sock")
        for line in events.makefile("rb"):
            event = json.loads(line)
            if "seq" in event and event["type"] not in ("hello", "snapshot"):
                self.disordered += event["seq"] <= self.sequence
                self.sequence = event["seq"]
            self.ended += event["type"] == "session.ended"
            self.lagged += event["type"] == "lagged"

    def ask(self, method, target, body=None):
        text = ask(f"{self.folder}/control.sock", method, target, body)
        return json.loads(text) if text else None

    def state(self):
        """Resident memory in KiB, open files, threads, child processes."""
        process = f"/proc/{self.process.pid}"
        memory = int(re.search(r"VmRSS:\s+(\d+)", open(f"{process}/status").read())[1])
        children = sum(len(open(f"{process}/task/{task}/children").read().split())
                       for task in os.listdir(f"{process}/task"))
        return memory, len(os.listdir(f"{process}/fd")), len(os.listdir(f"{process}/task")), children

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait()


class Place:
    """Where one call follows the other."""

    def __init__(self, daemon, sound, file, film, number):
        self.daemon, self.sound, self.file, self.film = daemon, sound, file, film
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.session, self.port, self.sent = None, None, 0
        self.source = number

    def begin(self, number):
        self.session, self.sent = f"call-{number}", 0
        url = {3: self.file, 5: self.film}.get(number % 10) or "rtp://127.0.0.1:0"
        track = {"speaker": "a", "role": "rep", "consent": "granted"}
        if number % 10 == 7:
            track["consent"] = "voice,words"
        elif url == self.film:
            track |= {"consent": "voice,face", "video": 0}
        answer = self.daemon.ask("POST", f"/v1/sessions/{self.session}/sources", {
            "url": url, "session": self.session, "tracks": [track]})
        self.port = int(answer["url"].rsplit(":", 1)[1]) if url.startswith("rtp:") else None

    def send(self):
        """The next packet, where the call is one of packets."""
        if self.port is None:
            return
        start = self.sent * PACKET % (len(self.sound) - PACKET)
        header = struct.pack("!BBHII", 0x80, 0, self.sent, self.sent * PACKET, self.source)
        self.socket.sendto(header + self.sound[start : start + PACKET], ("127.0.0.1", self.port))
        self.sent += 1

    def end(self):
        if self.session:
            self.daemon.ask("DELETE", f"/v1/sessions/{self.session}")
        self.session = None


def play(daemon, places, calls, seconds):
    """All calls; the daemon's state after each tenth of them, in rest."""
    begun, states = 0, []
    steps = int(seconds * RATE_HZ / PACKET)
    tenth = calls // 10
    step, next_at = 0, time.monotonic()
    while begun < calls or any(place.session for place in places):
        # Calls of different places end at different times.
        for number, place in enumerate(places):
            if (step + number * steps // len(places)) % steps == 0:
                place.end()
                if begun < calls and len(states) == begun // tenth:
                    place.begin(begun)
                    begun += 1
            if place.session:
                place.send()
        if len(states) < begun // tenth and not any(place.session for place in places):
            # Nothing goes on, and what lies free is given back every ten seconds: what is held now is held for good.
            time.sleep(12)
            states.append(daemon.state())
            print(f"{begun} calls: memory {states[-1][0] / 1024:.1f} MiB, files {states[-1][1]}, "
                  f"threads {states[-1][2]}, processes {states[-1][3]}", flush=True)
            next_at = time.monotonic()
        step += 1
        next_at += PACKET / RATE_HZ
        time.sleep(max(0, next_at - time.monotonic()))
    return states


def steady(states):
    """The median memory of three looks, of which each may meet something that is about to go, and the rest of the last."""
    return sorted(state[0] for state in states)[1], *states[-1][1:]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("build")
    parser.add_argument("call")
    parser.add_argument("--film")
    parser.add_argument("--calls", type=int, default=7_200)
    parser.add_argument("--places", type=int, default=50)
    parser.add_argument("--seconds", type=float, default=2)
    parser.add_argument("--write", action="store_true")
    asked = parser.parse_args()
    voice = f"{asked.call}/anna.wav"
    sound = subprocess.run(
        ["ffmpeg", "-v", "error", "-i", voice, "-ac", "1", "-ar", str(RATE_HZ), "-f", "mulaw", "-"],
        check=True, capture_output=True).stdout
    with tempfile.TemporaryDirectory(prefix="attune-film-") as folder:
        pictures = film(asked.film, folder) if asked.film else None
        daemon = Daemon(asked.build, asked.places)
        try:
            places = [Place(daemon, sound, os.path.abspath(voice), pictures, number) for number in range(asked.places)]
            states = play(daemon, places, asked.calls, asked.seconds)
            ended, disordered, lagged = daemon.ended, daemon.disordered, daemon.lagged
        finally:
            daemon.stop()
    half = len(states) // 2
    first, last = steady(states[half - 3:half]), steady(states[-3:])
    growth = last[0] / first[0] - 1
    rows = [["calls", "memory, MiB", "files", "threads", "processes"], ["---"] * 5]
    for share, state in ((0.5, first), (1, last)):
        rows.append([f"{asked.calls * share:.0f}", f"{state[0] / 1024:.1f}", *map(str, state[1:])])
    table = "\n".join("| " + " | ".join(row) + " |" for row in rows)
    table += f"\n\nMemory {growth:+.1%}; {ended} of {asked.calls} calls told to their end, {disordered} events out of order."
    print(table)
    if asked.write:
        page, count = re.subn(r"(<!-- churn -->\n).*?(<!-- /churn -->)", lambda found: f"{found[1]}{table}\n{found[2]}",
                              DOCS.read_text(encoding="utf-8"), flags=re.S)
        if count != 1:
            raise SystemExit(f"{DOCS}: there is no place for the table")
        DOCS.write_text(page, encoding="utf-8")
    missed = []
    if growth >= MOST_GROWTH:
        missed.append(f"memory has grown by {growth:.1%}")
    missed += [f"{what} have grown from {first[at]} to {last[at]}"
               for at, what in ((1, "files"), (2, "threads"), (3, "processes")) if last[at] > first[at]]
    if disordered or lagged or ended != asked.calls:
        missed.append(f"{disordered} events out of order, {lagged} lagged, {ended} calls ended")
    if missed:
        raise SystemExit("missed: " + "; ".join(missed))


if __name__ == "__main__":
    main()
