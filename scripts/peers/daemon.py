"""The daemon to which the peers are attached."""
import json
import os
import subprocess
import threading
import time


class Daemon:
    """attuned with sockets in a folder of its own, and the speech that it hears."""

    def __init__(self, binaries, folder):
        self.attune, self.folder = os.path.join(binaries, "attune"), folder
        config = os.path.join(folder, "attune.yaml")
        with open(config, "w", encoding="utf-8") as settings:
            settings.write(f"sockets: {{events: {folder}/events.sock, control: {folder}/control.sock}}\n")
        self.log = open(os.path.join(folder, "attuned.log"), "w", encoding="utf-8")
        self.process = subprocess.Popen(
            [os.path.join(binaries, "attuned"), "--config", config], stderr=self.log)
        for _ in range(400):
            if self.command("sessions").returncode == 0:
                break
            time.sleep(0.05)
        self.speech = {}
        self.tail = subprocess.Popen(
            [self.attune, "tail", "--type", "speech.ended", "--runtime-dir", folder], stdout=subprocess.PIPE,
            text=True)
        threading.Thread(target=self.listen, daemon=True).start()

    def command(self, *arguments):
        return subprocess.run(
            [self.attune, *arguments, "--runtime-dir", self.folder], capture_output=True, text=True)

    def listen(self):
        for line in self.tail.stdout:
            event = json.loads(line)
            if event["type"] == "speech.ended":
                self.speech.setdefault(event["session"], []).append((event["start_s"], event["end_s"]))

    def refuse(self, url):
        """Sees to it that an untrusted certificate keeps the source out."""
        answer = self.command("attach", url, "--session", "untrusted", "--speaker", "anna", "--consent", "granted")
        if answer.returncode == 0 or "certificate" not in answer.stderr:
            raise RuntimeError(f"{url} was not refused for its certificate: {answer.stderr}")

    def attach(self, name, url):
        # A server may need a moment until it listens.
        for _ in range(100):
            answer = self.command("attach", url, "--session", name, "--speaker", "anna", "--consent", "granted")
            if answer.returncode == 0:
                return
            time.sleep(0.1)
        raise RuntimeError(answer.stderr.strip())

    def end(self):
        self.tail.kill()
        self.process.terminate()
        self.process.wait()
