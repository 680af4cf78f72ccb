#!/usr/bin/env python3
"""Sends recordings as a telephony cloud or a meeting bot would, to the address that `attune expect` prints.

usage: play.py SENDER URL [NAME=]RECORDING ...

SENDER is one of those in dialects.py (twilio, telnyx, plivo, exotel, voximplant, raw, asterisk, vonage, jitsi, recall,
attendee, vexa, genesys, acs). Each recording is a voice; NAME is what the sender calls it.
"""

import os
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))

from senders import dialects  # noqa: E402
from senders.wire import Refused, Wire  # noqa: E402


def samples(path):
    """What is in a recording, 16-bit and mono at 16 kHz."""
    return subprocess.run(
        ["ffmpeg", "-v", "error", "-i", path, "-ac", "1", "-ar", str(dialects.RATE), "-f", "s16le", "-"],
        capture_output=True, check=True).stdout


def play(messages, wire, began=None):
    """Sends messages when they are due."""
    began = began or time.monotonic()
    for due, message in messages:
        time.sleep(max(0, began + due - time.monotonic()))
        wire.send(message)


def main():
    if len(sys.argv) < 4 or sys.argv[1] not in dialects.SENDERS:
        sys.exit(__doc__.strip())
    make, _, most, _ = dialects.SENDERS[sys.argv[1]]
    voices = []
    for number, word in enumerate(sys.argv[3:][:most]):
        name, is_named, recording = word.rpartition("=")
        voices.append((name if is_named else f"p{number}", samples(recording)))
    url = sys.argv[2]
    if sys.argv[1] == "raw" and "?" not in url:
        url += f"?format=s16le&rate={dialects.RATE}&channels={len(voices)}"
    try:
        wire = Wire(url)
        play(make(voices), wire)
        wire.close()
    except (Refused, OSError) as error:
        sys.exit(f"play.py: {str(error).splitlines()[0]}")
    if wire.closed:
        print("closed:", *wire.closed)


if __name__ == "__main__":
    main()
