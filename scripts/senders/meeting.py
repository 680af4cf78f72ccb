#!/usr/bin/env python3
"""Plays recordings as a Zoom meeting: writes the webhook's body to a file, waits for who attaches it, speaks, and ends.

usage: meeting.py CLIENT_ID SECRET_FILE WEBHOOK_FILE NAME=RECORDING ...
"""

import json
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))

from senders.play import samples  # noqa: E402
from senders.zoom import Meeting  # noqa: E402


def main():
    if len(sys.argv) < 5 or not all("=" in word for word in sys.argv[4:]):
        sys.exit(__doc__.strip())
    client_id, secret_file, webhook, *people = sys.argv[1:]
    with open(secret_file, encoding="utf-8") as file:
        secret = file.read().strip()
    named = [word.split("=", 1) for word in people]
    meeting = Meeting(
        client_id, secret, [(16778240 + number, name, samples(path)) for number, (name, path) in enumerate(named)])
    with open(webhook, "w", encoding="utf-8") as file:
        json.dump(meeting.webhook(), file)
    print(f"{webhook} is written; attach it", flush=True)
    if not meeting.ready.wait(60):
        sys.exit("meeting.py: nobody has attached it within a minute; is the secret the daemon's?")
    meeting.play()
    meeting.state(5, stop_reason=6)


if __name__ == "__main__":
    main()
