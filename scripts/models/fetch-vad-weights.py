#!/usr/bin/env python3
"""Fetch the weights of the Silero speech detector 6.2.3 (MIT licence) and convert them to a flat file.

usage: fetch-vad-weights.py [FOLDER]        (default: models/ of the checkout)

Takes the pinned wheel from PyPI with pip, checks its hash, reads the initializers of its 16 kHz ONNX model and
writes silero-vad-6.2.3.bin and silero-vad-6.2.3.LICENSE. Does nothing where both are there already.
"""

import io
import math
import struct
import sys
import zipfile

from pinned_wheel import checked, folder_of, is_there, put, wheel

VERSION = "6.2.3"
WHEEL_SHA256 = "7b7f5436cfcb02fae583a05b512ea96467fd449fe54cb49a5e4f06c51a1e43b8"
FLAT_SHA256 = "0003e929b1e958b4d8417e50371c42489595e3e86cac803ae9a3dc3b0e69a00a"
MODEL = "silero_vad/data/silero_vad_16k_op15.onnx"
LICENSE = f"silero_vad-{VERSION}.dist-info/licenses/LICENSE"
MAGIC = b"ATTUNEV1"

# Name and shape in the order of the flat file.
TENSORS = [
    ("model.encoder.0.reparam_conv.weight", (128, 129, 3)),
    ("model.encoder.0.reparam_conv.bias", (128,)),
    ("model.encoder.1.reparam_conv.weight", (64, 128, 3)),
    ("model.encoder.1.reparam_conv.bias", (64,)),
    ("model.encoder.2.reparam_conv.weight", (64, 64, 3)),
    ("model.encoder.2.reparam_conv.bias", (64,)),
    ("model.encoder.3.reparam_conv.weight", (128, 64, 3)),
    ("model.encoder.3.reparam_conv.bias", (128,)),
    ("model.decoder.rnn.weight_ih", (512, 128)),
    ("model.decoder.rnn.weight_hh", (512, 128)),
    ("model.decoder.rnn.bias_ih", (512,)),
    ("model.decoder.rnn.bias_hh", (512,)),
    ("model.decoder.decoder.2.weight", (1, 128, 1)),
    ("model.decoder.decoder.2.bias", (1,)),
]
BASIS = "model.stft.forward_basis_buffer"


def varint(data, at):
    value = shift = 0
    while True:
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            return value, at


def fields(data):
    """The (number, value) pairs of a protobuf message; values are ints or bytes."""
    at = 0
    while at < len(data):
        key, at = varint(data, at)
        kind = key & 7
        if kind == 0:
            value, at = varint(data, at)
        else:
            if kind == 2:
                size, at = varint(data, at)
            elif kind in (1, 5):
                size = 8 if kind == 1 else 4
            else:
                raise ValueError(f"unknown protobuf wire type {kind}")
            value, at = data[at : at + size], at + size
        yield key >> 3, value


def initializers(model):
    """Name -> (shape, raw float32 bytes): ModelProto.graph = 7, GraphProto.initializer = 5; of a TensorProto
    dims = 1, data_type = 2 (1 is float32), name = 8, raw_data = 9."""
    tensors = {}
    for number, graph in fields(model):
        if number != 7:
            continue
        for number, tensor in fields(graph):
            if number != 5:
                continue
            shape, kind, name, raw = [], None, None, b""
            for number, value in fields(tensor):
                if number == 1:
                    if isinstance(value, int):
                        shape.append(value)
                    else:
                        at = 0
                        while at < len(value):
                            dim, at = varint(value, at)
                            shape.append(dim)
                elif number == 2:
                    kind = value
                elif number == 8:
                    name = value.decode()
                elif number == 9:
                    raw = value
            if kind == 1:
                tensors[name] = (tuple(shape), raw)
    return tensors


def check_basis(shape, raw):
    """The first layer must be the Fourier transform with a Hann window that the program computes instead."""
    if shape != (258, 1, 256):
        raise ValueError(f"unexpected shape of {BASIS}: {shape}")
    basis = struct.unpack(f"<{258 * 256}f", raw)
    worst = 0.0
    for k in range(129):
        for n in range(256):
            window = 0.5 - 0.5 * math.cos(2 * math.pi * n / 256)
            phase = 2 * math.pi * (k * n % 256) / 256
            worst = max(
                worst,
                abs(basis[k * 256 + n] - window * math.cos(phase)),
                abs(basis[(129 + k) * 256 + n] + window * math.sin(phase)),
            )
    if worst > 1e-6:
        raise ValueError(f"{BASIS} is not a windowed Fourier transform (off by {worst:g})")


def convert(model):
    tensors = initializers(model)
    check_basis(*tensors[BASIS])
    flat = io.BytesIO()
    flat.write(MAGIC)
    for name, shape in TENSORS:
        found, raw = tensors[name]
        if found != shape or len(raw) != 4 * math.prod(shape):
            raise ValueError(f"unexpected shape of {name}: {found}")
        flat.write(raw)
    return flat.getvalue()


def main():
    folder = folder_of(sys.argv)
    target = folder / f"silero-vad-{VERSION}.bin"
    notice = folder / f"silero-vad-{VERSION}.LICENSE"
    if is_there(target, notice, FLAT_SHA256):
        print(f"{target} is there")
        return
    with zipfile.ZipFile(io.BytesIO(wheel("silero-vad", VERSION, WHEEL_SHA256))) as archive:
        flat = checked(convert(archive.read(MODEL)), FLAT_SHA256, "the converted file")
        put(target, flat, notice, archive.read(LICENSE))


if __name__ == "__main__":
    main()
