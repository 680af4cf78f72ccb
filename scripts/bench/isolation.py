#!/usr/bin/env python3
"""What it costs that media is decoded in a process per source: the same stations over HTTP, once with
sources.isolation process and once with thread, on the same machine one after the other, twice in turn.

    scripts/bench/isolation.py BUILD CALL [SOURCES [SECONDS]]

Writes the table of docs/performance.md and fails where a limit is missed: CPU time, memory, time to the first tick.
"""

import http.server
import json
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time

from figures import cpu_seconds, write_table

CPU_RATIO, MEMORY_MIB, LATER_MS = 1.10, 15, 100


class Station(http.server.BaseHTTPRequestHandler):
    """Sends a call as MP3 without a length, at the pace at which it is read."""

    media = b""

    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Type", "audio/mpeg")
        self.end_headers()
        try:
            while True:
                self.wfile.write(self.media)
        except OSError:
            pass

    def log_message(self, *_):
        pass


def processes(daemon):
    """The daemon and its workers."""
    found = [daemon]
    for task in os.listdir(f"/proc/{daemon}/task"):
        try:
            found += [int(child) for child in open(f"/proc/{daemon}/task/{task}/children").read().split()]
        except OSError:
            pass
    return found


def memory_mib(daemon):
    """What the processes have together; pages that several share count once (PSS)."""
    total = 0
    for process in processes(daemon):
        for line in open(f"/proc/{process}/smaps_rollup"):
            if line.startswith("Pss:"):
                total += int(line.split()[1])
    return total / 1024


class Daemon:
    def __init__(self, build, isolation, sources):
        self.folder = tempfile.mkdtemp(prefix="attune-bench-")
        config = os.path.join(self.folder, "attune.yaml")
        with open(config, "w") as file:
            file.write(
                f"sockets: {{events: {self.folder}/events.sock, control: {self.folder}/control.sock}}\n"
                f"sources: {{isolation: {isolation}, max: {sources + 8}}}\noverload: {{enabled: false}}\n")
        self.build = build
        self.log = open(os.path.join(self.folder, "log"), "w")
        self.process = subprocess.Popen([f"{build}/attuned", "--config", config], stderr=self.log)
        while not os.path.exists(f"{self.folder}/control.sock"):
            time.sleep(0.02)

    def attach(self, url, name):
        subprocess.run(
            [f"{self.build}/attune", "attach", url, "--session", name, "--speaker", "a", "--consent", "granted",
             "--runtime-dir", self.folder], check=True, stdout=subprocess.DEVNULL)

    def first_tick_ms(self, url, name):
        """From the request to the first event that shows that media is analysed."""
        events = socket.socket(socket.AF_UNIX)
        events.connect(f"{self.folder}/events.sock")
        lines = events.makefile()
        for _ in range(2):
            lines.readline()
        start = time.monotonic()
        threading.Thread(target=self.attach, args=(url, name)).start()
        for line in lines:
            event = json.loads(line)
            if event["type"] == "tick" and event.get("session") == name:
                return (time.monotonic() - start) * 1000
        raise SystemExit("the daemon has gone")

    def stop(self):
        self.process.terminate()
        self.process.wait()


def measure(build, isolation, url, sources, seconds):
    daemon = Daemon(build, isolation, sources)
    try:
        before = memory_mib(daemon.process.pid)
        firsts = [daemon.first_tick_ms(url, f"first-{number}") for number in range(7)]
        for number in range(sources - len(firsts)):
            daemon.attach(url, f"s-{number}")
        time.sleep(5)
        cpu = sum(map(cpu_seconds, processes(daemon.process.pid)))
        time.sleep(seconds)
        cpu = sum(map(cpu_seconds, processes(daemon.process.pid))) - cpu
        memory = memory_mib(daemon.process.pid) - before
        return cpu / sources / seconds * 3600, memory / sources, statistics.median(firsts)
    finally:
        daemon.stop()


def main():
    build, call = sys.argv[1:3]
    sources = int(sys.argv[3]) if len(sys.argv) > 3 else 64
    seconds = int(sys.argv[4]) if len(sys.argv) > 4 else 30
    Station.media = subprocess.run(
        ["ffmpeg", "-v", "error", "-i", f"{call}/anna.wav", "-f", "mp3", "-"], check=True, capture_output=True).stdout
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Station)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    url = f"http://127.0.0.1:{server.server_port}/station"
    rounds = {"process": [], "thread": []}
    for isolation in ["thread", "process", "thread", "process"]:
        rounds[isolation].append(measure(build, isolation, url, sources, seconds))
    thread, process = [[statistics.mean(column) for column in zip(*rounds[name])] for name in ("thread", "process")]
    ratio, more, later = process[0] / thread[0], process[1] - thread[1], process[2] - thread[2]
    rows = [
        f"| CPU-s per hour of a source | {thread[0]:.1f} | {process[0]:.1f} | × {ratio:.2f} (at most {CPU_RATIO:.2f}) |",
        f"| memory per source, MiB (PSS) | {thread[1]:.1f} | {process[1]:.1f} | + {more:.1f} (at most {MEMORY_MIB}) |",
        f"| request to first tick, median, ms | {thread[2]:.0f} | {process[2]:.0f} | {later:+.0f} (at most {LATER_MS}) |",
    ]
    table = "\n".join([f"| {sources} stations over HTTP, MP3 | thread | process | |", "|---|---|---|---|", *rows])
    print(table)
    # Other numbers are a trial.
    if len(sys.argv) <= 3:
        write_table("isolation", table)
    missed = [row for row, is_kept in zip(rows, (ratio <= CPU_RATIO, more <= MEMORY_MIB, later <= LATER_MS))
              if not is_kept]
    if missed:
        sys.exit("missed: " + "; ".join(missed))


if __name__ == "__main__":
    main()
