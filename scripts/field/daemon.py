"""A daemon of the test's own, its sessions, and what their events say."""

import datetime
import http.client
import json
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time

from .sending import WALL, favour


class Unanswered(Exception):
    """The daemon did not answer, or refused what it should have done."""


class Daemon:
    """attuned with sockets in a folder of its own; everything that it publishes is kept."""

    def __init__(self, binaries, log_level="info"):
        self.attune = os.path.join(binaries, "attune")
        self.folder = tempfile.mkdtemp(prefix="attune-field-")
        self.pcm = os.path.join(self.folder, "pcm.sock")
        secret = os.path.join(self.folder, "zoom.secret")
        with open(os.open(secret, os.O_WRONLY | os.O_CREAT, 0o600), "w", encoding="utf-8") as file:
            file.write("app-secret\n")
        config = os.path.join(self.folder, "attune.yaml")
        with open(config, "w", encoding="utf-8") as settings:
            settings.write(
                f"sockets: {{events: {self.folder}/events.sock, control: {self.folder}/control.sock}}\n"
                f"sources: {{pcm_socket: {self.pcm}, websocket: '127.0.0.1:0', "
                f"zoom_client_id: client-1, zoom_secret: {secret}}}\n"
                f"log: {{level: {log_level}}}\n")
        self.log_path = os.path.join(self.folder, "attuned.log")
        with open(self.log_path, "w", encoding="utf-8") as log:
            # A session of its own, which the kernel shares the processor out to.
            self.process = subprocess.Popen(
                [os.path.join(binaries, "attuned"), "--config", config], stdin=subprocess.DEVNULL, stderr=log,
                start_new_session=True)
        # Appended to by one thread only; others look at what is there.
        self.lines, self.events = [], {}
        self._follow()

    def favour(self):
        """Lets the daemon keep up with what it is sent while others keep the machine busy, where that is allowed."""
        favour(self.process.pid)
        try:
            with open(f"/proc/{self.process.pid}/autogroup", "w", encoding="ascii") as group:
                group.write("-10")
        except OSError:
            pass

    def _follow(self):
        events = socket.socket(socket.AF_UNIX)
        for _ in range(600):
            try:
                events.connect(os.path.join(self.folder, "events.sock"))
                break
            except OSError:
                if self.process.poll() is not None:
                    break
                time.sleep(0.05)
        else:
            raise Unanswered("attuned did not start")
        threading.Thread(target=self._listen, args=(events,), daemon=True).start()

    def _listen(self, events):
        for line in events.makefile(encoding="utf-8"):
            if not line.endswith("\n"):
                break  # the daemon was ended in the middle of it
            event = json.loads(line)
            self.lines.append(line)
            if "session" in event:
                self.events.setdefault(event["session"], []).append(event)

    def wait(self, condition, seconds):
        """Waits until `condition()`; returns what it was at last."""
        until = time.monotonic() + seconds
        while not (found := condition()) and time.monotonic() < until and self.process.poll() is None:
            time.sleep(0.1)
        return found

    def ask(self, method, path, body=None, seconds=30):
        """A request of the control socket: status and answer."""
        connection = http.client.HTTPConnection("localhost", timeout=seconds)
        connection.sock = socket.socket(socket.AF_UNIX)
        connection.sock.settimeout(seconds)
        try:
            connection.sock.connect(os.path.join(self.folder, "control.sock"))
            connection.request(method, path, None if body is None else json.dumps(body))
            answer = connection.getresponse()
            return answer.status, json.loads(answer.read())
        except (OSError, http.client.HTTPException, ValueError) as error:
            raise Unanswered(f"{method} {path} was not answered within {seconds} s: {error!r}") from error
        finally:
            connection.close()

    def command(self, *arguments, seconds=30):
        """Runs `attune` for this daemon."""
        return self.run(*arguments, "--runtime-dir", self.folder, seconds=seconds)

    def run(self, *arguments, seconds=30):
        """Runs `attune`."""
        try:
            return subprocess.run(
                [self.attune, *arguments], capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=seconds,
                check=False)
        except subprocess.TimeoutExpired as error:
            raise Unanswered(f"attune {' '.join(arguments)} was not answered within {seconds} s") from error

    def sources(self, session):
        """The sources of a session as `attune sessions` lists them; None where the session does not run."""
        listed = json.loads(self.command("sessions", "--json").stdout or "[]")
        return next((one["sources"] for one in listed if one["session"] == session), None)

    def cpu_seconds(self):
        """CPU time used so far; 0 where the daemon is gone."""
        try:
            with open(f"/proc/{self.process.pid}/stat", encoding="ascii") as file:
                fields = file.read().rsplit(")", 1)[1].split()
            return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
        except (OSError, IndexError):
            return 0.0

    def log(self):
        with open(self.log_path, encoding="utf-8", errors="replace") as file:
            return file.read()

    def terminate(self, seconds):
        """Asks the daemon to end; returns whether it did."""
        self.process.terminate()
        try:
            self.process.wait(seconds)
            return True
        except subprocess.TimeoutExpired:
            return False

    def end(self):
        if self.process.poll() is None and not self.terminate(10):
            self.process.send_signal(signal.SIGKILL)
            self.process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)


class Session:
    """A session of a daemon, and its events."""

    def __init__(self, daemon, name):
        self.daemon, self.name = daemon, name
        # What each speaker's sender sends, and the speaker's source.
        self.lines, self.sources = {}, {}
        self.spent = 0.0, 0.0

    def attach(self, url, *tracks):
        """Attaches `url` for `tracks` (objects of the control API); returns the source."""
        status, answer = self.daemon.ask("POST", f"/v1/sessions/{self.name}/sources", {
            "url": url, "session": self.name, "tracks": list(tracks), "consent": "granted"})
        if status != 201:
            raise Unanswered(f"{url} was refused: {answer.get('detail', answer)}")
        for track in tracks:
            self.sources[track["speaker"]] = answer["source"]
        return answer

    def rtp(self, speaker, query="", port=0, **selector):
        """Attaches a port of plain RTP; returns the port."""
        source = self.attach(f"rtp://127.0.0.1:{port}{query}", {"speaker": speaker, **selector})
        return int(source["url"].split("127.0.0.1:")[1].split("?")[0])

    def of(self, kind, speaker=None):
        """Events of a type, or of several that begin alike."""
        return [event for event in tuple(self.daemon.events.get(self.name, ()))
                if event["type"].startswith(kind) and speaker in (None, event.get("speaker"))]

    def speech(self, speaker):
        """Begin and end of each stretch of speech on the session's time line."""
        return [(event["start_s"], event["end_s"]) for event in self.of("speech.ended", speaker)]

    def zero(self):
        """When the session's time line began, as wall time: what is told of sources carries the host's present."""
        return min(datetime.datetime.fromisoformat(event["at"]).timestamp() - event["t"]
                   for event in self.of("source."))

    def time_of(self, monotonic):
        """A moment of the host on the session's time line."""
        return monotonic + WALL - self.zero()

    def sent(self, speaker, media_s):
        """When the speaker's media at `media_s` was to go out, on the session's time line."""
        return self.time_of(self.lines[speaker].moment(media_s))

    def wait_for_senders(self):
        """Waits until everything has been sent; returns when that was on the session's time line."""
        for line in self.lines.values():
            line.wait()
        return max(self.time_of(line.end) for line in self.lines.values())

    def settle(self):
        """Waits until everything has been sent and taken in.

        `spent` is then what the session's duration may be: to the last packet, or, if its source has stalled, to now.
        """
        sent = self.wait_for_senders()
        # A busy daemon may still have packets to read; the voice core keeps the last 0.4 s to itself.
        self.daemon.wait(lambda: any(event["t"] >= sent - 1.5 for event in self.of("tick")), 1.5)
        self.spent = sent, self.time_of(time.monotonic())

    def finish(self):
        """Ends the session as soon as what was sent is settled; returns its totals."""
        self.settle()
        status, totals = self.daemon.ask("DELETE", f"/v1/sessions/{self.name}", seconds=60)
        if status != 200:
            raise Unanswered(f"the session could not be ended: {totals.get('detail', totals)}")
        self.daemon.wait(lambda: self.of("session.ended"), 10)
        return totals

    def totals(self, seconds):
        """The totals of a session that ends by itself."""
        ended = self.daemon.wait(lambda: self.of("session.ended"), seconds)
        if not ended:
            raise Unanswered(f"the session had not ended {seconds} s after its media should have")
        return ended[0]
