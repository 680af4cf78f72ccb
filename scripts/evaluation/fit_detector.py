#!/usr/bin/env python3
"""Fits the calibration of the network's detector: from what it knows of a hop to the probability of speech.

usage: fit_detector.py EVIDENCE        (the program `evidence` of Benchmarks; `make fit-detector` runs it)

Logistic regression on the recordings with labels of ../shared/data: `vad` (labelled by hand) and `meetings` (turns that
bridge pauses, so they weigh less), each without noise and with that of ESC-10 at 10 and 0 dB, the draw of
`make evaluate` (seed 7); every one of the six conditions counts as one, whatever its length. Prints the numbers of
`Calibration` in Sources/Voice/Speech/NetworkDetector.swift beside those that stand there, and what they give: F1 at
0.5, AUC, the share of speech among the hops that are given 0.7 to 0.9, and the expected calibration error; in two
halves of the recordings too, each by the fit of the other. Fails where the code has other numbers.
"""

import concurrent.futures
import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from evaluation import material, scoring  # noqa: E402

SNRS_DB = (None, 10, 0)
WEIGHTS = {"vad": 1.0, "meetings": 0.4}
# As in NetworkDetector.Calibration: the range in which noise counts, and most log odds.
SOME_DB, MUCH_DB, MOST_ODDS = 30, 15, 12
NAMES = ("slope", "bias", "noiseBias", "noiseSlope", "boundary")
CODE = material.ROOT / "Sources" / "Voice" / "Speech" / "NetworkDetector.swift"
# Rounding of ffmpeg's resampler and of another processor moves a fit a little.
TOLERANCE = 0.02


def logistic(values):
    return 1 / (1 + np.exp(-np.clip(values, -50, 50)))


def known(program, samples):
    """What the detector knows: a row per hop, of the log odds of the network and of its helper, and the range in dB."""
    run = subprocess.run([program], input=np.asarray(samples).astype("<i2").tobytes(), capture_output=True, check=True)
    return np.array([[float(value) for value in line.split(",")] for line in run.stdout.decode().splitlines()])


def inputs(rows):
    noise = np.clip((SOME_DB - rows[:, 2]) / (SOME_DB - MUCH_DB), 0, 1)
    odds = np.clip(rows[:, 0], -MOST_ODDS, MOST_ODDS)
    share = logistic(rows[:, 0])
    return np.stack([odds, np.ones(len(rows)), noise, noise * odds, 4 * share * (1 - share) * rows[:, 1]], 1)


def conditions(program):
    """Per condition: its weight, and (what is known, whether it is speech) of each recording."""
    for name, weight in WEIGHTS.items():
        labels = ".rttm" if name == "meetings" else ".lab"
        recordings = [p for p in material.audio_files(material.DATA / name) if p.with_suffix(labels).exists()]
        for snr_db in SNRS_DB:

            def labelled(pair, snr_db=snr_db, labels=labels):
                recording, noise = pair
                truth, is_known = scoring.frame_labels(
                    material.speech_segments(recording.with_suffix(labels)), labels == ".rttm")
                found = known(program, material.mixture(recording, noise, snr_db, 48_000))[: len(truth)]
                is_known = is_known[: len(found)]
                return found[is_known], truth[: len(found)][is_known]

            with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
                rows = list(pool.map(labelled, material.conditions(recordings, snr_db)))
            yield f"{name}, {'clean' if snr_db is None else f'{snr_db} dB'}", weight, rows


def fit(sets):
    """The numbers of the least weighted cross-entropy, by Newton's method."""
    rows, truth, weights = [], [], []
    for weight, recordings in sets:
        # Nothing is to be learnt of digital silence.
        heard = [(found[np.isfinite(found[:, 0])], speech[np.isfinite(found[:, 0])]) for found, speech in recordings]
        count = sum(len(speech) for _, speech in heard)
        for found, speech in heard:
            rows.append(inputs(found))
            truth.append(speech)
            weights.append(np.full(len(speech), weight / count))
    rows, truth, weights = np.concatenate(rows), np.concatenate(truth), np.concatenate(weights)
    numbers = np.zeros(rows.shape[1])
    for _ in range(50):
        probability = logistic(rows @ numbers)
        slope = rows.T @ (weights * (probability - truth))
        bend = (rows * (weights * probability * (1 - probability))[:, None]).T @ rows
        step = np.linalg.solve(bend, slope)
        numbers -= step
        if np.abs(step).max() < 1e-6:
            break
    return numbers


def judged(recordings, numbers):
    """Probability, and whether it is speech, of all hops."""
    probability = [np.where(np.isfinite(found[:, 0]), logistic(inputs(found) @ numbers), 0) for found, _ in recordings]
    return np.concatenate(probability), np.concatenate([speech for _, speech in recordings])


def figures(recordings, numbers):
    probability, truth = judged(recordings, numbers)
    active = probability >= 0.5
    level = np.rint(probability * (scoring.LEVELS - 1)).astype(int)
    counts = {"speech_levels": np.bincount(level[truth], minlength=scoring.LEVELS).astype(float),
              "other_levels": np.bincount(level[~truth], minlength=scoring.LEVELS).astype(float)}
    sure = (probability >= 0.7) & (probability < 0.9)
    f1 = 2 * (active & truth).sum() / (active.sum() + truth.sum())
    return f1, scoring.area_under_curve(counts), truth[sure].mean(), calibration_error(probability, truth)


def calibration_error(probability, truth):
    """Expected calibration error over ten bins (Naeini, Cooper & Hauskrecht 2015)."""
    bins = np.minimum((probability * 10).astype(int), 9)
    return np.abs(np.bincount(bins, probability - truth, minlength=10)).sum() / len(truth)


def reliability(sets, numbers):
    """Per tenth of the probability its mean, and the share of speech there, over all conditions by their weights."""
    sums = np.zeros((3, 10))
    for _, weight, rows in sets:
        probability, truth = judged(rows, numbers)
        bins = np.minimum((probability * 10).astype(int), 9)
        for row, values in enumerate((np.ones(len(truth)), probability, truth)):
            sums[row] += weight / len(truth) * np.bincount(bins, values, minlength=10)
    return sums[1] / sums[0], sums[2] / sums[0], np.abs(sums[1] - sums[2]).sum() / sums[0].sum()


def standing():
    """The numbers of `Calibration` in the code, in the order of `NAMES`."""
    block = CODE.read_text(encoding="utf-8").split("enum Calibration {")[1].split("}")[0]
    found = dict(re.findall(r"static let (\w+): Float = (-?[\d.]+)", block))
    return np.array([float(found[name]) for name in NAMES])


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    for folder in (*WEIGHTS, "noise/esc-10"):
        if not (material.DATA / folder).exists():
            print(f"fit-detector: no {material.DATA / folder}; skipped")
            return
    sets = list(conditions(sys.argv[1]))
    numbers, code = fit([(weight, rows) for _, weight, rows in sets]), standing()
    for name, number, stands in zip(NAMES, numbers, code):
        print(f"static let {name}: Float = {number:.2f}    (the code has {stands:.2f})")
    halves = [fit([(weight, rows[half::2]) for _, weight, rows in sets]) for half in (1, 0)]
    print(f"{'':18} F1 at 0.5, AUC, share of speech at 0.7 to 0.9, calibration error, by the code; of each half")
    for name, _, rows in sets:
        every = [figures(rows, code), *(figures(rows[half::2], halves[half]) for half in (0, 1))]
        print(f"{name:18} " + "; ".join("{:.3f} {:.4f} {:.2f} {:.3f}".format(*one) for one in every))
    told, spoken, error = reliability(sets, code)
    print("told   " + " ".join(f"{value:.2f}" for value in told))
    print("spoken " + " ".join(f"{value:.2f}" for value in spoken) + f"    calibration error {error:.3f}")
    if np.abs(numbers - code).max() > TOLERANCE:
        sys.exit(f"fit-detector: {CODE.relative_to(material.ROOT)} has other numbers")


if __name__ == "__main__":
    main()
