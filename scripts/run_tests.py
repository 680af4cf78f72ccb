#!/usr/bin/env python3
"""Runs a test command and passes its output on. A run in which nothing happens any more is ended, and the tests that have
begun and not ended are named: waited for, it would only end without a name.

    run_tests.py swift test --skip-build
"""

import os
import pty
import re
import select
import signal
import subprocess
import sys

# Far above what passes between two ends of tests on a machine with other work.
SILENCE_SECONDS = 1_200
BEGUN = re.compile(r"◇ Test (\S+\(.*\)|\".*\") started\.")
ENDED = re.compile(r"[✔✘➜] Test (\S+\(.*\)|\".*\") (?:with \d+ test cases? )?(?:passed|failed|skipped)")


def note(line, running):
    if begun := BEGUN.search(line):
        running.add(begun.group(1))
    elif ended := ENDED.search(line):
        running.discard(ended.group(1))


def main():
    # A terminal, so that lines come when they are written, where the system has one to give; a process group, so that all
    # of it can be ended.
    try:
        ours, theirs = pty.openpty()
    except OSError:
        ours, theirs = os.pipe()
    process = subprocess.Popen(sys.argv[1:], stdin=subprocess.DEVNULL, stdout=theirs, stderr=theirs,
                               start_new_session=True, env=dict(os.environ, NO_COLOR="1", TERM="dumb"))
    os.close(theirs)
    running, rest = set(), b""
    while True:
        if not select.select([ours], [], [], SILENCE_SECONDS)[0]:
            print(f"nothing has happened for {SILENCE_SECONDS} s; not ended: {', '.join(sorted(running)) or 'unknown'}",
                  flush=True)
            # Which programs they wait for.
            subprocess.run(["ps", "-e", "-o", "pid,ppid,stat,etimes,wchan:20,args"])
            os.killpg(process.pid, signal.SIGKILL)
            sys.exit(1)
        try:
            data = os.read(ours, 1 << 16)
        except OSError:  # The last writer has closed.
            break
        if not data:
            break
        data = data.replace(b"\r\n", b"\n")
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()
        *lines, rest = (rest + data).split(b"\n")
        for line in lines:
            note(line.decode(errors="replace"), running)
    sys.exit(process.wait())


main()
