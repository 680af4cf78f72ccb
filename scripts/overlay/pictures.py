#!/usr/bin/env python3
"""Makes the pictures of the README: the overlay page, `attune top` and a report, of the demo call.

usage: scripts/pictures.sh BIN_FOLDER CALL_FOLDER [OUT_FOLDER]

The call is played into a daemon of its own; after a minute a browser without a window looks at the page and at what
the terminal shows (tmux, its escapes made HTML by aha). The report is that of the whole recording. Each picture is
there in light and dark, with few colours (pngquant). OUT_FOLDER is docs/pictures if left out.
"""
import base64
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from demo import ROLES, SESSION, Daemon
from overlay.browser import Browser
from test_top import Terminal

MODES = ("light", "dark")
# Media time of the pictures: both have scores, and ben has just interrupted anna.
SEEN_S = 70
LIMIT_BYTES = 400_000
TERMINAL = (126, 18)
TERMINAL_PAGE = """<!DOCTYPE html><meta charset="utf-8"><style>
body {{ margin: 0; display: inline-block; background: {background}; color: {colour}; }}
pre {{ margin: 0; padding: 14px 18px; font: 13px/1.35 "DejaVu Sans Mono", monospace; }}
</style><pre>{text}</pre>"""
COLOURS = {"light": ("#ffffff", "#1f2328"), "dark": ("#0d1117", "#e6edf3")}


def shoot(page, path, width, height, colours=64):
    """Writes the upper left corner of a page, in pixels of CSS, as a PNG of few colours."""
    clip = {"x": 0, "y": 0, "width": width, "height": height, "scale": 1}
    data = page.call("Page.captureScreenshot", format="png", clip=clip, captureBeyondViewport=True)["data"]
    subprocess.run(["pngquant", "--speed", "1", "--strip", "--force", "--nofs", "--output", path, str(colours), "-"],
                   input=base64.b64decode(data), check=True)


def prefer(page, mode):
    page.call("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": mode}])


def overlay_pictures(browser, daemon, out):
    """Opens the page in both themes and modes; returns a function that takes the pictures."""
    address = daemon.command("overlay", SESSION).stdout.strip()
    pages = {}
    for theme, width, scale in [("cards", 760, 1.5), ("full", 900, 1.25)]:
        for mode in MODES:
            pages[theme, mode] = width, browser.page(
                f"{address}&theme={theme}&mode={mode}&lang=en", width=width, height=300, scale=scale)

    def take():
        for (theme, mode), (width, page) in pages.items():
            shoot(page, out / f"{theme}-{mode}.png", width, page.evaluate("document.documentElement.scrollHeight"))
            if page.complaints:
                raise SystemExit(f"pictures: the page complains: {page.complaints}")
    return take


def terminal_pictures(browser, folder, screen, out):
    for mode in MODES:
        black = ["--black"] if mode == "dark" else []
        text = subprocess.run(["aha", "--no-header", *black], input=screen, check=True, capture_output=True,
                              text=True).stdout
        background, colour = COLOURS[mode]
        file = Path(folder, f"top-{mode}.html")
        file.write_text(TERMINAL_PAGE.format(text=text, background=background, colour=colour), encoding="utf-8")
        page = browser.page(file.as_uri(), width=1000, height=400, scale=1.5)
        page.wait("document.readyState == 'complete'", "the terminal")
        width, height = page.evaluate("(({width, height}) => [width, height])(document.body.getBoundingClientRect())")
        shoot(page, out / f"top-{mode}.png", width, height)


def report_pictures(browser, folder, attune, call, out):
    report = Path(folder, "call.html")
    speakers = [f"--speaker={name}:{role}={call}/{name}.wav" for name, role in ROLES.items()]
    subprocess.run([attune, "analyze", "--session", SESSION, "--report", report, *speakers], check=True,
                   stdout=subprocess.DEVNULL)
    for mode in MODES:
        # High enough that nothing has to stick to the lower edge.
        page = browser.page(width=900, height=4000, scale=1.25)
        prefer(page, mode)
        page.go(f"{report.as_uri()}#t={SEEN_S}")
        page.wait("document.readyState == 'complete' && !!document.querySelector('.has-cursor')", "the report")
        height = page.evaluate("document.getElementById('at').getBoundingClientRect().bottom")
        shoot(page, out / f"report-{mode}.png", 900, height + 24)


def main(binaries, call, out):
    binaries, call, out = os.path.abspath(binaries), os.path.abspath(call), Path(out).absolute()
    out.mkdir(parents=True, exist_ok=True)
    folder = tempfile.mkdtemp(prefix="attune-pictures-")
    daemon, browser, terminal, sender = Daemon(binaries), None, None, None
    try:
        browser = Browser(folder, "--hide-scrollbars")
        inputs, outputs = [], []
        for index, (name, role) in enumerate(ROLES.items()):
            url = daemon.command("attach", "rtp://127.0.0.1:0", "--session", SESSION, "--speaker", f"{name}:{role}",
                                 "--consent", "granted", "--notice-id", "demo").stdout.split()[-1]
            inputs += ["-re", "-i", f"{call}/{name}.wav"]
            outputs += ["-map", f"{index}:a:0", "-c:a", "libopus", "-b:a", "24k", "-ac", "1", "-f", "rtp", url]
        environment = {**os.environ, "LC_ALL": "C.UTF-8", "TERM": "xterm-256color",
                       "ATTUNE_RUNTIME_DIR": daemon.folder}
        environment.pop("TMUX", None)
        terminal = Terminal(folder, environment)
        terminal.resize(*TERMINAL)
        terminal.keys(f"{daemon.attune} top", "Enter")
        sender = subprocess.Popen(["ffmpeg", "-nostdin", "-loglevel", "error", *inputs, *outputs],
                                  stdout=subprocess.DEVNULL)
        terminal.wait("the speakers", lambda text: "ben (customer)" in text)
        # What moves anna's score is told below the list.
        terminal.keys("Down")
        take = overlay_pictures(browser, daemon, out)
        report_pictures(browser, folder, daemon.attune, call, out)
        terminal.wait("the call", lambda text: f"0:01:{SEEN_S - 60:02}" in text, limit_s=2 * SEEN_S)
        # These follow a reset, and end the reverse video of aha.
        screen = re.sub("\x1b\\[[34]9m", "", terminal.screen("-e", "-N"))
        take()
        terminal_pictures(browser, folder, screen, out)
    finally:
        if sender and sender.poll() is None:
            sender.terminate()
            sender.wait()
        for thing in (terminal, browser):
            if thing:
                (thing.close if thing is terminal else thing.end)()
        daemon.stop()
        shutil.rmtree(folder, ignore_errors=True)
    size = sum(file.stat().st_size for file in out.glob("*.png"))
    print(f"pictures: {len(list(out.glob('*.png')))} in {out}, {size / 1000:.0f} kB")
    if size > LIMIT_BYTES:
        raise SystemExit(f"pictures: they should have {LIMIT_BYTES / 1000:.0f} kB at most; take fewer colours")


if __name__ == "__main__":
    if len(sys.argv) not in (3, 4):
        sys.exit(__doc__)
    folder = sys.argv[3] if len(sys.argv) == 4 else Path(__file__).parents[2] / "docs/pictures"
    main(sys.argv[1], sys.argv[2], folder)
