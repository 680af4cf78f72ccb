#!/usr/bin/env python3
"""Looks at `attune top` in a terminal (tmux) of several sizes while a call comes in.

usage: test_top.py BIN_FOLDER CALL_FOLDER

The score is in sight in each size, keys do what the footer says, and nothing is left on the screen in the end, however
it comes: by q, SIGINT, SIGTERM, a daemon that is killed. Exits 0 if all that holds.
"""
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time

TIMEOUT_S = 60
# A score with its interval, such as 56 (45–66), in the line of a speaker.
SCORE = re.compile(r"anna.* \d+ \(\d+–\d+\)")


class Terminal:
    """A terminal with a shell, of a tmux server of its own."""

    def __init__(self, folder, environment):
        self.server = ["tmux", "-S", os.path.join(folder, "tmux.sock"), "-f", "/dev/null"]
        self.environment = environment
        self.tmux("new-session", "-d", "-x", "80", "-y", "24", "-s", "t", "env PS1='ready$ ' bash --norc --noprofile")
        self.wait("the prompt", lambda text: "ready$" in text)

    def tmux(self, *arguments):
        return subprocess.run(
            self.server + list(arguments), env=self.environment, check=True, capture_output=True, text=True).stdout

    def screen(self, *options):
        return self.tmux("capture-pane", "-p", *options, "-t", "t")

    def keys(self, *keys):
        self.tmux("send-keys", "-t", "t", *keys)

    def resize(self, width, height):
        self.tmux("resize-window", "-t", "t", "-x", str(width), "-y", str(height))

    def wait(self, what, condition, limit_s=TIMEOUT_S):
        end = time.monotonic() + limit_s
        while True:
            text = self.screen()
            if condition(text):
                return text
            if time.monotonic() > end:
                raise SystemExit(f"test_top: still waiting: {what}; the screen is:\n{text}")
            time.sleep(0.05)

    def close(self):
        subprocess.run(self.server + ["kill-server"], env=self.environment, check=False)


def fits(text, width, height):
    lines = text.rstrip("\n").split("\n")
    return len(lines) == height and all(len(line) <= width for line in lines) and lines[-1].startswith("q quit")


def start_daemon(binaries, folder):
    config = os.path.join(folder, "attune.yaml")
    with open(config, "w", encoding="utf-8") as file:
        file.write(f"sockets:\n  events: {folder}/events.sock\n  control: {folder}/control.sock\n"
                   "policy:\n  notice_id: test\n")
    with open(os.path.join(folder, "log"), "w", encoding="utf-8") as log:
        return subprocess.Popen([os.path.join(binaries, "attuned"), "--config", config], stderr=log)


def begin_call(attune, environment, call):
    """Attaches both speakers and plays the call to them again and again."""
    inputs, outputs = [], []
    for index, speaker in enumerate(["anna:rep", "ben:customer"]):
        answer = subprocess.run(
            [attune, "attach", "rtp://127.0.0.1:0", "--session", "call", "--speaker", speaker, "--consent", "granted"],
            env=environment, check=True, capture_output=True, text=True).stdout
        media = os.path.join(call, f"{speaker.split(':')[0]}.wav")
        inputs += ["-re", "-stream_loop", "-1", "-i", media]
        outputs += ["-map", f"{index}:a", "-c:a", "libopus", "-ac", "1", "-f", "rtp", answer.split()[-1]]
    return subprocess.Popen(
        ["ffmpeg", "-nostdin", "-loglevel", "error", *inputs, *outputs], stdout=subprocess.DEVNULL)


def check_keys(terminal):
    terminal.keys("s")
    terminal.wait("sources have lines", lambda text: "rtp://127.0.0.1" in text)
    terminal.keys("s")
    terminal.wait("they have none", lambda text: "rtp://127.0.0.1" not in text)
    terminal.keys("o")
    terminal.wait("the order is told", lambda text: "by name" in text)
    terminal.keys("/", "b", "e", "n", "Enter")
    terminal.wait("only ben is shown", lambda text: "filter 'ben'" in text and "anna (rep)" not in text)
    terminal.keys("Escape")
    terminal.wait("everybody is shown", lambda text: "filter" not in text.split("\n")[0] and "anna (rep)" in text)
    terminal.keys("Space")
    paused = terminal.wait("it is paused", lambda text: "PAUSED" in text)
    time.sleep(2.5)
    if terminal.screen() != paused:
        raise SystemExit("test_top: the screen moves in a pause")
    terminal.keys("Space")
    terminal.wait("it goes on", lambda text: "PAUSED" not in text)
    terminal.keys("?")
    terminal.wait("the help", lambda text: "any key goes back" in text)
    terminal.keys("x")
    terminal.wait("the list", lambda text: "any key goes back" not in text)
    terminal.keys("Down", "Down")
    terminal.wait("the movers of the second one", lambda text: re.search(r"^ben: ", text, re.MULTILINE))


def processes(name, parent):
    """Ids of the processes of a name below a shell."""
    found = subprocess.run(["ps", "-o", "pid=,comm=", "--ppid", str(parent)], capture_output=True, text=True).stdout
    return [int(line.split()[0]) for line in found.splitlines() if line.split()[1] == name]


def main(binaries, call):
    binaries, call = os.path.abspath(binaries), os.path.abspath(call)
    attune = os.path.join(binaries, "attune")
    folder = tempfile.mkdtemp(prefix="attune-top-")
    environment = {**os.environ, "ATTUNE_RUNTIME_DIR": folder, "LC_ALL": "C.UTF-8", "TERM": "xterm"}
    environment.pop("TMUX", None)
    daemon, sender, terminal = start_daemon(binaries, folder), None, None
    try:
        terminal = Terminal(folder, environment)
        shell = int(terminal.tmux("display-message", "-p", "-t", "t", "#{pane_pid}"))
        before = terminal.screen()

        def begin():
            terminal.keys(f"{attune} top; echo ended with $?", "Enter")
            terminal.wait("the screen", lambda text: text.split("\n")[0].startswith("attune top"))

        def left_clean(what, status):
            """After the screen: the shell as it was, and the status of the command."""
            text = terminal.wait(what, lambda text: f"ended with {status}" in text)
            if "q quit" in text or "engagement" in text or before.split("\n")[0].strip() not in text:
                raise SystemExit(f"test_top: {what}: something is left on the screen:\n{text}")
            terminal.keys("stty -a | grep -wc -- '-echo'; tput cnorm; clear", "Enter")
            terminal.wait("a clear screen", lambda text: "ended with" not in text)
            return text

        for _ in range(200):
            if os.path.exists(os.path.join(folder, "control.sock")):
                break
            time.sleep(0.05)
        sender = begin_call(attune, environment, call)
        begin()
        for width, height in [(80, 24), (120, 40), (40, 10), (80, 24)]:
            terminal.resize(width, height)
            terminal.wait(
                f"a score in {width}x{height}", lambda text: SCORE.search(text) and fits(text, width, height))
        check_keys(terminal)
        terminal.keys("q")
        left_clean("q", 0)
        for number, name in [(signal.SIGINT, "SIGINT"), (signal.SIGTERM, "SIGTERM")]:
            begin()
            os.kill(processes("attune", shell)[0], number)
            left_clean(name, 128 + number)
        begin()
        terminal.keys("C-c")
        text = terminal.wait("the shell after ^C", lambda text: text.rstrip().endswith("ready$"))
        if "engagement" in text:
            raise SystemExit(f"test_top: ^C leaves something on the screen:\n{text}")
        # Colour is never needed, and not used where it is not wanted.
        terminal.keys("export NO_COLOR=1", "Enter")
        begin()
        if re.search(r"\x1b\[(?:\d+;)*3[0-7]m", terminal.screen("-e")):
            raise SystemExit("test_top: NO_COLOR is not respected")
        daemon.kill()
        daemon.wait()
        text = left_clean("a killed daemon", 69)
        if "the daemon has closed the connection" not in text:
            raise SystemExit(f"test_top: a killed daemon is not told:\n{text}")
        # Without a terminal there are no escapes.
        daemon = start_daemon(binaries, folder)
        terminal.wait("the daemon", lambda _: subprocess.run(
            [attune, "sessions"], env=environment, capture_output=True).returncode == 0)
        process = subprocess.Popen([attune, "top"], env=environment, stdout=subprocess.PIPE)
        subprocess.run(
            [attune, "attach", "rtp://127.0.0.1:0", "--session", "plain", "--speaker", "anna", "--consent", "granted"],
            env=environment, check=True, capture_output=True)
        # The call of before the kill is taken up again, and may be told of first.
        lines = []
        for line in process.stdout:
            lines.append(line)
            if b"plain" in line:
                break
        process.kill()
        process.wait()
        if b"plain" not in lines[-1] or any(b"\x1b" in line for line in lines):
            raise SystemExit(f"test_top: without a terminal it says {lines}")
        print("top: the score is in sight at 80x24, 120x40 and 40x10, keys work, nothing is left behind")
    finally:
        if terminal is not None:
            terminal.close()
        for process in (sender, daemon):
            if process is not None and process.poll() is None:
                process.kill()
                process.wait()
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    main(*sys.argv[1:])
