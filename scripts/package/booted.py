"""A folder with a Debian that is booted: with systemd as its first process, in a container of systemd-nspawn."""
import os
import pathlib
import subprocess
import sys
import time

# What a command finds in its environment there: nothing of who runs this.
ENVIRONMENT = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "DEBIAN_FRONTEND": "noninteractive", "LC_ALL": "C.UTF-8"}


class Booted:
    """The network is that of the machine, so that who is outside can send media in."""

    def __init__(self, folder):
        self.container = subprocess.Popen(
            ["systemd-nspawn", "--quiet", "--boot", "--register=no", "--keep-unit", "--directory", folder],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.leader = None

    def __enter__(self):
        ends = time.monotonic() + 60
        while time.monotonic() < ends:
            children = pathlib.Path(f"/proc/{self.container.pid}/task/{self.container.pid}/children").read_text().split()
            if children:
                self.leader = children[0]
                state = self.try_run("systemctl", "is-system-running").stdout.strip()
                if state in ("running", "degraded"):
                    return self
            time.sleep(0.2)
        self.__exit__()
        sys.exit("the Debian does not boot in systemd-nspawn")

    def __exit__(self, *_):
        self.container.terminate()
        try:
            self.container.wait(30)
        except subprocess.TimeoutExpired:
            self.container.kill()
            self.container.wait()

    def try_run(self, *command):
        """A command in there, however it ends."""
        inside = ["nsenter", "--target", self.leader, "--mount", "--uts", "--ipc", "--pid", "--root", "--wd"]
        return subprocess.run([*inside, *map(str, command)], text=True, capture_output=True, timeout=600, env=ENVIRONMENT)

    def run(self, *command):
        """Output of a command in there, which must end well."""
        ended = self.try_run(*command)
        if ended.returncode:
            sys.exit(f"{' '.join(map(str, command))}: {ended.stdout}{ended.stderr}")
        return ended.stdout

    def path(self, path):
        """How who is outside gets to a path in there, mounts of its own included."""
        return os.path.join(f"/proc/{self.leader}/root", path.lstrip("/"))
