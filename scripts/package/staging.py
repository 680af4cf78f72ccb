"""What packages of all kinds have in common: the version, and the programs as `make install` puts them somewhere."""
import os
import pathlib
import re
import subprocess

ROOT = pathlib.Path(__file__).resolve().parents[2]
PROGRAMS = ["bin/attuned", "bin/attune", "libexec/attune/attuned-worker"]


def version():
    """The version as the programs tell it."""
    text = (ROOT / "Sources/ControlAPI/ControlAPI.swift").read_text()
    for path in (ROOT / "Sources/ControlAPI").glob("*.swift"):
        text += path.read_text()
    return re.search(r'attuneVersion\s*=\s*"([^"]+)"', text).group(1)


def install(build, folder, prefix, unit_folder):
    """`make install` into `folder`, programs without symbols."""
    variables = [f"DESTDIR={folder}", f"PREFIX={prefix}", f"UNITDIR={unit_folder}", f"BUILD={build}"]
    subprocess.run(["make", "--no-print-directory", "install", *variables], cwd=ROOT, check=True,
                   stdout=subprocess.DEVNULL)
    for program in PROGRAMS:
        subprocess.run(["strip", "--strip-all", f"{folder}{prefix}/{program}"], check=True)


def source_date():
    """The time that everything in a package bears, so that the same sources give the same package."""
    told = os.environ.get("SOURCE_DATE_EPOCH")
    return told or subprocess.run(["git", "log", "-1", "--format=%ct"], cwd=ROOT, check=True, text=True,
                                  capture_output=True).stdout.strip()
