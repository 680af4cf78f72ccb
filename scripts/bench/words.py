#!/usr/bin/env python3
"""How late words are, and what is given up where more is said than can be written down: a call of two, played as RTP
(G.711, packets of 20 ms) into a daemon of its own, once, ten times at once, and forty times.

    scripts/bench/words.py BUILD [--calls 1 10 40] [--seconds S] [--no-partials] [--write] HOST_MEDIA GUEST_MEDIA
    scripts/bench/words.py BUILD --memory [--seconds 7200] [--write] HOST_MEDIA GUEST_MEDIA

Every call begins at another place of the recordings, so that not all pause at once. Late is from the end of a stretch of
speech, as the event says it, to its line at the socket; what is cut out of the middle of a long one, when it is ten
seconds long and where it is quietest, is told apart. Prints a table; --write puts it into docs/performance.md. Fails
where a limit is missed. --memory looks at the memory of one call at every sixth of it instead, after one round of the
recordings, and fails where it grows by 2 % or more from then to its end. Wants a machine of two cores that does nothing
else, and the recogniser (make models).
"""

import argparse
import json
import os
import pathlib
import random
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time

from control import ask
from figures import cpu_seconds, quantile, resident_mib, show

RATE_HZ, PACKET = 8_000, 160
MEDIAN_S, LATE_S = 0.8, 1.3
TICK_P99_S = 1.0
# CPU seconds per hour of speech: final words alone, and with what is told while somebody speaks.
FINAL_COST_S, COST_S = 240, 650
CALM_S = 25
STRETCH_S = 10
MOST_GROWTH = 1.02


def ulaw(path):
    """The recording as G.711."""
    return subprocess.run(
        ["ffmpeg", "-v", "error", "-i", path, "-ac", "1", "-ar", str(RATE_HZ), "-f", "mulaw", "-"],
        check=True, capture_output=True).stdout


class Daemon:
    """attuned that writes words down, and what it says."""

    def __init__(self, build, partials):
        self.folder = tempfile.mkdtemp(prefix="attune-words-")
        config = pathlib.Path(self.folder, "attune.yaml")
        config.write_text(
            f"sockets: {{events: {self.folder}/events.sock, control: {self.folder}/control.sock}}\n"
            f"events: {{client_queue_kib: 8192}}\nwords: {{text: live, partials: {str(partials).lower()}}}\n")
        self.log = open(f"{self.folder}/log", "w+")
        self.process = subprocess.Popen([f"{build}/attuned", "--config", config], stderr=self.log)
        while not os.path.exists(f"{self.folder}/control.sock"):
            time.sleep(0.02)
        self.control = f"{self.folder}/control.sock"
        self.lines = []
        threading.Thread(target=self.read, daemon=True).start()

    def read(self):
        events = socket.socket(socket.AF_UNIX)
        events.connect(f"{self.folder}/events.sock")
        for line in events.makefile("rb"):
            self.lines.append((time.monotonic(), line))

    def attach(self, session, speaker, role):
        answer = ask(self.control, "POST", f"/v1/sessions/{session}/sources", {
            "url": "rtp://127.0.0.1:0", "session": session,
            "tracks": [{"speaker": speaker, "role": role, "consent": "voice,words"}]})
        return int(json.loads(answer)["url"].rsplit(":", 1)[1])

    def units(self):
        """Units of speech by outcome, and those that wait."""
        found = {}
        for line in ask(self.control, "GET", "/metrics").splitlines():
            if line.startswith("attune_speech_units_total{"):
                found[line.split('"')[1]] = int(float(line.split()[-1]))
            if line.startswith("attune_speech_units_waiting "):
                found["waiting"] = int(float(line.split()[-1]))
        return found

    def pids(self):
        """The daemon, and then the recogniser's process."""
        pids = [self.process.pid]
        for task in os.listdir(f"/proc/{self.process.pid}/task"):
            pids += [int(pid) for pid in open(f"/proc/{self.process.pid}/task/{task}/children").read().split()]
        return pids

    def cpu_seconds(self):
        """Of the daemon, and of the recogniser's process."""
        seconds = [cpu_seconds(pid) for pid in self.pids()]
        return seconds[0], sum(seconds[1:])

    def memory(self):
        """Resident MiB of the daemon, and of the recogniser's process."""
        held = [resident_mib(pid) for pid in self.pids()]
        return held[0], sum(held[1:])

    def least_memory(self):
        """The least of either in a stretch: what is held between units, too, and not what one takes that is decoded."""
        looks = []
        for _ in range(STRETCH_S * 10):
            looks.append(self.memory())
            time.sleep(0.1)
        return tuple(min(column) for column in zip(*looks))

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait()


class Calls:
    """Calls that play at once, each from a place of its own."""

    def __init__(self, daemon, media, count, label):
        self.daemon, self.streams, self.began = daemon, [], {}
        for number in range(count):
            session = f"{label}-{number}"
            for speaker, role, sound in (("host", "rep", media[0]), ("guest", "customer", media[1])):
                port = daemon.attach(session, speaker, role)
                start = int(len(sound) * number / count) // PACKET * PACKET
                turned = sound[start:] + sound[:start]
                self.streams.append((session, port, turned, random.getrandbits(32)))

    def play(self, seconds):
        """Sends each packet when its last sample would have been said."""
        sender = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        began = time.monotonic()
        # Packets of all streams are spread over their 20 ms.
        order = sorted((index * 0.02 / len(self.streams), stream) for index, stream in enumerate(self.streams))
        for offset, (session, *_) in order:
            self.began.setdefault(session, began + offset)
        for number in range(int(seconds * RATE_HZ / PACKET)):
            for offset, (_, port, sound, source) in order:
                pause = began + offset + (number + 1) * 0.02 - time.monotonic()
                if pause > 0.001:
                    time.sleep(pause)
                place = number * PACKET % (len(sound) - PACKET)
                header = struct.pack("!BBHII", 0x80, 0, number & 0xFFFF, number * PACKET & 0xFFFFFFFF, source)
                sender.sendto(header + sound[place : place + PACKET], ("127.0.0.1", port))


def events_of(daemon, calls, first):
    """Events of these calls from a place on: (seconds after the call's start at which it came, event)."""
    for came, line in daemon.lines[first:]:
        event = json.loads(line)
        if event.get("session") in calls.began:
            yield came - calls.began[event["session"]], event


def apart(finals):
    """Of (lateness, event): those at whose end speech ended, and those that were cut out of what went on."""
    begins = {(event["session"], event["speaker"], event["start_s"]) for _, event in finals}
    cut = [late for late, event in finals if (event["session"], event["speaker"], event["end_s"]) in begins]
    ended = [late for late, event in finals if (event["session"], event["speaker"], event["end_s"]) not in begins]
    return ended, cut


def measure(build, media, count, seconds, tells_partials):
    """One row, and what is missed."""
    daemon = Daemon(build, tells_partials)
    try:
        # The model is loaded before anything is counted, as in a daemon that has been there for a while.
        warm = Calls(daemon, media, 1, "warm")
        warm.play(15)
        before, cpu, first = daemon.units(), daemon.cpu_seconds(), len(daemon.lines)
        calls = Calls(daemon, media, count, "call")
        calls.play(seconds)
        load = os.getloadavg()[0]
        used = [now - then for now, then in zip(daemon.cpu_seconds(), cpu)]
        time.sleep(6)
        after = daemon.units()
        units = {name: after[name] - before.get(name, 0) for name in after}
        finals, ticks, spoken, told, partials = [], [], 0.0, [], 0
        by_side = {"host": 0, "guest": 0}
        for came, event in events_of(daemon, calls, first):
            if event["type"] == "words" and not event["final"]:
                partials += 1
            elif event["type"] == "words" and event["words"]:
                finals.append((came - event["end_s"], event))
                spoken += event["end_s"] - event["start_s"]
                by_side[event["speaker"]] += 1
            elif event["type"] == "tick":
                ticks.append(came - event["t"])
            elif event["type"] in ("degraded", "recovered") and event.get("what") == "words":
                told.append((event["type"], event["session"]))
        late, cut = apart(finals)
        degraded = {session for kind, session in told if kind == "degraded"}
        if degraded:
            # One call goes on: what was given up is told to be over.
            rest = Calls(daemon, media, 1, "after")
            rest.play(CALM_S)
        recovered = {event["session"] for _, event in events_of(daemon, calls, first)
                     if event["type"] == "recovered" and event.get("what") == "words"}
        lost = units.get("late", 0) + units.get("failed", 0)
        row = [str(count), f"{quantile(late, 0.5):.2f}", f"{quantile(late, 0.95):.2f}",
               f"{quantile(cut, 0.95):.2f}" if cut else "–", str(lost),
               f"{by_side['host']} / {by_side['guest']}", str(partials),
               f"{quantile(ticks, 0.5):.2f}, {quantile(ticks, 0.99):.2f}",
               f"{used[0] / seconds:.2f} + {used[1] / seconds:.2f}", f"{3600 * used[1] / max(1, spoken):.0f}",
               f"{len(degraded)}, {len(degraded & recovered)}", f"{load:.1f}"]
        missed = []
        if count <= 10 and lost:
            missed.append(f"{count} calls: {lost} units were given up")
        if count == 1 and not (quantile(late, 0.5) <= MEDIAN_S and quantile(late, 0.95) <= LATE_S):
            missed.append(f"words came {quantile(late, 0.5):.2f} s late, and {quantile(late, 0.95):.2f} s")
        cost, most = 3600 * used[1] / max(1, spoken), COST_S if tells_partials else FINAL_COST_S
        if count == 1 and cost > most:
            missed.append(f"an hour of speech took {cost:.0f} s of CPU time")
        if quantile(ticks, 0.99) - quantile(ticks, 0.01) > TICK_P99_S:
            missed.append(f"{count} calls: ticks lost their rhythm")
        if lost and not degraded or degraded - recovered:
            missed.append(f"{count} calls: what was given up was not told, or not that it was over")
        return row, missed
    finally:
        daemon.stop()


def watch_memory(build, media, seconds):
    """Rows of (minutes, MiB of the daemon, MiB of the recogniser) of one call, and what is missed."""
    daemon, rows = Daemon(build, True), []
    try:
        calls = Calls(daemon, media, 1, "call")
        player = threading.Thread(target=calls.play, args=(seconds,))
        began = time.monotonic()
        player.start()
        first = max(len(sound) for sound in media) / RATE_HZ
        for at in [first, *(seconds * sixth / 6 for sixth in range(1, 7))]:
            if at >= first:
                time.sleep(max(0, began + at - STRETCH_S - 1 - time.monotonic()))
                rows.append((at / 60, *daemon.least_memory()))
        player.join()
    finally:
        daemon.stop()
    missed = [f"the {who} grew from {rows[0][column]:.1f} to {rows[-1][column]:.1f} MiB"
              for column, who in ((1, "daemon"), (2, "recogniser"))
              if rows[-1][column] > MOST_GROWTH * rows[0][column]]
    return [[f"{minutes:.0f}", f"{ours:.1f}", f"{its:.1f}"] for minutes, ours, its in rows], missed


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("build")
    parser.add_argument("media", nargs=2)
    parser.add_argument("--calls", type=int, nargs="+", default=[1, 10, 40])
    parser.add_argument("--memory", action="store_true")
    parser.add_argument("--seconds", type=float)
    parser.add_argument("--no-partials", action="store_true")
    parser.add_argument("--write", action="store_true")
    asked = parser.parse_args()
    media = [ulaw(path) for path in asked.media]
    if asked.memory:
        rows, missed = watch_memory(asked.build, media, asked.seconds or 7_200)
        return show("words-memory", ["minutes", "daemon, MiB", "recogniser, MiB"], rows, missed, asked.write)
    rows, missed = [], []
    for count in asked.calls:
        row, wrong = measure(asked.build, media, count, asked.seconds or 120, not asked.no_partials)
        print("| " + " | ".join(row) + " |", flush=True)
        rows.append(row)
        missed += wrong
    heads = ["calls", "late, s, p50", "p95", "cut out, p95", "given up", "final, host / guest", "partial",
             "ticks after their time, s, p50, p99", "cores: daemon + recogniser", "CPU-s per hour of speech",
             "calls told, of them over", "load"]
    show("words", heads, rows, missed, asked.write)


if __name__ == "__main__":
    main()
