"""How much of what is said is written down right: `attune transcribe` on English prompts whose texts are known."""

import pathlib
import re
import subprocess
import tempfile

import numpy as np
import scipy.signal

from . import material

RATE_HZ = 16_000
VOICE = "en_US_f_Allison"
NOISES = ("cafe", "traffic", "fridge")
# Texts that say more than is read, or in another way than they are written.
UNCLEAR = re.compile(r"[\[\]()<>\d]")
MIN_WORDS, MIN_COUNTED_WORDS = 4, 8
CONTRACTIONS = {"'re": " are", "'ve": " have", "'ll": " will", "n't": " not", "'m": " am", "'d": " would"}


def items():
    """(samples, text) of the prompts, in the order of their names."""
    texts = (material.DATA / "prompts" / "core-sounds-en.txt").read_text(encoding="utf-8")
    found = []
    for line in sorted(texts.splitlines()):
        name, colon, text = line.partition(":")
        path = material.DATA / "prompts" / VOICE / f"{name.strip()}.flac"
        is_clear = len(text.split()) >= MIN_WORDS and not UNCLEAR.search(text)
        if colon and not line.startswith(";") and is_clear and path.exists():
            found.append((material.decode(path, RATE_HZ).astype(np.float64), text.strip()))
    return found


def telephone(samples, _):
    """300 to 3400 Hz, at 8 kHz, through 8-bit µ-law."""
    band = scipy.signal.butter(4, [300, 3400], "band", fs=8000, output="sos")
    narrow = scipy.signal.sosfilt(band, scipy.signal.resample_poly(samples, 1, 2))
    narrow = narrow / max(1.0, np.abs(narrow).max()) / 2
    coded = np.round(np.sign(narrow) * np.log1p(255 * np.abs(narrow)) / np.log(256) * 127) / 127
    narrow = np.sign(coded) * np.expm1(np.abs(coded) * np.log(256)) / 255
    return 32_000 * scipy.signal.resample_poly(narrow, 2, 1)


def noisy(samples, number):
    """With noise of a place at 10 dB to what is loud."""
    path = material.DATA / "noise" / "background" / f"{NOISES[number % len(NOISES)]}.flac"
    noise = material.decode(path, RATE_HZ).astype(np.float64)
    start = np.random.default_rng(number).integers(len(noise))
    noise = np.tile(noise, len(samples) // len(noise) + 2)[start : start + len(samples)]
    loud = np.abs(samples) > 0.02 * np.abs(samples).max()
    mixed = samples + noise * np.sqrt((samples[loud] ** 2).mean() / 10 / (noise**2).mean())
    return mixed * min(1, 32_000 / np.abs(mixed).max())


def words_of(text):
    """Words as they are compared: small, without marks, contractions spelled out."""
    text = text.lower().replace("\u2019", "'")
    for short, whole in CONTRACTIONS.items():
        text = re.sub(rf"(?<=\w){short}\b", whole, text)
    return re.findall(r"[a-z0-9']+", text.replace("-", " "))


def errors(said, written):
    """Words to be put in, left out and changed, at least, to make one of the other (Levenshtein, 1966)."""
    row = list(range(len(written) + 1))
    for i, word in enumerate(said, 1):
        above, row[0] = row[0], i
        for j, other in enumerate(written, 1):
            above, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, above + (word != other))
    return row[-1]


def transcripts(recordings):
    """What is written down of each."""
    with tempfile.TemporaryDirectory() as folder:
        paths = [pathlib.Path(folder, f"{number:04}.wav") for number in range(len(recordings))]
        for path, samples in zip(paths, recordings):
            material.save(path, samples, RATE_HZ)
        run = subprocess.run([material.COMMAND, "transcribe", *paths], check=True, stdout=subprocess.PIPE, text=True)
    texts = {path.stem: [] for path in paths}
    for line in run.stdout.splitlines():
        _, _, name, text = line.split("\t")
        texts[name].append(text)
    return [" ".join(texts[path.stem]) for path in paths]


def figures(samples, texts, change):
    """Words wrong, and mean error of their number in utterances of eight and more, in percent; empty ones."""
    written = [words_of(text) for text in transcripts([change(one, number) for number, one in enumerate(samples)])]
    said = [words_of(text) for text in texts]
    wrong = sum(errors(*pair) for pair in zip(said, written))
    counts = [abs(len(w) - len(s)) / len(s) for s, w in zip(said, written) if len(s) >= MIN_COUNTED_WORDS]
    return 100 * wrong / sum(map(len, said)), 100 * np.mean(counts), sum(not w for w in written)


def has_recogniser():
    return (material.ROOT / "models" / "moonshine-base-en-0.1.4" / "encoder.onnx").exists()


def section(report):
    if not material.has("prompts") or not has_recogniser():
        return
    samples, texts = zip(*items())
    report.section(
        "Words",
        f"`attune transcribe` on {len(samples)} English prompts of one voice, {sum(len(words_of(t)) for t in texts)} "
        "words, read as they are written; cut by the voice core, numbers and marks left out of the comparison. "
        "Conversations are harder ([words.md](words.md)).",
    )
    rows = []
    for name, change in (("clean", lambda one, _: one), ("telephone", telephone), ("noise at 10 dB", noisy)):
        wrong, count, empty = figures(samples, texts, change)
        rows.append([name, f"{wrong:.1f}", f"{count:.1f}", str(empty)])
    report.table(["", "words wrong, %", "error of their number, %", "utterances of which nothing came"], rows)
