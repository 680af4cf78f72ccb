#!/usr/bin/env python3
"""Fits the weights of the built-in speech detector, Sources/Voice/Speech/RecurrentWeights.swift, and writes them.

usage: fit_speech.py EVIDENCE        (the program `evidence` of Benchmarks; `make fit-speech` runs it; half an hour)

It learns from scenes (scenes.py, seeds 0 to 1999), in which the speech network says what of the recorded speech is
speech, and how they were made where made voices speak; from scenes with made sounds alone (seeds 0 to 599); and from
the recordings with labels of ../shared/data: `vad` (labelled by hand) and `meetings` (there the network, which hears them
without noise, says where in the turns somebody speaks), in noises that the scenes do not have. Prints the AUC on these
recordings, clean and with the noise of `make evaluate`: of the weights, and of weights for which every second recording
was left out, on those that were left out. Twice on one machine it writes the same; another processor rounds otherwise.
"""

import concurrent.futures
import os
import random
import subprocess
import sys
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from evaluation import material, memory_cell, scenes, scoring  # noqa: E402

# Four gates for each unit have to fill the blocks of the kernel that computes them (`ck_affine_block`).
UNITS, EPOCHS = 32, 60
SCENES, MADE_SCENES = 2_000, 600
# What a hop of a scene with made voices counts against one of another scene.
MADE = 0.4
# Draws of noise for each recording, and what a hop of it counts against one of a scene.
DRAWS = {"vad": 8, "meetings": 6}
RECORDED = 1.5
# Hops behind the judged one that are heard; hops of a sequence, and those of its begin of which nothing is asked.
AHEAD, SEQUENCE, WARM = 5, 600, 30
# After so many hops of nothing the cell begins anew (`RecurrentDetector`); the feature that is -1 in these.
REST, LEVEL = 25, 7
SNRS_DB = (None, 10, 0)
CODE = material.ROOT / "Sources" / "Voice" / "Speech" / "RecurrentWeights.swift"
# Weights are written in steps of this.
STEP = 1 / 2_048
DIGITS_PER_LINE = 112


def heard(program, samples):
    """Per hop what the detector is told, and the probability of the network."""
    sent = np.asarray(samples).astype("<i2").tobytes()
    run = subprocess.run([program, "inputs"], input=sent, capture_output=True, check=True)
    hops = len(sent) // 2 // (scenes.RATE_HZ // 100)
    return np.frombuffer(run.stdout, "<f4").reshape(hops, -1)


def parallel(work, jobs):
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        return list(pool.map(work, jobs))


def is_silent(rows):
    """Where nothing is known of a hop, or nothing is in it: whatever the cell says, nobody speaks there."""
    nothing = np.zeros(rows.shape[-1], np.float32)
    nothing[LEVEL] = -1
    return (rows == nothing).all(-1)


def rests(rows):
    """Where the cell begins anew: at the end of a long silence."""
    silent, run = is_silent(rows), np.zeros(rows.shape[:-1], int)
    for hop in range(rows.shape[-2]):
        run[..., hop] = silent[..., hop] * (1 + (run[..., hop - 1] if hop else 0))
    return run > REST


def sequences(rows, truth, weights):
    """A recording in sequences of the same length, the last one filled up with what counts nothing."""
    weights = weights * ~is_silent(rows)
    for start in range(0, max(1, len(rows) - SEQUENCE // 3), SEQUENCE):
        part = slice(start, start + SEQUENCE)
        fill = SEQUENCE - len(rows[part])
        counted = np.pad(weights[part], (0, fill)).astype(np.float32)
        counted[: WARM if start else 0] = 0
        yield np.pad(rows[part], ((0, fill), (0, 0))), np.pad(truth[part], (0, fill)).astype(np.float32), counted


def from_scenes(program):
    pools, clips = scenes.speakers(), scenes.noises()

    def one(seed):
        mixed, dry, made = scenes.scene(seed, pools, clips)
        rows, truth = heard(program, mixed)[:, :-1], heard(program, dry)[:, -1]
        return list(sequences(rows, np.maximum(truth, made), np.full(len(rows), MADE if made.any() else 1)))

    def made(seed):
        mixed, truth = scenes.made_scene(seed, clips)
        rows = heard(program, mixed)[:, :-1]
        return list(sequences(rows, truth, np.full(len(rows), MADE)))

    return [part for parts in parallel(one, range(SCENES)) + parallel(made, range(MADE_SCENES)) for part in parts]


def labelled(name):
    """The recordings of a set with what their labels say."""
    ending = ".rttm" if name == "meetings" else ".lab"
    paths = [path for path in material.audio_files(material.DATA / name) if path.with_suffix(ending).exists()]
    return [(path, *scoring.frame_labels(material.speech_segments(path.with_suffix(ending)), name == "meetings"))
            for path in paths]


def from_recordings(program):
    """Per recording of all sets: its place in its set, and its sequences in several noises."""
    clips = material.audio_files(material.DATA / "noise")[1::2]

    def one(job):
        name, place, draw, (path, truth, is_known) = job
        chance = random.Random(draw * 1_000 + place)
        snr_db = chance.choice([None, chance.uniform(-2, 20), chance.uniform(-2, 10)])
        noise = chance.choice(clips) if snr_db is not None else None
        rows = heard(program, material.mixture(path, noise, snr_db, scenes.RATE_HZ))[: len(truth), :-1]
        told = truth if name == "vad" else heard(program, material.decode(path, scenes.RATE_HZ))[:, -1]
        return place, list(sequences(rows, told[: len(rows)], RECORDED * is_known[: len(rows)]))

    return parallel(one, [(name, place, draw, recording) for name, draws in DRAWS.items() for draw in range(draws)
                          for place, recording in enumerate(labelled(name))])


def conditions(program):
    """Per condition of `make evaluate`, recording by recording: what is heard, and the labels."""
    for name in DRAWS:
        known = {path: (truth, is_known) for path, truth, is_known in labelled(name)}
        for snr_db in SNRS_DB:

            def one(pair, snr_db=snr_db, known=known):
                truth, is_known = known[pair[0]]
                rows = heard(program, material.mixture(*pair, snr_db, 48_000))[: len(truth), :-1]
                return rows, truth[: len(rows)], is_known[: len(rows)]

            yield (f"{name}, {'clean' if snr_db is None else f'{snr_db} dB'}",
                   parallel(one, material.conditions(list(known), snr_db)))


def fitted(parts):
    rows, truth, weights = (np.stack(values) for values in zip(*parts))
    cell = memory_cell.MemoryCell(rows.shape[2], UNITS)
    memory_cell.fit(cell, rows.astype(np.float32), rests(rows), truth, weights, AHEAD, EPOCHS)
    return cell


def area(cell, recordings):
    counts = {"speech_levels": np.zeros(scoring.LEVELS), "other_levels": np.zeros(scoring.LEVELS)}
    for rows, truth, is_known in recordings:
        odds = cell.run(rows[None].astype(np.float32), rests(rows)[None])[0][0]
        odds = np.concatenate([odds[AHEAD:], np.repeat(odds[-1], AHEAD)])
        level = np.rint((scoring.LEVELS - 1) / (1 + np.exp(-odds))).astype(int)
        for key, chosen in (("speech_levels", truth & is_known), ("other_levels", ~truth & is_known)):
            counts[key] += np.bincount(level[chosen], minlength=scoring.LEVELS)
    return scoring.area_under_curve(counts)


def text(cell):
    """The Swift file of the weights: a row per gate (inputs, last outputs, bias), then those of the output."""
    weights = cell.weights
    gates = np.concatenate([weights["input"], weights["recurrent"], weights["bias"][None]]).T
    numbers = np.concatenate([gates.ravel(), weights["output"], weights["output_bias"]])
    steps = np.clip(np.rint(numbers / STEP), -32_768, 32_767).astype(">i2")
    digits = steps.tobytes().hex()
    lines = [digits[at : at + DIGITS_PER_LINE] for at in range(0, len(digits), DIGITS_PER_LINE)]
    return "\n".join([
        "// Written by scripts/evaluation/fit_speech.py (`make fit-speech`), which says what they were fitted on.",
        "",
        "/// The weights of `RecurrentDetector` as they are kept.",
        "enum RecurrentWeights {",
        "    /// Values that the cell remembers.",
        f"    static let units = {UNITS}",
        "",
        "    /// Signed numbers of 16 bits, four hexadecimal digits each, in steps of 2⁻¹¹: a row per gate of the weights",
        "    /// of what the cell is told, those of its last output and the bias; then the weights of the output and its",
        "    /// bias.",
        '    static let digits: StaticString = """',
        *("        " + line for line in lines),
        '        """',
        "}",
        "",
    ])


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    program = sys.argv[1]
    for folder in (*DRAWS, "emotion/wav", "prompts", "accents", "calls", "noise/esc-10"):
        if not (material.DATA / folder).exists():
            print(f"fit-speech: no {material.DATA / folder}; skipped")
            return
    made, recorded = from_scenes(program), from_recordings(program)
    tests = list(conditions(program))

    def parts(left_out=None):
        return made + [part for place, parts in recorded for part in parts if place % 2 != left_out]

    cell = fitted(parts())
    CODE.write_text(text(cell), encoding="utf-8")
    halves = [fitted(parts(left_out)) for left_out in (0, 1)]
    print("AUC                of all; of each half, when it was left out")
    for name, recordings in tests:
        left_out = [area(halves[half], recordings[half::2]) for half in (0, 1)]
        print(f"{name:18} {area(cell, recordings):.4f}; " + " ".join(f"{value:.4f}" for value in left_out))


if __name__ == "__main__":
    main()
