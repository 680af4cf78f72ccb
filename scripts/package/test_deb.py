#!/usr/bin/env python3
"""Tries the packages on a Debian 12 that has nothing else: a folder made by debootstrap, with chroot.

usage: test_deb.py PACKAGE_FOLDER [DEBIAN_FOLDER]

Installs, looks at the demo's call until there is a score, upgrades, removes and purges; then boots that Debian with
systemd, and does it again with the daemon as a service and two calls that go on meanwhile. Says what is wrong.
DEBIAN_FOLDER is kept and used again.
"""
import json
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.parse
import urllib.request

from booted import ENVIRONMENT, Booted
from live_calls import SPEAKERS, LiveCalls


def inside(folder):
    """In front of a command: it runs in the folder, with a /proc of its own, and ends with all that it started."""
    return ["unshare", "--mount", "--fork", "--pid", "--kill-child", f"--mount-proc={folder}/proc", "chroot", str(folder)]



def run(*command, folder=None, seconds=600):
    """Output of a command, which must end well."""
    chroot = inside(folder) if folder else []
    ended = subprocess.run([*map(str, chroot + list(command))], text=True, capture_output=True, timeout=seconds,
                           env=ENVIRONMENT)
    if ended.returncode:
        sys.exit(f"{' '.join(map(str, command))}: {ended.stdout}{ended.stderr}")
    return ended.stdout


def bootstrap(folder):
    """A Debian with what every Debian has, which gets its packages from where this one does."""
    if (folder / "etc/debian_version").exists():
        # What a run before has left that broke off.
        run("dpkg", "--purge", "attune", "attune-models", folder=folder)
        return
    run("debootstrap", "--variant=minbase", "bookworm", folder, seconds=1800)
    for path in ("etc/apt/sources.list", "etc/apt/sources.list.d", "etc/apt/apt.conf.d", "etc/resolv.conf"):
        source = pathlib.Path("/", path)
        if source.is_dir():
            shutil.copytree(source, folder / path, dirs_exist_ok=True)
        elif source.exists():
            shutil.copy(source, folder / path)
    run("apt-get", "update", "-qq", folder=folder)


def newer(package, output):
    """The same package with a higher version."""
    with tempfile.TemporaryDirectory() as temporary:
        run("dpkg-deb", "-R", package, temporary)
        control = pathlib.Path(temporary, "DEBIAN/control")
        lines = control.read_text().splitlines()
        control.write_text("\n".join(line + "+1" if line.startswith("Version: ") else
                                     line.replace(")", "+1)") if line.startswith("Recommends: ") else line
                                     for line in lines) + "\n")
        file = output / f"newer-{package.name}"
        run("dpkg-deb", "--root-owner-group", "-b", temporary, file)
    return file


def demo(folder):
    """A score of the call that the installed command plays."""
    with subprocess.Popen([*inside(folder), "attune", "demo", "--no-open"], text=True, stdout=subprocess.PIPE,
                          env=ENVIRONMENT) as player:
        page = next(line.strip() for line in player.stdout if line.startswith("http"))
        token = urllib.parse.parse_qs(urllib.parse.urlsplit(page).query)["token"][0]
        history = urllib.parse.urljoin(page, "/v1/history?session=demo&fields=engagement.score&since_s=300")
        scores, ends = [], time.monotonic() + 85
        # Media arrives in real time, and a score needs 20 s of somebody's speech.
        while not scores and time.monotonic() < ends:
            time.sleep(1)
            request = urllib.request.Request(history, headers={"Authorization": f"Bearer {token}"})
            speakers = json.load(urllib.request.urlopen(request, timeout=10))["speakers"]
            scores = [point[1] for one in speakers for point in one["points"] if point[1] is not None]
        player.terminate()
        player.stdout.close()
    assert scores, "the demo's call has no score"
    return scores[0]


def install(run, *names):
    run("apt-get", "install", "-y", "-qq", *(f"/root/{name}" for name in names))


def main_process(debian):
    return debian.run("systemctl", "show", "--property=MainPID", "--value", "attuned").strip()


def service(folder, packages):
    """What the packages do where systemd runs: the daemon is there, and an upgrade does not end its calls."""
    run("apt-get", "install", "-y", "-qq", "--no-install-recommends", "systemd-sysv", folder=folder)
    with Booted(folder) as debian:
        install(debian.run, *packages)
        exposure = debian.run("systemd-analyze", "security", "attuned.service").splitlines()[-1]
        print("a service:", exposure.strip("→ "))

        def attach(session, speaker):
            return debian.run("attune", "attach", "rtp://127.0.0.1:0", "--session", session, "--speaker", speaker,
                              "--consent", "granted", "--notice-id", "n").split()[-1]

        with LiveCalls(attach, lambda: debian.path("/run/attune/events.sock"),
                       next((folder / "usr/share/attune/demo").iterdir())) as calls:
            calls.wait_for("tick", lambda _: True)
            print("it says:", debian.run("systemctl", "show", "--property=StatusText", "--value", "attuned").strip())
            former, before = main_process(debian), len(calls.told)
            install(debian.run, *(f"newer-{name}" for name in packages))
            assert main_process(debian) != former, "an upgrade starts no new daemon"
            gaps = calls.wait_for("gap", lambda event: event["why"] == "restart", before)
            calls.wait_for("tick", lambda event: event["t"] > gaps[event["session"]]["to_s"], before)
            sessions = debian.run("attune", "sessions")
            assert all(session in sessions for session, _ in SPEAKERS), sessions
            print("upgraded: two calls went on, with gaps of",
                  " and ".join(f"{gap['to_s'] - gap['from_s']:.1f} s" for gap in gaps.values()))
        debian.run("apt-get", "purge", "-y", "-qq", "attune", "attune-models")
        assert debian.try_run("systemctl", "is-active", "attuned").returncode, "a purge leaves the daemon running"
        assert not left(folder), f"a purge leaves {left(folder)}"


def left(folder):
    """What is there of the packages."""
    places = [*folder.glob("usr/**/*attune*"), *folder.glob("etc/**/*attune*"), *folder.glob("lib/systemd/**/*attune*"),
              *folder.glob("var/lib/attune*")]
    return sorted(str(place.relative_to(folder)) for place in places)


def main():
    packages = sorted(pathlib.Path(sys.argv[1]).glob("attune*.deb"))
    assert len(packages) == 2, f"there are {len(packages)} packages in {sys.argv[1]}; run 'make deb'"
    subprocess.run(["lintian", "--allow-root", "--fail-on", "error", *packages], check=True, stdout=subprocess.DEVNULL)
    print("lintian: no error")
    temporary = tempfile.TemporaryDirectory()
    folder = pathlib.Path(sys.argv[2] if len(sys.argv) > 2 else temporary.name + "/debian").absolute()
    bootstrap(folder)
    given = folder / "root"
    for package in packages:
        shutil.copy(package, given)
    names = [package.name for package in packages]

    def run_inside(*command):
        return run(*command, folder=folder)

    install(run_inside, *names)
    print("installed:", run("attuned", "--version", folder=folder).strip())
    print(f"demo: a score of {demo(folder):.1f}")
    (folder / "etc/attune/attune.yaml").write_text(
        (folder / "etc/attune/attune.yaml").read_text() + "\n# changed by the operator\n")
    for package in packages:
        newer(package, given)
    install(run_inside, *(f"newer-{name}" for name in names))
    assert "changed by the operator" in (folder / "etc/attune/attune.yaml").read_text(), "the configuration is gone"
    print("upgraded: the configuration is kept")
    run("apt-get", "remove", "-y", "-qq", "attune", "attune-models", folder=folder)
    remains = left(folder)
    assert remains == ["etc/attune", "etc/attune/attune.yaml"], f"a removal leaves {remains}"
    run("apt-get", "purge", "-y", "-qq", "attune", "attune-models", folder=folder)
    assert not left(folder), f"a purge leaves {left(folder)}"
    print("removed and purged: nothing is left")
    service(folder, names)
    temporary.cleanup()


main()
