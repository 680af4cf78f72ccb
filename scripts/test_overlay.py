#!/usr/bin/env python3
"""Looks at the overlay page with a browser without a window, as somebody would who uses it.

usage: test_overlay.py BIN_FOLDER CALL_FOLDER [--bench] [CASE ...]

Cases with a made-up feed (page_cases.py, word_cases.py, face_cases.py and load_cases.py of scripts/overlay) look at the
page alone; those of daemon_cases.py play the call of CALL_FOLDER (made by make_demo_call.py) into attuned of
BIN_FOLDER. --bench measures frames a second in real time instead. Exits 0 if all pass.
"""
import sys
import tempfile
import traceback

from overlay import daemon_cases, face_cases, load_cases, page_cases, word_cases
from overlay.browser import Browser


def run(cases, wanted, *given):
    """Names of the cases that failed."""
    failures = []
    for case in cases:
        if wanted and case.__name__ not in wanted:
            continue
        try:
            case(*given)
            print(f"{case.__name__:14} ok: {case.__doc__.splitlines()[0]}", flush=True)
        except Exception as problem:
            failures.append(case.__name__)
            print(f"{case.__name__:14} FAILED: {problem}", flush=True)
            if not isinstance(problem, page_cases.Failure):
                traceback.print_exc()
    return failures


def main():
    arguments = [one for one in sys.argv[1:] if one != "--bench"]
    if len(arguments) < 2:
        sys.exit(__doc__)
    binaries, call, *wanted = arguments
    with tempfile.TemporaryDirectory(prefix="attune-overlay-", ignore_cleanup_errors=True) as folder:
        # The name points to this machine, as a stranger's name server could say of it.
        browser = Browser(folder, "--host-resolver-rules=MAP evil.test 127.0.0.1")
        daemon = None
        try:
            if "--bench" in sys.argv:
                return 1 if run(load_cases.BENCH, wanted, browser) else 0
            failures = run(page_cases.CASES + word_cases.CASES + face_cases.CASES + load_cases.CASES, wanted, browser)
            browser.close_pages()
            names = [case.__name__ for case in daemon_cases.CASES]
            if not wanted or set(wanted) & set(names):
                daemon = daemon_cases.Daemon(binaries, call)
                failures += run(daemon_cases.CASES, wanted, browser, daemon)
        finally:
            browser.end()
            if daemon:
                daemon.end()
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
