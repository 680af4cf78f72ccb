#!/usr/bin/env python3
"""Opens a report in a browser (chromium-headless-shell) and reads what a person would.

usage: test_report.py BIN_FOLDER CALL_FOLDER

Who interrupted whom and when, what moved the score at a moment, and how sure it is, stand in the page; the script runs
under the page's own policy and shows the moment that the address names; the page fits a phone; it prints.
"""
import os
import re
import shutil
import subprocess
import sys
import tempfile

BROWSER = ["chromium-headless-shell", "--no-sandbox", "--disable-gpu", "--hide-scrollbars"]


def browse(*arguments):
    return subprocess.run(BROWSER + list(arguments), check=True, capture_output=True, text=True, timeout=120)


def text_of(html):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", re.sub(r"(?s)<(script|style).*?</\1>", " ", html)))


def main(binaries, call):
    folder = tempfile.mkdtemp(prefix="attune-report-")
    try:
        page = os.path.join(folder, "call.html")
        subprocess.run(
            [os.path.join(binaries, "attune"), "analyze", "--report", page,
             "--speaker", f"anna:rep={call}/anna.wav", "--speaker", f"ben:customer={call}/ben.wav"],
            check=True, stdout=subprocess.DEVNULL)
        shown = browse("--dump-dom", f"file://{page}#t=68")
        text = text_of(shown.stdout)
        for pattern in [
                r"ben interrupted anna once \(at 1:07\)",  # in the summary
                r"1:07 ben interrupts anna: both speak for",  # in the table
                r"1:08 (anna|ben|anna and ben) speaks?",  # at the cursor
                r"anna engagement \d+ \(\d+ to \d+, \d+ % of the evidence.*?\): \w+.* [+−]\d",
                r"▼ 1:07 ben interrupts anna"]:
            if not re.search(pattern, text):
                raise SystemExit(f"test_report: {pattern} is not in: {text}")
        if "has-cursor" not in shown.stdout or "Refused" in shown.stderr or "CONSOLE" in shown.stderr:
            raise SystemExit(f"test_report: the script does not run: {shown.stderr}")
        # Nothing but the table of numbers, which scrolls by itself, may be wider than a phone.
        probe = os.path.join(folder, "phone.html")
        with open(page, encoding="utf-8") as source, open(probe, "w", encoding="utf-8") as file:
            html = re.sub(r'<meta http-equiv="Content-Security-Policy"[^>]*>', "", source.read())
            file.write(html + "<script>document.title = 'width ' + document.documentElement.scrollWidth</script>")
        width = re.search(r"<title>width (\d+)", browse("--window-size=390,844", "--dump-dom", f"file://{probe}").stdout)
        if not width or int(width.group(1)) > 500:  # the least width that a headless window has
            raise SystemExit(f"test_report: on a phone the page is {width and width.group(1)} wide")
        pdf = os.path.join(folder, "call.pdf")
        browse("--no-pdf-header-footer", f"--print-to-pdf={pdf}", f"file://{page}")
        with open(pdf, "rb") as file:
            if not file.read(5) == b"%PDF-":
                raise SystemExit("test_report: it does not print")
        print("report: who interrupted whom, what moved the score and how sure it is can be read")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    main(*(os.path.abspath(path) for path in sys.argv[1:]))
