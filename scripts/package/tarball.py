#!/usr/bin/env python3
"""Makes an archive of the programs, man pages and models that runs wherever it is unpacked.

usage: tarball.py BUILD_FOLDER OUTPUT_FOLDER
"""
import hashlib
import pathlib
import platform
import shutil
import subprocess
import sys
import tempfile

import staging


def main():
    build, output = sys.argv[1], pathlib.Path(sys.argv[2])
    output.mkdir(parents=True, exist_ok=True)
    name = f"attune-{staging.version()}-linux-{platform.machine()}"
    with tempfile.TemporaryDirectory() as temporary:
        staging.install(build, temporary, f"/{name}", "/units")
        tree = pathlib.Path(temporary, name)
        shutil.move(pathlib.Path(temporary, "etc/attune/attune.yaml"), tree / "attune.yaml")
        shutil.copy(staging.ROOT / "README.md", tree)
        archive = output / f"{name}.tar.gz"
        subprocess.run(["tar", "--sort=name", f"--mtime=@{staging.source_date()}", "--owner=0", "--group=0",
                        "--numeric-owner", "-C", temporary, "-I", "gzip -n", "-cf", archive, name], check=True)
    digest = hashlib.sha256(archive.read_bytes()).hexdigest()
    (output / f"{archive.name}.sha256").write_text(f"{digest}  {archive.name}\n")
    print(f"{archive}: {archive.stat().st_size / 2**20:.0f} MB, sha256 {digest}")


main()
