"""One memory cell (LSTM: Hochreiter & Schmidhuber 1997) and a weighted sum of its outputs, fitted by back-propagation
through time (Werbos 1990) with Adam (Kingma & Ba 2015)."""

import numpy as np


class MemoryCell:
    """Gates in the order in, forget, new, out."""

    def __init__(self, inputs, units, seed=0):
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

    def run(self, rows):
        """Log odds per hop of sequences (sequence, hop, input), and what `slopes` needs."""
        weights, units = self.weights, self.units
        sequences, hops, inputs = rows.shape
        gates = rows.transpose(1, 0, 2).reshape(hops * sequences, inputs) @ weights["input"] + weights["bias"]
        gates = gates.reshape(hops, sequences, 4 * units)
        hidden = np.zeros((hops + 1, sequences, units), np.float32)
        cell = np.zeros((hops + 1, sequences, units), np.float32)
        shown = np.empty((hops, sequences, units), np.float32)
        for hop in range(hops):
            gate = gates[hop]
            gate += hidden[hop] @ weights["recurrent"]
            new = np.tanh(gate[:, 2 * units : 3 * units])
            np.exp(-np.clip(gate, -30, 30), out=gate)
            gate += 1
            np.reciprocal(gate, out=gate)
            gate[:, 2 * units : 3 * units] = new
            cell[hop + 1] = gate[:, units : 2 * units] * cell[hop] + gate[:, :units] * new
            shown[hop] = np.tanh(cell[hop + 1])
            hidden[hop + 1] = gate[:, 3 * units :] * shown[hop]
        odds = (hidden[1:] @ weights["output"] + weights["output_bias"]).T
        return odds, (rows, gates, hidden, cell, shown)

    def slopes(self, errors, known):
        """The slopes of the weights, from those of the log odds."""
        rows, gates, hidden, cell, shown = known
        weights, units = self.weights, self.units
        hops, sequences, _ = shown.shape
        errors = errors.T.astype(np.float32)
        of_gates = np.empty_like(gates)
        of_hidden = np.zeros((sequences, units), np.float32)
        of_cell = np.zeros((sequences, units), np.float32)
        back = np.ascontiguousarray(weights["recurrent"].T)
        for hop in range(hops - 1, -1, -1):
            of_hidden = of_hidden + errors[hop][:, None] * weights["output"]
            into, forget, new, out = np.split(gates[hop], 4, axis=1)
            of_cell = of_cell + of_hidden * out * (1 - shown[hop] ** 2)
            of_gates[hop] = np.concatenate(
                [
                    of_cell * new * into * (1 - into),
                    of_cell * cell[hop] * forget * (1 - forget),
                    of_cell * into * (1 - new**2),
                    of_hidden * shown[hop] * out * (1 - out),
                ],
                axis=1,
            )
            of_cell = of_cell * forget
            of_hidden = of_gates[hop] @ back
        flat = of_gates.reshape(hops * sequences, 4 * units)
        return {
            "input": rows.transpose(1, 0, 2).reshape(hops * sequences, -1).T @ flat,
            "recurrent": hidden[:-1].reshape(hops * sequences, units).T @ flat,
            "bias": flat.sum(0),
            "output": np.einsum("tb,tbh->h", errors, hidden[1:]),
            "output_bias": errors.sum().reshape(1),
        }


def fit(cell, rows, truth, weights, ahead, epochs, batch=96, rate=6e-3, seed=0):
    """Fits a cell to `truth` (0 to 1 per hop, each counted by `weights`), `ahead` hops of which it has seen."""
    random = np.random.default_rng(seed)
    mean = {name: np.zeros_like(values) for name, values in cell.weights.items()}
    square = {name: np.zeros_like(values) for name, values in cell.weights.items()}
    step, steps = 0, epochs * (len(rows) // batch)
    for _ in range(epochs):
        order = random.permutation(len(rows))
        for start in range(0, len(rows) - batch + 1, batch):
            chosen = order[start : start + batch]
            odds, known = cell.run(rows[chosen])
            share = weights[chosen][:, : -ahead or None]
            share = share / share.sum()
            errors = np.zeros_like(odds)
            errors[:, ahead:] = share * (
                1 / (1 + np.exp(-np.clip(odds[:, ahead:], -30, 30))) - truth[chosen][:, : -ahead or None])
            slopes = cell.slopes(errors, known)
            length = np.sqrt(sum((values**2).sum() for values in slopes.values()))
            step += 1
            pace = rate * min(1, step / 50) * 0.5 * (1 + np.cos(np.pi * step / (steps + 1)))
            for name, values in slopes.items():
                values = values * min(1, 0.5 / (length + 1e-9))
                mean[name] += 0.1 * (values - mean[name])
                square[name] += 0.005 * (values**2 - square[name])
                cell.weights[name] -= (
                    pace * (mean[name] / (1 - 0.9**step)) / (np.sqrt(square[name] / (1 - 0.995**step)) + 1e-7))
