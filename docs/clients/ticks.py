"""Prints the engagement of every speaker as it changes; comes back by itself and misses nothing in between."""

import json
import socket
import sys
import time


def lines(path):
    """All lines of the event socket, also over restarts of the daemon."""
    epoch, seq = None, 0
    while True:
        try:
            with socket.socket(socket.AF_UNIX) as connection:
                connection.connect(path)
                connection.sendall(b'{"subscribe":{"types":["tick"]}}\n')
                # The hello that answers the resume is the second one; what came before it comes again.
                hellos = 2 if epoch else 1
                if epoch:
                    resume = {"resume": {"epoch": epoch, "seq": seq}}
                    connection.sendall(json.dumps(resume).encode() + b"\n")
                for text in connection.makefile("r", encoding="utf-8"):
                    line = json.loads(text)
                    hellos -= line["type"] == "hello"
                    if hellos > 0:
                        continue
                    epoch, seq = line.get("epoch", epoch), line["seq"]
                    yield line
        except (OSError, json.JSONDecodeError):
            pass
        time.sleep(1)


for line in lines(sys.argv[1] if len(sys.argv) > 1 else "/run/attune/events.sock"):
    if line["type"] == "tick":
        score = line["engagement"]["score"]
        print(line["session"], line["speaker"], "-" if score is None else score, flush=True)
