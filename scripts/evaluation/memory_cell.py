"""One memory cell (LSTM: Hochreiter & Schmidhuber 1997) and a weighted sum of its outputs, fitted by back-propagation
through time (Werbos 1990) with Adam (Kingma & Ba 2015). What takes time in it is memory_cell.c, which `cc` compiles."""

import concurrent.futures
import ctypes
import functools
import pathlib
import subprocess
import tempfile

import numpy as np

# A batch is computed in so many parts at the same time: the sums do not depend on the machine's cores.
PARTS = 2


@functools.cache
def _library():
    source = pathlib.Path(__file__).with_suffix(".c")
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / "memory_cell.so"
        command = ["cc", "-O3", "-march=native", "-ffast-math", "-shared", "-fPIC", "-o", str(path), str(source)]
        subprocess.run(command, check=True)
        return ctypes.CDLL(str(path))


def _call(name, sizes, *arrays):
    for array in arrays:
        assert array.dtype == np.float32 and array.flags.c_contiguous
    getattr(_library(), name)(*map(ctypes.c_int64, sizes), *(ctypes.c_void_p(array.ctypes.data) for array in arrays))


class MemoryCell:
    """Gates in the order in, forget, new, out."""

    def __init__(self, inputs, units, seed=0):
        assert units <= 64, "memory_cell.c has room for 64"
        random = np.random.default_rng(seed)
        self.units = units
        bias = np.zeros(4 * units)
        # It remembers, at first.
        bias[units : 2 * units] = 2
        self.weights = {
            name: values.astype(np.float32)
            for name, values in {
                "input": random.normal(size=(inputs, 4 * units)) / np.sqrt(inputs),
                "recurrent": random.normal(size=(units, 4 * units)) / np.sqrt(units),
                "bias": bias,
                "output": random.normal(size=units) / np.sqrt(units),
                "output_bias": np.zeros(1),
            }.items()
        }

    def run(self, rows, rests):
        """Log odds per hop of sequences (sequence, hop, input), and what `slopes` needs. It forgets everything in the
        hops where it rests."""
        weights, units = self.weights, self.units
        sequences, hops, inputs = rows.shape
        flat = np.ascontiguousarray(rows.transpose(1, 0, 2), np.float32).reshape(hops * sequences, inputs)
        gates = flat @ weights["input"]
        gates += weights["bias"]
        hidden = np.zeros((hops + 1, sequences, units), np.float32)
        cell = np.zeros((hops + 1, sequences, units), np.float32)
        shown = np.empty((hops, sequences, units), np.float32)
        rests = np.ascontiguousarray(rests.T, np.float32)
        _call("cell_forward", (hops, sequences, units), gates, weights["recurrent"], rests, hidden, cell, shown)
        odds = (hidden[1:] @ weights["output"] + weights["output_bias"]).T
        return odds, (flat, gates, rests, hidden, cell, shown)

    def slopes(self, errors, known):
        """The slopes of the weights, from those of the log odds."""
        flat, gates, rests, hidden, cell, shown = known
        weights, units = self.weights, self.units
        hops, sequences, _ = shown.shape
        errors = np.ascontiguousarray(errors.T, np.float32)
        back = np.ascontiguousarray(weights["recurrent"].T)
        _call("cell_backward", (hops, sequences, units), gates, back, rests, cell, shown, weights["output"], errors)
        return {
            "input": flat.T @ gates,
            "recurrent": hidden[:-1].reshape(hops * sequences, units).T @ gates,
            "bias": gates.sum(0),
            "output": hidden[1:].reshape(hops * sequences, units).T @ errors.ravel(),
            "output_bias": errors.sum().reshape(1),
        }


def _batch_slopes(pool, cell, rows, rests, truth, weights, ahead):
    """The slopes of the mean cross-entropy of a batch."""
    whole = weights[:, : -ahead or None].sum()

    def one(part):
        odds, known = cell.run(rows[part], rests[part])
        errors = np.zeros_like(odds)
        errors[:, ahead:] = weights[part][:, : -ahead or None] / whole * (
            1 / (1 + np.exp(-np.clip(odds[:, ahead:], -30, 30))) - truth[part][:, : -ahead or None])
        return cell.slopes(errors, known)

    parts = [slice(start * len(rows) // PARTS, (start + 1) * len(rows) // PARTS) for start in range(PARTS)]
    slopes = list(pool.map(one, parts))
    return {name: sum(part[name] for part in slopes) for name in slopes[0]}


def fit(cell, rows, rests, truth, weights, ahead, epochs, batch=96, rate=6e-3, seed=0):
    """Fits a cell to `truth` (0 to 1 per hop, each counted by `weights`), `ahead` hops of which it has seen."""
    random = np.random.default_rng(seed)
    mean = {name: np.zeros_like(values) for name, values in cell.weights.items()}
    square = {name: np.zeros_like(values) for name, values in cell.weights.items()}
    step, steps = 0, epochs * (len(rows) // batch)
    with concurrent.futures.ThreadPoolExecutor(PARTS) as pool:
        for _ in range(epochs):
            order = random.permutation(len(rows))
            for start in range(0, len(rows) - batch + 1, batch):
                chosen = order[start : start + batch]
                slopes = _batch_slopes(
                    pool, cell, rows[chosen], rests[chosen], truth[chosen], weights[chosen], ahead)
                length = np.sqrt(sum((values**2).sum() for values in slopes.values()))
                step += 1
                pace = rate * min(1, step / 50) * 0.5 * (1 + np.cos(np.pi * step / (steps + 1)))
                for name, values in slopes.items():
                    values = values * min(1, 0.5 / (length + 1e-9))
                    mean[name] += 0.1 * (values - mean[name])
                    square[name] += 0.005 * (values**2 - square[name])
                    cell.weights[name] -= (
                        pace * (mean[name] / (1 - 0.9**step)) / (np.sqrt(square[name] / (1 - 0.995**step)) + 1e-7))
