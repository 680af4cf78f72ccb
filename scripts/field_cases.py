#!/usr/bin/env python3
"""Puts a daemon into situations that networks, phones and cameras make, and checks what it measures of them.

usage: field_cases.py BIN_FOLDER CALL_FOLDER [CASE ...]

CALL_FOLDER is made by make_demo_call.py. Each case is a session of its own with speakers of that call, many at a time.
What the daemon says on the time line of a session is held against what was really sent, and when. A case that fails
while this machine was too busy to send on time is tried again, alone. Prints a line per case; exits 0 if all are right.
"""
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import threading
import time

from field import file_cases as files
from field import life_cases as life
from field import wire_cases as wires
from field import media
from field import time_cases as timing
from field.sending import LATENESS
from field.world import World
from senders import dialects

# Speakers at one time, and how much of a core `attune analyze` may need for as many: live takes two to three times as
# much.
LEAST_SPEAKERS, MOST_SPEAKERS, MOST_LOAD = 12, 36, 0.45
STEREO_L16 = media.QUERY["l16-stereo"]

# Name: how many speakers, the case, and what it is told beside its world and name.
CASES = {
    # Everything right.
    "alone": (len(media.MATERIAL), timing.alone, media.MATERIAL),
    "pair": (2, timing.pair),
    "burst-none": (2, timing.burst, 0),
    "pts-steady": (2, timing.clock_jump, 0, 9),
    "units-right": (2, timing.wrong_units, "g722", 1),
    # Time in a live session.
    "hold-adv": (2, timing.hold, "adv"),
    "hold-noadv": (2, timing.hold, "noadv"),
    "hold-newssrc": (2, timing.hold, "newssrc"),
    "hold-cn": (2, timing.hold, "cn"),
    "hold-midword": (2, timing.hold, "adv", media.IN_SPEECH_S),
    "hold-opus-noadv": (2, timing.hold, "noadv", media.IN_SILENCE_S, "opus"),
    "burst-1.5s": (2, timing.burst, 1.5),
    "burst-2.5s": (2, timing.burst, 2.5),
    "burst-4s": (2, timing.burst, 4),
    "pts-jump": (2, timing.clock_jump, 60, 9),
    "pts-jump-midword": (2, timing.clock_jump, 60, 14.3),
    "pts-back": (2, timing.clock_jump, -30, 9),
    "ahead-bot": (2, timing.bot),
    "ahead-g722": (2, timing.wrong_units, "g722", 2),
    "ahead-l16": (2, timing.wrong_units, "l16", 2),
    "slow-opus": (2, timing.wrong_units, "opus", 0.5),
    "slow-l16": (2, timing.wrong_units, "l16", 0.5),
    "idle-port": (5, timing.idle_port),
    "wav-2ch-8k": (2, files.channels, 8_000),
    "wav-2ch-16k": (2, files.channels, 16_000),
    "wav-mono-8k": (2, files.two_files, 8_000),
    "wav-beside-live": (3, files.beside_live, 8_000),
    # Life of sources.
    "new-ssrc-bye": (2, life.flood),
    "detach-one": (2, life.detach_one),
    "mute-midword": (2, life.mute, False),
    "mute-midword-rtp": (2, life.mute, True),
    "silent-too-long": (1, life.unusable, STEREO_L16, life.too_long, "max_packet_bytes"),
    "silent-empty": (1, life.unusable, "", life.empty, "empty|payload"),
    "silent-codec": (1, life.unusable, "", life.unannounced, "codec="),
    "silent-two-senders": (1, life.unusable, "", life.two_senders, "--ssrc"),
    "secrets": (1, life.secrets),
    # Calls by WebSocket.
    **{f"websocket-{sender}": (2, wires.dialect, sender) for sender in dialects.SENDERS},
    "websocket-order": (2, wires.dialect, "telnyx", wires.out_of_order),
    "websocket-bursts": (2, wires.dialect, "twilio", wires.ahead_in_bursts),
    "websocket-held-up": (2, wires.held_up),
    "websocket-mute": (1, wires.mute),
    "websocket-flood": (3, wires.flood),
    "websocket-reads-nothing": (2, wires.reads_nothing),
    "zoom-stopped": (2, wires.zoom, "stopped"),
    "zoom-revoked": (2, wires.zoom, "revoked"),
    # With nothing beside it: a daemon that it brings to spin takes the machine from all others.
    "spin": (MOST_SPEAKERS, life.spin),
}


def most_speakers(binaries, voices):
    """As many as this build can follow on a part of a core."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime
    subprocess.run(
        [os.path.join(binaries, "attune"), "analyze", "--json", voices.path("anna"), voices.path("ben")],
        stdout=subprocess.DEVNULL, check=True)
    used = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime - before
    speakers = int(MOST_LOAD * 2 * media.SCENE_S / max(used, 0.01))
    return min(max(speakers, LEAST_SPEAKERS), MOST_SPEAKERS)


class Runner:
    """Runs cases, as many at a time as there is room for their speakers, and prints what comes of them."""

    # How often a case is tried again where this machine did not send what the case is made of.
    TRIES = 3

    def __init__(self, world, speakers):
        self.world, self.room, self.free = world, speakers, speakers
        self.passed, self.failed, self.late = 0, 0, []
        self.changed = threading.Condition()

    def run(self, names):
        threads = []
        for name in names:
            speakers = min(CASES[name][0], self.room)
            with self.changed:
                self.changed.wait_for(lambda: self.free >= speakers)
                self.free -= speakers
            threads.append(threading.Thread(target=self.run_one, args=(name, speakers, *CASES[name][1:])))
            threads[-1].start()
        for thread in threads:
            thread.join()
        for name in self.late:
            self.repeat(name)
        daemon = self.world.daemon
        if daemon.process.poll() is not None:
            self.tell("daemon", False, f"attuned has ended with {daemon.process.returncode}: {daemon.log()[-600:]}")

    def run_one(self, name, speakers, case, *details):
        is_right, text, late_s = self.attempt(name, case, *details)
        with self.changed:
            if not is_right and late_s:
                print(f"late {name}: {text}; sent up to {late_s * 1000:.0f} ms late, tried again alone", flush=True)
                self.late.append(name)
            else:
                self.tell(name, is_right, text)
            self.free += speakers
            self.changed.notify_all()

    def repeat(self, name):
        """A case that was sent too late, with nothing beside it: it counts where it goes out on time."""
        for attempt in range(1, self.TRIES + 1):
            is_right, text, late_s = self.attempt(f"{name}-{attempt}", *CASES[name][1:])
            if is_right or not late_s:
                break
        self.tell(name, is_right, text)

    def attempt(self, name, case, *details):
        """Whether it is right, what came of it, and how late something was sent meanwhile."""
        began = time.monotonic()
        try:
            check = case(self.world, name, *details)
            is_right, text = not check.wrong, "; ".join(check.wrong or check.figures)
        except Exception as error:  # whatever it is, this case has failed and the others go on
            is_right, text = False, f"{type(error).__name__}: {error}"
        return is_right, text, LATENESS.worst_s(began)

    def tell(self, name, is_right, text):
        print(f"{'ok' if is_right else 'FAIL'} {name}: {text}", flush=True)
        if is_right:
            self.passed += 1
        else:
            self.failed += 1


def main():
    binaries, call, *names = sys.argv[1:]
    binaries, call = os.path.abspath(binaries), os.path.abspath(call)
    unknown = [name for name in names if name not in CASES]
    if unknown:
        sys.exit(f"field_cases: there is no case {', '.join(unknown)}; there are {', '.join(CASES)}")
    began = time.monotonic()
    folder, world = tempfile.mkdtemp(prefix="attune-field-media-"), None
    try:
        voices = media.Voices(call, folder)
        world = World(binaries, voices)
        for name in names or CASES:
            if CASES[name][1] is wires.dialect:
                speakers, _ = wires.prepare(world, *CASES[name][2:])
                for speaker in speakers:
                    world.carried(speaker, dialects.SENDERS[CASES[name][2]][3])
        runner = Runner(world, most_speakers(binaries, voices))
        runner.run(names or CASES)
        used = world.daemon.cpu_seconds()
    finally:
        if world:
            world.daemon.end()
        shutil.rmtree(folder, ignore_errors=True)
    print(f"{runner.passed} passed, {runner.failed} failed (in {time.monotonic() - began:.0f} s; "
          f"attuned used {used:.0f} s of CPU time, packets went out up to {LATENESS.worst_s(began) * 1000:.0f} ms late)")
    return 1 if runner.failed else 0


if __name__ == "__main__":
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    sys.exit(main())
