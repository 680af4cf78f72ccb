#!/usr/bin/env python3
"""Plays a call into a daemon of its own as live Opus RTP streams and shows what it finds.

usage: demo.py BIN_FOLDER CALL_FOLDER [MEDIA ...]

Without MEDIA the call of CALL_FOLDER (made by make_demo_call.py) is played, and what was measured is compared
with the times it was made with. With MEDIA each file is one speaker. On a terminal a live table is shown,
otherwise the events as NDJSON on standard output; a page for browsers is served meanwhile. Exits 0 if everything worked.
"""
import csv
import json
import os
import re
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
ROLES = {"anna": "rep", "ben": "customer"}
SESSION = "demo"


def say(text):
    print(text, file=sys.stderr, flush=True)


class Daemon:
    """attuned with sockets in a temporary folder."""

    def __init__(self, binaries):
        self.attune = os.path.join(binaries, "attune")
        self.folder = tempfile.mkdtemp(prefix="attune-demo-")
        config = os.path.join(self.folder, "attune.yaml")
        with open(os.path.join(HERE, "..", "config", "attune.yaml"), encoding="utf-8") as shipped:
            text = shipped.read().replace("/run/attune/", self.folder + "/")
        # Any free port for browsers.
        text = re.sub(r"(?m)^  http:$", "  http: 127.0.0.1:0", text)
        with open(config, "w", encoding="utf-8") as file:
            file.write(text)
        self.log = open(os.path.join(self.folder, "log"), "w+", encoding="utf-8")
        self.process = subprocess.Popen(
            [os.path.join(binaries, "attuned"), "--config", config], stderr=self.log, stdout=self.log)
        for _ in range(200):
            if self.command("sessions", check=False).returncode == 0:
                return
            if self.process.poll() is not None:
                break
            time.sleep(0.05)
        self.log.seek(0)
        raise SystemExit("demo: attuned did not start:\n" + self.log.read())

    def arguments(self, *arguments):
        return [self.attune, *arguments, "--runtime-dir", self.folder]

    def command(self, *arguments, check=True):
        result = subprocess.run(self.arguments(*arguments), capture_output=True, text=True)
        if check and result.returncode != 0:
            raise SystemExit("demo: " + result.stderr.strip())
        return result

    def usage(self):
        """CPU seconds and resident megabytes so far."""
        with open(f"/proc/{self.process.pid}/stat", encoding="ascii") as file:
            fields = file.read().rsplit(")", 1)[1].split()
        ticks = os.sysconf("SC_CLK_TCK")
        resident = int(fields[21]) * os.sysconf("SC_PAGE_SIZE")
        return (int(fields[11]) + int(fields[12])) / ticks, resident / 1e6

    def stop(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        try:
            return self.process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            return self.process.wait()
        finally:
            self.log.close()
            shutil.rmtree(self.folder, ignore_errors=True)


def play(daemon, speakers):
    """Attaches a stream per speaker, sends them, and returns the session's totals."""
    inputs, outputs = [], []
    for index, (name, role, media) in enumerate(speakers):
        who = f"{name}:{role}" if role else name
        answer = daemon.command(
            "attach", "rtp://127.0.0.1:0", "--session", SESSION, "--speaker", who, "--consent", "granted",
            "--notice-id", "demo")
        url = answer.stdout.split()[-1]
        inputs += ["-re", "-i", media]
        outputs += ["-map", f"{index}:a:0", "-c:a", "libopus", "-b:a", "24k", "-ac", "1", "-f", "rtp", url]
    page = daemon.command("overlay", SESSION).stdout.strip()
    say(f"Look at it in a browser while it lasts:\n  {page}")
    view = "top" if sys.stdout.isatty() else "tail"
    viewer = subprocess.Popen(daemon.arguments(view, "--session", SESSION, "--until-end"))
    sender = None
    began = time.monotonic()
    before = daemon.usage()[0]
    try:
        sender = subprocess.Popen(
            ["ffmpeg", "-nostdin", "-loglevel", "error", *inputs, *outputs], stdout=subprocess.DEVNULL)
        if sender.wait() != 0:
            raise SystemExit("demo: ffmpeg could not send the call")
        cpu, resident = daemon.usage()
        share = 100 * (cpu - before) / (time.monotonic() - began)
        totals = json.loads(daemon.command("detach", SESSION).stdout)
        viewer.wait(timeout=10)
        return totals, share, resident
    finally:
        for process in (sender, viewer):
            if process is not None and process.poll() is None:
                process.terminate()
                process.wait()


def show(totals):
    say(f"\nThe call took {totals['duration_s']:.0f} s and had {totals['speaker_changes']} speaker changes.")
    for name, speaker in totals["speakers"].items():
        lag = speaker["response_lag_median_ms"]
        lag = "–" if lag is None else f"{lag:.0f} ms"
        say(f"  {name}: talked {100 * (speaker['talk_ratio'] or 0):.1f} % ({speaker['speech_s']:.1f} s) in "
            f"{speaker['turns']} turns, answered after {lag} (median)")
        engagement = speaker["engagement"]
        if engagement["score"] is None:
            say(f"    engagement: no score ({engagement['abstained']})")
            continue
        low, high = engagement["interval"]
        parts = " ".join(f"{part['points']:+.1f} {part['input']}" for part in engagement["contributions"])
        say(f"    engagement at the end: {engagement['score']:.1f} ({low:.0f} to {high:.0f}) = {parts}")


def expected(timeline):
    """What the call was made to be: speech per speaker, response lags, speaker changes."""
    with open(timeline, encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file)]
    speech = {}
    for row in rows:
        length = float(row["end_s"]) - float(row["start_s"])
        speech[row["speaker"]] = speech.get(row["speaker"], 0) + length
    lags, changes, holder = {}, 0, None
    for row in sorted((row for row in rows if row["kind"] != "backchannel"), key=lambda row: float(row["start_s"])):
        if holder and holder["speaker"] != row["speaker"]:
            changes += 1
            lag = 1000 * (float(row["start_s"]) - float(holder["end_s"]))
            lags.setdefault(row["speaker"], []).append(max(0, lag))
        holder = row
    return speech, {name: statistics.median(values) for name, values in lags.items()}, changes


def check(totals, timeline):
    """Compares the totals with the times that the call was made with."""
    speech, lags, changes = expected(timeline)
    faults = []
    if totals["speaker_changes"] != changes:
        faults.append(f"{totals['speaker_changes']} speaker changes instead of {changes}")
    for name, seconds in speech.items():
        true_ratio = seconds / sum(speech.values())
        measured = totals["speakers"][name]
        if abs(measured["talk_ratio"] - true_ratio) > 0.03:
            faults.append(f"talk ratio of {name} {measured['talk_ratio']:.3f} instead of {true_ratio:.3f}")
        if abs(measured["response_lag_median_ms"] - lags[name]) > 100:
            faults.append(f"lag of {name} {measured['response_lag_median_ms']} ms instead of {lags[name]:.0f} ms")
    if faults:
        raise SystemExit("demo: measured otherwise than the call was made: " + "; ".join(faults))
    say("Checked: talk ratios, response lags and speaker changes are those that the call was made with.")


def main(binaries, call, media):
    for path in media:
        if not os.path.isfile(path):
            raise SystemExit(f"demo: no such file: {path}; MEDIA takes recordings, one per speaker")
    if media:
        names = [os.path.splitext(os.path.basename(path))[0] for path in media]
        if len(set(names)) < len(names):
            raise SystemExit("demo: two files of MEDIA have the same name; rename one, speakers are named after them")
        speakers = [(name, None, path) for name, path in zip(names, media)]
    else:
        speakers = [(name, role, os.path.join(call, f"{name}.wav")) for name, role in ROLES.items()]
    daemon = Daemon(binaries)
    try:
        totals, share, resident = play(daemon, speakers)
    finally:
        status = daemon.stop()
    show(totals)
    say(f"attuned used {share:.1f} % of one core and {resident:.0f} MB of memory.")
    if not media:
        check(totals, os.path.join(call, "timeline.csv"))
    if status != 0:
        raise SystemExit(f"demo: attuned ended with status {status}")


if __name__ == "__main__":
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    try:
        main(sys.argv[1], sys.argv[2], sys.argv[3:])
    except KeyboardInterrupt:
        sys.exit(130)
