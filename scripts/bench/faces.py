#!/usr/bin/env python3
"""Whether a machine carries ten cameras at once: a film of somebody who talks (H.264, 640 by 360, 30 pictures a second,
with sound), sent live as MPEG-TS over TCP, ten times, into a daemon of its own; first for the voice alone, then for the
face as well.

    scripts/bench/faces.py BUILD FILM [--streams 10] [--seconds 60] [--write]

Prints a table; --write puts it into docs/performance.md. Fails where fewer than eight pictures a second are looked at,
no face is seen, ticks lose their rhythm, or something was given up. Wants a machine of two cores that does nothing else, and
what looks at pictures (make models-sight).
"""

import argparse
import json
import os
import re
import socket
import subprocess
import tempfile
import threading
import time

from control import ask
from figures import cpu_seconds, quantile, show
from isolation import memory_mib, processes

LOOKS_HZ, TICK_P99_S = 8, 1.0
# Long enough for the first key frame, and for a face to be usual.
SETTLE_S = 20


def film(source, folder):
    """The film that is sent, of a minute, from anything that shows a face and has sound."""
    path = os.path.join(folder, "film.mp4")
    subprocess.run(
        ["ffmpeg", "-v", "error", "-y", "-stream_loop", "-1", "-i", source, "-t", "60", "-vf",
         "fps=30,scale=640:360,noise=alls=6:allf=t", "-c:v", "libx264", "-preset", "medium", "-b:v", "800k", "-g", "60",
         "-c:a", "aac", path], check=True)
    return path


class Listener(threading.Thread):
    """Follows the event socket: how late ticks are, what they show, and what was given up."""

    def __init__(self, path):
        super().__init__(daemon=True)
        self.late, self.faces, self.given_up, self.counts = {}, [], [], False
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.connect(path)

    def run(self):
        for line in self.socket.makefile():
            event = json.loads(line)
            if not self.counts:
                continue
            if event["type"] == "tick":
                self.late.setdefault(event["session"], []).append(time.monotonic() - event["t"])
                self.faces.append(((event.get("visible") or {}).get("face_present_ratio") or 0) > 0.5)
            elif event["type"] == "degraded":
                self.given_up.append(event["what"])

    def rhythm(self):
        """By how much ticks are later than the earliest of their session, seconds, 99 of 100."""
        return quantile([late - min(all_of_it) for all_of_it in self.late.values() for late in all_of_it], 0.99)


def measure(build, path, streams, seconds, consent):
    """CPU cores and MiB of the daemon with its processes, pictures looked at a second and stream, and the listener."""
    with tempfile.TemporaryDirectory(prefix="attune-faces-") as folder:
        config = os.path.join(folder, "attune.yaml")
        with open(config, "w", encoding="utf-8") as file:
            file.write(f"sockets: {{events: {folder}/events.sock, control: {folder}/control.sock}}\n"
                       "policy: {notice_id: bench}\n")
        with open(f"{folder}/log", "w", encoding="utf-8") as log:
            daemon = subprocess.Popen([f"{build}/attuned", "--config", config], stderr=log)
        while not os.path.exists(f"{folder}/control.sock"):
            time.sleep(0.02)
        senders = []
        try:
            for number in range(streams):
                with socket.socket() as place:
                    place.bind(("127.0.0.1", 0))
                    port = place.getsockname()[1]
                senders.append(subprocess.Popen(
                    ["ffmpeg", "-nostdin", "-v", "error", "-re", "-stream_loop", "-1", "-i", path, "-c", "copy", "-f",
                     "mpegts", f"tcp://127.0.0.1:{port}?listen=1"]))
                video = ["--video", "0:a"] if "face" in consent else []
                attach = [f"{build}/attune", "attach", f"tcp://127.0.0.1:{port}", "--session", f"s{number}", "--speaker", "a",
                          "--consent", consent, *video, "--runtime-dir", folder]
                # The sender listens after it has opened its film.
                for _ in range(100):
                    if subprocess.run(attach, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).returncode == 0:
                        break
                    time.sleep(0.1)
                else:
                    raise SystemExit(f"a sender could not be attached: {' '.join(attach)}")
            listener = Listener(f"{folder}/events.sock")
            listener.start()
            time.sleep(SETTLE_S)
            before = sum(map(cpu_seconds, processes(daemon.pid))), looked(folder)
            listener.counts = True
            time.sleep(seconds)
            cores = (sum(map(cpu_seconds, processes(daemon.pid))) - before[0]) / seconds
            looks = (looked(folder) - before[1]) / seconds / streams
            return cores, memory_mib(daemon.pid), looks, listener
        finally:
            for process in [*senders, daemon]:
                process.terminate()
            for process in [*senders, daemon]:
                process.wait()


def looked(folder):
    """Pictures that were looked at so far."""
    return float(re.search(r"^attune_pictures_total (\S+)", ask(f"{folder}/control.sock", "GET", "/metrics"), re.M)[1])


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("build")
    parser.add_argument("film")
    parser.add_argument("--streams", type=int, default=10)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--write", action="store_true")
    asked = parser.parse_args()
    rows, missed = [], []
    with tempfile.TemporaryDirectory(prefix="attune-film-") as folder:
        path = film(asked.film, folder)
        for name, consent in (("voice", "granted"), ("voice and face", "voice,face")):
            cores, memory, looks, listener = measure(asked.build, path, asked.streams, asked.seconds, consent)
            seen = sum(listener.faces) / max(1, len(listener.faces))
            rows.append([name, f"{cores:.2f}", f"{cores * 3600 / asked.streams:.0f}", f"{memory / asked.streams:.1f}",
                         f"{looks:.1f}", f"{seen:.2f}", f"{listener.rhythm():.2f}", str(len(listener.given_up))])
            if listener.rhythm() > TICK_P99_S:
                missed.append(f"{name}: ticks lost their rhythm")
            if listener.given_up:
                missed.append(f"{name}: given up: {', '.join(sorted(set(listener.given_up)))}")
            if "face" in consent and (looks < LOOKS_HZ or seen < 0.9):
                missed.append(f"{looks:.1f} pictures a second were looked at, and a face was in {seen:.2f} of the ticks")
    heads = [f"{asked.streams} streams, consent to", "cores", "CPU-s per hour of a stream", "MiB per stream (PSS)",
             "pictures looked at per s and stream", "ticks with a face", "ticks after their time, s, p99", "given up"]
    show("faces", heads, rows, missed, asked.write)


if __name__ == "__main__":
    main()
