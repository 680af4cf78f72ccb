#!/usr/bin/env python3
"""Attaches through each protocol with a real program as the sender or server, and compares the speech with the file's.

usage: test_peers.py BIN_FOLDER CALL_FOLDER [PEER ...]

Each peer plays the same recording, made of a call of CALL_FOLDER (made by make_demo_call.py), to a daemon of its own.
The speech segments of each must be those of the file itself: as many, each boundary within 50 ms once the unknown
start of a live stream is taken out, and the time by which the sender itself fell behind, where that is measured. Exits
0 if all are; a peer whose program is missing fails.
"""
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

from peers.daemon import Daemon
from peers.peer import Peer
from peers.protocols import PEERS, VERIFIED

TOLERANCE_S = 0.050
# The recording begins with silence, so that a stream that is joined late misses no speech.
LEAD_S, TAIL_S, TIMEOUT_S = 8, 3, 90


def make_recording(call, path):
    """Two stretches of one speaker, with silence around them."""
    subprocess.run(
        ["ffmpeg", "-nostdin", "-loglevel", "error", "-i", os.path.join(call, "anna.wav"), "-filter_complex",
         "[0]asplit=2[x][y];[x]atrim=0:6[a];[y]atrim=13:18.2,asetpts=PTS-STARTPTS[b];"
         f"[a][b]concat=n=2:v=0:a=1,adelay={LEAD_S * 1000},apad=pad_dur={TAIL_S}",
         "-ar", "48000", "-ac", "1", path], check=True)


def deviation(found, expected):
    """Largest distance of a boundary from where it should be, after the start that both differ by."""
    pairs = [(a, b) for left, right in zip(found, expected) for a, b in zip(left, right)]
    shift = statistics.median(a - b for a, b in pairs)
    return max(abs(a - b - shift) for a, b in pairs)


def main():
    binaries, call, *wanted = sys.argv[1:]
    binaries, call = os.path.abspath(binaries), os.path.abspath(call)
    folder = tempfile.mkdtemp(prefix="attune-peers-")
    os.chmod(folder, 0o755)
    recording = os.path.join(folder, "recording.wav")
    make_recording(call, recording)
    daemon, peers, failures = Daemon(binaries, folder), [], []
    try:
        for name in ["file"] + [name for name in (wanted or PEERS) if name != "file"]:
            peer = Peer(name, folder, recording)
            peers.append(peer)
            try:
                url, begin = PEERS[name](peer)
                if name in VERIFIED:
                    daemon.refuse(url.replace("?tls_verify=0", ""))
                daemon.attach(name, url)
                if begin:
                    begin()
            except (KeyError, OSError, RuntimeError) as error:
                failures.append(name)
                print(f"{name:8} FAILED: {error} {peer.log()}", flush=True)
        end = time.monotonic() + TIMEOUT_S
        while time.monotonic() < end and daemon.command("sessions", "--json").stdout.find('"file"') >= 0:
            time.sleep(0.5)
        expected = daemon.speech.get("file", [])
        count = len(expected)
        waiting = [peer for peer in peers if peer.name not in failures]
        while time.monotonic() < end and any(len(daemon.speech.get(peer.name, [])) < count for peer in waiting):
            time.sleep(0.5)
        for peer in waiting:
            found = daemon.speech.get(peer.name, [])
            far = deviation(found, expected) if len(found) == count and count >= 2 else None
            slip_s = peer.tap.slip_s() if peer.tap else 0
            is_good = far is not None and far <= TOLERANCE_S + slip_s
            verdict = "ok" if is_good else "FAILED"
            detail = f"{far * 1000:.0f} ms" if far is not None else f"{found} instead of {expected} {peer.log()}"
            detail += f", its sender fell behind by {slip_s * 1000:.0f} ms" if peer.tap else ""
            print(f"{peer.name:8} {verdict}: {len(found)} segments, {detail}", flush=True)
            if not is_good:
                failures.append(peer.name)
    finally:
        for peer in peers:
            peer.end()
        daemon.end()
        shutil.rmtree(folder, ignore_errors=True)
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
