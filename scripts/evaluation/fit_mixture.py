"""Channels that carry one voice or two, made of recordings of one speaker each: what whitens their pieces, and how often
`quality: several_voices` is told of which (`make fit-mixture`).

usage: fit_mixture.py

Prints the numbers of `VoiceMixture` (Sources/Conversation/OwnVoice/VoiceMixture.swift), fitted on the strings of one
voice of the speakers in FIT, beside those that stand there; and for each kind of string of how many it is told, those of
the other speakers apart. Fails where the code has other numbers.
"""

import concurrent.futures
import itertools
import json
import random
import re
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from evaluation import material  # noqa: E402

RATE_HZ = 16_000
# Speakers of the acted sentences, prompts and calls whose strings of one voice the numbers are fitted on.
FIT = {"03", "08", "10", "13", "15", "en_US_f_Allison", "it_IT_m_Carlo", "repairs40-agent", "demo-agent"}
WOMEN = {"08", "09", "13", "14", "16"}
# As in SpeechFeatures: first FFT bins (of 512) of the bands, and the bands of each of the eight levels.
EDGES = [3, 5, 7, 9, 11, 13, 16, 19, 22, 26, 30, 35, 41, 48, 56, 66, 78, 92, 108, 127, 180, 245]
GROUPS = [0, 3, 6, 9, 12, 14, 16, 18, 21]
HOP, WINDOW = 160, 480
# As in VoiceMixture: voiced hops of a piece.
LEAST_HOPS, PIECE_HOPS = 40, 200
CODE = material.ROOT / "Sources" / "Conversation" / "OwnVoice" / "VoiceMixture.swift"
TOLERANCE = 0.02


def speakers():
    """Files of each speaker, and of the acted ones those spoken neutrally."""
    acted, neutral, read = {}, {}, {}
    for path in material.audio_files(material.DATA / "emotion" / "wav"):
        acted.setdefault(path.stem[:2], []).append(path)
        if path.stem[5] == "N":
            neutral.setdefault(path.stem[:2], []).append(path)
    for folder in sorted(path for path in (material.DATA / "prompts").iterdir() if path.is_dir() and "_" in path.name):
        read[folder.name] = material.audio_files(folder)
    return acted, neutral, read


def string(pools, seconds, seed, noise_db=None):
    """One to three utterances of each pool in turn, chosen at random, with pauses between."""
    draw, parts, total, last = random.Random(seed), [], 0, None
    while total < seconds * RATE_HZ:
        last = draw.choice([index for index in range(len(pools)) if index != last] or [0])
        for _ in range(draw.randint(1, 3)):
            samples = material.decode(draw.choice(pools[last]), RATE_HZ).astype(np.float64)
            parts.append(samples * 3_300 / max(1, np.sqrt((samples**2).mean())))
            parts.append(np.zeros(int(draw.uniform(0.2, 0.6) * RATE_HZ)))
            total += len(parts[-1]) + len(parts[-2])
        parts.append(np.zeros(int(draw.uniform(0.1, 0.7) * RATE_HZ)))
    samples = np.concatenate(parts)
    if noise_db is not None:
        samples = samples + np.random.default_rng(seed).normal(0, 3_300 * 10 ** (-noise_db / 20), len(samples))
    return np.clip(samples, -32_767, 32_767)


def strings():
    """(kind, speakers, samples) of each string."""
    acted, neutral, read = speakers()
    for index, (who, files) in enumerate(sorted(acted.items())):
        yield "one, acted", [who], string([files], 150, index)
        yield "one, neutral", [who], string([neutral[who]], 100, index)
        yield "one, acted, noise at 10 dB", [who], string([files], 120, index, noise_db=10)
        for feeling in "WF":
            pools = [[path for path in files if path.stem[5] in letters] for letters in (feeling, "TLN")]
            if min(map(len, pools)) > 2:
                yield "one, two acted feelings in turn", [who], string(pools, 120, 50 + index)
    for who, files in read.items():
        yield "one, read", [who], string([files], 120, 7)
    calls = {path.stem: material.decode(path, RATE_HZ) for path in material.audio_files(material.DATA / "calls")}
    for who, samples in calls.items():
        yield "one, of a call", [who], samples
    if "repairs40-agent" in calls:
        both = calls["repairs40-agent"].astype(np.float64), calls["repairs40-customer"].astype(np.float64)
        length = min(map(len, both))
        yield "two, of a call", ["repairs40-customer"], np.clip(both[0][:length] + both[1][:length], -32_767, 32_767)
    for index, (one, other) in enumerate(itertools.combinations(sorted(acted), 2)):
        unlike = (one in WOMEN) != (other in WOMEN)
        yield f"two, {'a woman and a man' if unlike else 'of one sex'}, neutral", [one, other], string(
            [neutral[one], neutral[other]], 100, 100 + index)
        if unlike:
            yield "two, a woman and a man, acted", [one, other], string([acted[one], acted[other]], 120, 200 + index)
    for index, (one, other) in enumerate(itertools.combinations(sorted(read), 2)):
        unlike = ("_m_" in one) != ("_m_" in other)
        yield f"two, {'a woman and a man' if unlike else 'of one sex'}, read", [one, other], string(
            [read[one], read[other]], 120, 300 + index)


def pieces(samples):
    """Voiced hops, pitch in semitones and the eight levels against their mean, of each piece."""
    features = material.features_of_samples(samples)
    signal = np.asarray(samples, np.float64) / 32_768
    window, found, open_ = np.hanning(WINDOW), [], []

    def close(least):
        if len(open_) >= least:
            found.append([len(open_), *np.mean(open_, 0)])
            open_.clear()

    for hop, (speaks, f0) in enumerate(zip(features.is_speech, features.f0_hz)):
        first = hop * HOP + HOP // 2 - WINDOW // 2
        if not speaks:
            close(LEAST_HOPS)
            open_.clear()
        elif f0 > 0 and 0 <= first <= len(signal) - WINDOW:
            power = np.abs(np.fft.rfft(signal[first : first + WINDOW] * window, 512)) ** 2
            levels = 10 * np.log10([power[EDGES[a] : EDGES[b]].mean() + 1e-12 for a, b in zip(GROUPS, GROUPS[1:])])
            open_.append([12 * np.log2(f0 / 100), *(levels - levels.mean())[:7]])
            close(PIECE_HOPS)
    return np.array(found)


def fit(groups):
    """Lower triangular factor of the inverse of the covariance within strings of one voice."""
    within = np.cov(np.concatenate([piece[:, 1:] - np.average(piece[:, 1:], axis=0, weights=piece[:, 0])
                                    for piece in groups]).T)
    return np.linalg.cholesky(np.linalg.inv(within)).T


def written():
    """The numbers that stand in the code."""
    text = CODE.read_text(encoding="utf-8")
    block = text[text.index("static let whitening") :]
    numbers = re.findall(r"-?\d+\.\d+", block[: block.index("\n    ]\n")])
    return np.array(numbers, float).reshape(8, 8)


def is_told(samples):
    """Whether `attune analyze` tells several voices, and after how many seconds."""
    with tempfile.TemporaryDirectory() as folder:
        material.save(f"{folder}/a.wav", samples, RATE_HZ)
        subprocess.run([material.COMMAND, "analyze", "--json", "--events", f"{folder}/e", "--speaker",
                        f"a={folder}/a.wav"], check=True, capture_output=True)
        for line in open(f"{folder}/e", encoding="utf-8"):
            event = json.loads(line)
            if event["type"] == "quality" and "several_voices" in event["issues"]:
                return event["t"]
    return None


def main():
    if not all(material.has(part) for part in ("emotion", "prompts", "calls")):
        return 0
    made = list(strings())
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        of_one = [entry for entry in made if entry[0].startswith("one") and "noise" not in entry[0]
                  and "feelings" not in entry[0] and set(entry[1]) <= FIT]
        fitted = fit(list(pool.map(lambda entry: pieces(entry[2]), of_one)))
        print("    static let whitening: [SIMD8<Float>] = [")
        for line in fitted:
            print("        SIMD8(" + ", ".join(f"{value:.3f}" for value in line) + "),")
        print("    ]")
        told = list(pool.map(lambda entry: is_told(entry[2]), made)) if CODE.exists() else []
    table = {}
    for (kind, who, _), at in zip(made, told):
        for column in ("all", *(["others"] if not set(who) & FIT else [])):
            table.setdefault(kind, {}).setdefault(column, []).append(at)
    print("| strings | told of | of speakers it was not fitted on | after, s (median) |\n| --- | --- | --- | --- |")
    for kind, columns in sorted(table.items()):
        share = [f"{sum(at is not None for at in columns[name])} of {len(columns[name])}" if name in columns else ""
                 for name in ("all", "others")]
        times = [at for at in columns["all"] if at is not None]
        print(f"| {kind} | {share[0]} | {share[1]} | {np.median(times):.0f} |" if times else
              f"| {kind} | {share[0]} | {share[1]} | |")
    if CODE.exists() and np.abs(fitted - written()).max() > TOLERANCE:
        print("fit-mixture: the code has other numbers")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
