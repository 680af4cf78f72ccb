"""The recordings: where they are, their labels, noise mixtures, and what the command says about them."""

import csv
import dataclasses
import functools
import io
import pathlib
import random
import subprocess
import tempfile
import wave

import numpy as np

ROOT = pathlib.Path(__file__).resolve().parents[2]
DATA = ROOT.parent / "shared" / "data"
COMMAND = ROOT / ".build" / "release" / "attune"


def has(*parts):
    """Whether that part of the recordings is there; says so where it is not."""
    path = DATA.joinpath(*parts)
    if not path.exists():
        print(f"evaluate: no {path}; its figures are left out")
    return path.exists()


def audio_files(folder):
    return sorted(p for p in folder.rglob("*") if p.suffix in (".wav", ".flac", ".ogg"))


@functools.lru_cache(maxsize=512)
def decode(path, rate_hz):
    """16-bit samples of a recording, mixed to mono."""
    arguments = ["ffmpeg", "-v", "error", "-nostdin", "-i", str(path), "-ac", "1", "-ar", str(rate_hz)]
    raw = subprocess.run([*arguments, "-f", "s16le", "-"], check=True, stdout=subprocess.PIPE).stdout
    return np.frombuffer(raw, np.int16)


def save(path, samples, rate_hz):
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate_hz)
        file.writeframes(np.asarray(samples).astype(np.int16).tobytes())


@dataclasses.dataclass
class Features:
    """Columns of `attune features --all`, a row per hop."""

    time_s: np.ndarray
    probability: np.ndarray
    f0_hz: np.ndarray
    is_speech: np.ndarray
    is_nucleus: np.ndarray
    level_db: np.ndarray


def features(path):
    """Runs the command on a recording."""
    run = subprocess.run(
        [str(COMMAND), "features", "--all", str(path)], check=True, capture_output=True, text=True
    )
    rows = csv.reader(io.StringIO(run.stdout))
    names = next(rows)
    table = np.array([[float(value) for value in row] for row in rows]).reshape(-1, len(names))
    column = {name: table[:, index] for index, name in enumerate(names)}
    return Features(
        time_s=column["time_s"],
        probability=column["speech_prob"],
        f0_hz=column["f0_hz"],
        is_speech=column["is_speech"] > 0,
        is_nucleus=column["nucleus"] > 0,
        level_db=column["level_db"],
    )


def detector():
    """Which speech detector the command uses; without the weights of the network it says so."""
    with tempfile.NamedTemporaryFile(suffix=".wav") as file:
        save(file.name, np.zeros(16_000), 16_000)
        run = subprocess.run([str(COMMAND), "segments", file.name], check=True, capture_output=True, text=True)
    return "the built-in detector" if "no weights" in run.stderr else "the speech network"


def features_of_samples(samples):
    """Runs the command on 16-bit samples at 16 kHz."""
    with tempfile.NamedTemporaryFile(suffix=".wav") as file:
        save(file.name, samples, 16_000)
        return features(file.name)


def conditions(recordings, snr_db, seed=7, kind=""):
    """Each recording with the noise that belongs to it at this ratio (None: clean) in the draw of that seed, out of all
    noises of ESC-10 or of one class."""
    noises = audio_files(DATA / "noise" / "esc-10" / kind) if snr_db is not None else [None]
    draw = random.Random(seed)
    return [(recording, draw.choice(noises)) for recording in recordings]


def mixture(recording, noise, snr_db, working_rate_hz):
    """16 kHz samples of a recording, with noise added at `working_rate_hz`; without noise as it is.

    The level of speech is that of the louder half of its 20 ms frames.
    """
    if noise is None:
        return decode(recording, 16_000)
    clean = decode(recording, working_rate_hz).astype(np.float64)
    added = np.resize(decode(noise, working_rate_hz).astype(np.float64), len(clean))
    frame = working_rate_hz // 50
    powers = np.sort((clean[: len(clean) // frame * frame].reshape(-1, frame) ** 2).mean(1))
    wanted = powers[len(powers) // 2 :].mean() / 10 ** (snr_db / 10)
    mixed = clean + added * np.sqrt(wanted / max((added**2).mean(), 1e-9))
    samples = mixed * min(1, 32_000 / max(np.abs(mixed).max(), 1))
    if working_rate_hz == 16_000:
        return samples
    with tempfile.NamedTemporaryFile(suffix=".wav") as file:
        save(file.name, samples, working_rate_hz)
        return decode(file.name, 16_000)


def speech_segments(path):
    """(start, end, is speech) of a .lab file, or the turns of an .rttm file."""
    lines = [line.split() for line in path.read_text(encoding="utf-8").splitlines()]
    if path.suffix == ".rttm":
        turns = [line for line in lines if line and line[0] == "SPEAKER"]
        return [(float(line[3]), float(line[3]) + float(line[4]), True) for line in turns]
    return [(float(line[0]), float(line[1]), line[2] == "V") for line in lines if len(line) >= 3]
