#!/usr/bin/env python3
"""Tries the packages on a Debian 12 that has nothing else: a folder made by debootstrap, with chroot.

usage: test_deb.py PACKAGE_FOLDER [DEBIAN_FOLDER]

Installs, looks at the demo's call until there is a score, upgrades, removes and purges; says what is wrong. systemd does
not run in there, so what the maintainer scripts do with it is not tried. DEBIAN_FOLDER is kept and used again.
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


def inside(folder):
    """In front of a command: it runs in the folder, with a /proc of its own, and ends with all that it started."""
    return ["unshare", "--mount", "--fork", "--pid", "--kill-child", f"--mount-proc={folder}/proc", "chroot", str(folder)]


# What a command finds in its environment there: nothing of who runs this.
ENVIRONMENT = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "DEBIAN_FRONTEND": "noninteractive", "LC_ALL": "C.UTF-8"}


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


def left(folder):
    """What is there of the packages."""
    places = [*folder.glob("usr/**/*attune*"), *folder.glob("etc/**/*attune*"), *folder.glob("lib/systemd/**/*attune*"),
              *folder.glob("var/lib/attune*")]
    return sorted(str(place.relative_to(folder)) for place in places)


def main():
    packages = sorted(pathlib.Path(sys.argv[1]).glob("attune*.deb"))
    assert len(packages) == 2, f"there are {len(packages)} packages in {sys.argv[1]}; run 'make deb'"
    temporary = tempfile.TemporaryDirectory()
    folder = pathlib.Path(sys.argv[2] if len(sys.argv) > 2 else temporary.name + "/debian").absolute()
    bootstrap(folder)
    given = folder / "root"
    for package in packages:
        shutil.copy(package, given)
    run("apt-get", "install", "-y", "-qq", *(f"/root/{package.name}" for package in packages), folder=folder)
    print("installed:", run("attuned", "--version", folder=folder).strip())
    print(f"demo: a score of {demo(folder):.1f}")
    (folder / "etc/attune/attune.yaml").write_text(
        (folder / "etc/attune/attune.yaml").read_text() + "\n# changed by the operator\n")
    for package in packages:
        newer(package, given)
    run("apt-get", "install", "-y", "-qq", *(f"/root/newer-{package.name}" for package in packages), folder=folder)
    assert "changed by the operator" in (folder / "etc/attune/attune.yaml").read_text(), "the configuration is gone"
    print("upgraded: the configuration is kept")
    run("apt-get", "remove", "-y", "-qq", "attune", "attune-models", folder=folder)
    remains = left(folder)
    assert remains == ["etc/attune", "etc/attune/attune.yaml"], f"a removal leaves {remains}"
    run("apt-get", "purge", "-y", "-qq", "attune", "attune-models", folder=folder)
    assert not left(folder), f"a purge leaves {left(folder)}"
    print("removed and purged: nothing is left")
    temporary.cleanup()


main()
