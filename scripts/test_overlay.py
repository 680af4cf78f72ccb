#!/usr/bin/env python3
"""Looks at the overlay page with a browser without a window, as somebody would who uses it.

usage: test_overlay.py BIN_FOLDER CALL_FOLDER [--bench] [CASE ...]

Cases with a made-up feed (scripts/overlay/page_cases.py, load_cases.py) look at the page alone; those of
daemon_cases.py play the call of CALL_FOLDER (made by make_demo_call.py) into attuned of BIN_FOLDER. --bench measures
frames a second in real time instead. Exits 0 if all pass.
"""
import sys
import tempfile
import traceback

from overlay import load_cases, page_cases
from overlay.browser import Browser


def main():
    arguments = [one for one in sys.argv[1:] if one != "--bench"]
    if len(arguments) < 2:
        sys.exit(__doc__)
    _, _, *wanted = arguments
    cases = load_cases.BENCH if "--bench" in sys.argv else page_cases.CASES + load_cases.CASES
    failures = []
    with tempfile.TemporaryDirectory(prefix="attune-overlay-", ignore_cleanup_errors=True) as folder:
        browser = Browser(folder)
        try:
            for case in cases:
                if wanted and case.__name__ not in wanted:
                    continue
                try:
                    case(browser)
                    print(f"{case.__name__:14} ok: {case.__doc__.splitlines()[0]}", flush=True)
                except Exception as problem:
                    failures.append(case.__name__)
                    print(f"{case.__name__:14} FAILED: {problem}", flush=True)
                    if not isinstance(problem, page_cases.Failure):
                        traceback.print_exc()
                browser.close_pages()
        finally:
            browser.end()
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
