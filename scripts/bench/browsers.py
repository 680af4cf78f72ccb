#!/usr/bin/env python3
"""What browsers cost the daemon: 200 of them, each with the events of one session, with ticks cut down to the fields
that an overlay draws and with whole ones.

    scripts/bench/browsers.py BUILD CALL [BROWSERS [SECONDS]]

Writes the table of docs/performance.md and fails where the limit is missed: CPU time of slim ticks.
"""

import asyncio
import os
import subprocess
import sys
import tempfile
import time
import urllib.parse

from figures import cpu_seconds, write_table

SESSIONS, TICK_S, CPU_PERCENT = 10, 0.2, 10
FIELDS = ("engagement.score,engagement.interval,sentiment.score,sentiment.interval,voice.speaking,"
          "windows.120s.talk_ratio,windows.30s.response_lag_median_ms")


class Daemon:
    def __init__(self, build, call):
        self.build = build
        self.folder = tempfile.mkdtemp(prefix="attune-bench-")
        config = os.path.join(self.folder, "attune.yaml")
        with open(config, "w", encoding="utf-8") as file:
            file.write(
                f"sockets:\n  events: {self.folder}/events.sock\n  control: {self.folder}/control.sock\n"
                f"  http: 127.0.0.1:0\nevents:\n  tick_s: {TICK_S}\n")
        self.log = open(os.path.join(self.folder, "log"), "w", encoding="utf-8")
        self.process = subprocess.Popen([f"{build}/attuned", "--config", config], stderr=self.log)
        while not os.path.exists(f"{self.folder}/control.sock"):
            time.sleep(0.02)
        for number in range(SESSIONS):
            self.attune("attach", os.path.join(call, "call.opus"), "--session", f"s-{number}", "--consent", "granted",
                        "--track", "0:anna:rep", "--track", "1:ben:customer")
        self.page = urllib.parse.urlsplit(self.attune("overlay").strip())

    def attune(self, *words):
        return subprocess.run([f"{self.build}/attune", *words, "--runtime-dir", self.folder], check=True,
                              capture_output=True, text=True).stdout

    def stop(self):
        self.process.terminate()
        self.process.wait()


class Browsers:
    """So many readers of /v1/events."""

    def __init__(self, daemon, count, fields):
        self.daemon, self.count, self.fields = daemon, count, fields
        self.bytes = self.ticks = 0

    async def read(self, number):
        page = self.daemon.page
        query = page.query + f"&session=s-{number % SESSIONS}" + (f"&fields={self.fields}" if self.fields else "")
        reader, writer = await asyncio.open_connection(page.hostname, page.port, limit=1 << 20)
        writer.write(f"GET /v1/events?{query} HTTP/1.1\r\nHost: {page.netloc}\r\n\r\n".encode())
        try:
            while line := await reader.readline():
                self.bytes += len(line)
                self.ticks += b'"type":"tick"' in line
        finally:
            writer.close()

    async def measure(self, seconds):
        """CPU of the daemon (share of a core), lines with ticks and bytes to all of them per second."""
        readers = [asyncio.create_task(self.read(number)) for number in range(self.count)]
        await asyncio.sleep(2)
        began, cpu, ticks, size = time.monotonic(), cpu_seconds(self.daemon.process.pid), self.ticks, self.bytes
        await asyncio.sleep(seconds)
        took = time.monotonic() - began
        result = (100 * (cpu_seconds(self.daemon.process.pid) - cpu) / took, (self.ticks - ticks) / took,
                  (self.bytes - size) / took)
        for reader in readers:
            reader.cancel()
        for outcome in await asyncio.gather(*readers, return_exceptions=True):
            if not isinstance(outcome, asyncio.CancelledError):
                raise SystemExit(f"a browser was left alone: {outcome}")
        return result


def main():
    build, call = sys.argv[1:3]
    count = int(sys.argv[3]) if len(sys.argv) > 3 else 200
    seconds = int(sys.argv[4]) if len(sys.argv) > 4 else 20
    daemon = Daemon(build, call)
    try:
        rows = []
        for name, number, fields in (
                ("none", 0, None), (f"{count}, slim ticks", count, FIELDS), (f"{count}, whole ticks", count, None)):
            rows.append((name, *asyncio.run(Browsers(daemon, number, fields).measure(seconds))))
            # Those of the row before are gone once they were written to: only then there is room.
            time.sleep(2)
    finally:
        daemon.stop()
    alone = rows[0][1]
    table = ["| browsers | ticks to them per second | kB/s | CPU, % of a core | of it for browsers |", "|---|---|---|---|---|"]
    table += [f"| {name} | {ticks:.0f} | {size / 1e3:.0f} | {cpu:.1f} | {cpu - alone:.1f} |"
              for name, cpu, ticks, size in rows]
    cost = rows[1][1] - alone
    verdict = f"{'Every limit is kept' if cost < CPU_PERCENT else 'Limit missed'}: {CPU_PERCENT} % of a core for slim ticks."
    text = "\n".join([*table, "", verdict])
    print(text)
    # Other numbers are a trial.
    if len(sys.argv) <= 3:
        write_table("browsers", text)
    if cost >= CPU_PERCENT or not rows[1][2]:
        sys.exit("bench/browsers: a limit is missed")


if __name__ == "__main__":
    main()
