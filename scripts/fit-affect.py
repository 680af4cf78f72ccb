#!/usr/bin/env python3
"""Fits the weights of the sentiment score on EMO-DB and writes them into the project.

    scripts/fit-affect.py [--check]

Features come from `attune audit`, that is from the code that runs in the daemon. What is fitted: ridge regression of
activation and valence on the deviations of a recording from its speaker's own median, in spreads. What is printed:
figures of leave-one-speaker-out cross-validation, in which neither weights, nor spreads, nor widths of intervals have
seen the speaker, and the same where speaker and sentence, the other sex or the way of the sound are new to the weights.
--check prints only. Needs numpy, ffmpeg, the release build and ../shared/data/emotion.

Labels: the recordings have an acted category each. Its activation and valence are those that people gave the word in
Russell & Mehrabian, 1977 (Evidence for a three-factor theory of emotions, J. of Research in Personality 11); neutral
is 0. The split into high (anger, fear, joy) and low (boredom, neutral, sadness) activation, disgust left out, is that
of Schuller et al., 2009 but for disgust.
"""

import argparse
import json
import pathlib
import subprocess
import sys
import tempfile

import numpy as np

from evaluation import material
from evaluation.audits import ACTORS, LABELS

ROOT = pathlib.Path(__file__).resolve().parent.parent
DATA = ROOT.parent / "shared" / "data" / "emotion"
SWIFT = ROOT / "Sources/Conversation/Scores/AffectWeights.swift"
TABLE = ROOT / "docs/affect-weights.json"

# Order of the features, as in AffectInput.swift.
INPUTS = ["pitch_level", "pitch_range", "loudness_variation", "spectral_tilt", "rate_change", "voiced_ratio"]
HIGH, LOW = "WAF", "LNT"
PENALTY = 100.0
MOST_SPREADS = 3.0
LEAST_RATE_CHANGE = np.log(1.1)
# Ways of the sound that the weights have not met: sample rate to which it is brought, and codec of ffmpeg.
CHANNELS = {
    "telephone": ("8 kHz, µ-law", ["-ar", "8000", "-c:a", "pcm_mulaw"], "wav"),
    "opus": ("Opus at 16 kbit/s", ["-ar", "16000", "-c:a", "libopus", "-b:a", "16k"], "ogg"),
}
NOISE_DB = 10


def measure(files):
    """Features of every recording, by the command."""
    with tempfile.TemporaryDirectory() as folder:
        table = pathlib.Path(folder, "emotion.csv")
        lines = ["file,speaker"] + [f"{path},{path.name[:2]}" for path in files]
        table.write_text("\n".join(lines) + "\n", encoding="utf-8")
        found = pathlib.Path(folder, "audit.json")
        command = [str(ROOT / ".build/release/attune"), "audit", str(table), "--json", str(found)]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        return json.loads(found.read_text(encoding="utf-8"))["recordings"]


def through(channel, files, folder):
    """The recordings coded as in `CHANNELS`."""
    _, arguments, suffix = CHANNELS[channel]
    found = []
    for path in files:
        coded = folder / f"{path.stem}.{suffix}"
        command = ["ffmpeg", "-v", "error", "-nostdin", "-y", "-i", str(path), *arguments, str(coded)]
        subprocess.run(command, check=True)
        found.append(coded)
    return found


def with_noise(files, folder):
    """The recordings with noises of many kinds, drawn once and for all."""
    found = []
    for path, noise in material.conditions(files, NOISE_DB):
        noisy = folder / f"{path.stem}.wav"
        material.save(noisy, material.mixture(path, noise, NOISE_DB, 16_000), 16_000)
        found.append(noisy)
    return found


class Recordings:
    def __init__(self, rows):
        rows = [row for row in rows if row.get("features") is not None]
        names = [pathlib.Path(row["file"]).stem for row in rows]
        self.values = np.array([[row["features"][name] for name in INPUTS] for row in rows])
        rate = INPUTS.index("rate_change")
        self.values[:, rate] = np.log(np.maximum(self.values[:, rate], 0.1))
        self.speech_s = np.array([row["speech_s"] for row in rows])
        self.speaker = np.array([name[:2] for name in names])
        self.sentence = np.array([name[2:5] for name in names])
        self.category = np.array([name[5] for name in names])
        self.valence = np.array([LABELS[letter][0] for letter in self.category])
        self.activation = np.array([LABELS[letter][1] for letter in self.category])

    def deviations(self):
        """From the median of the speaker's own recordings: what a call of some minutes gives."""
        found = np.empty_like(self.values)
        for speaker in set(self.speaker):
            own = self.speaker == speaker
            found[own] = self.values[own] - np.median(self.values[own], axis=0)
        return shaped(found)


def shaped(deviations):
    """Changes of tempo below a tenth count as none."""
    found = deviations.copy()
    rate = found[:, INPUTS.index("rate_change")]
    found[:, INPUTS.index("rate_change")] = np.sign(rate) * np.maximum(0, np.abs(rate) - LEAST_RATE_CHANGE)
    return found


class Model:
    """Ridge regression on bounded deviations; `stretched` to the spread of the labels, which the concordance asks."""

    def __init__(self, deviations, labels, stretched):
        self.spread = deviations.std(axis=0)
        inputs = self.inputs(deviations)
        self.usual = labels.mean()
        penalty = PENALTY * np.eye(inputs.shape[1])
        self.weights = np.linalg.solve(inputs.T @ inputs + penalty, inputs.T @ (labels - self.usual))
        if stretched:
            self.weights *= labels.std() / (inputs @ self.weights).std()

    def inputs(self, deviations):
        return np.clip(deviations / self.spread, -MOST_SPREADS, MOST_SPREADS)

    def __call__(self, deviations):
        return self.usual + self.inputs(deviations) @ self.weights


def held_out(deviations, labels, speakers, stretched, shifted=None):
    """Estimates for each speaker by a model that has not seen the speaker; of other recordings, where `shifted` has
    their deviations and speakers."""
    scored, scored_speakers = (deviations, speakers) if shifted is None else shifted
    found = np.empty(len(scored))
    for speaker in set(scored_speakers):
        model = Model(deviations[speakers != speaker], labels[speakers != speaker], stretched)
        own = scored_speakers == speaker
        found[own] = model(scored[own])
    return found


def new_to(deviations, labels, stretched, groups):
    """Estimates by models that have seen no recording with the same entry in any of `groups`."""
    found = np.empty(len(labels))
    for entry in sorted(set(zip(*groups))):
        own = np.all([group == value for group, value in zip(groups, entry)], axis=0)
        unlike = np.all([group != value for group, value in zip(groups, entry)], axis=0)
        found[own] = Model(deviations[unlike], labels[unlike], stretched)(deviations[own])
    return found


def shifts(data, files):
    """Figures where more than the speaker is new to the weights: by name of the shift."""
    deviations = data.deviations()
    sex = np.array([ACTORS[speaker][0] for speaker in data.speaker])
    targets = {"activation": (data.activation, True), "valence": (data.valence, False)}

    def figures(shifted, estimates, inputs=deviations):
        rows = {}
        for name, (labels, stretched) in targets.items():
            found, truth = estimates(labels, stretched), getattr(shifted, name)
            width = half_width(held_out(inputs, labels, data.speaker, stretched) - labels)
            rows[name] = {"ccc": concordance(found, truth), "correlation": float(np.corrcoef(found, truth)[0, 1])}
            rows[name]["coverage_of_80_pct_intervals"] = float(np.mean(np.abs(found - truth) <= width))
        found = estimates(data.activation, True)
        split = np.isin(shifted.category, list(HIGH + LOW))
        rows["activation"]["auc_high_low"] = area_under_curve(
            found[split], np.isin(shifted.category, list(HIGH))[split]
        )
        return rows

    pitch = deviations[:, [INPUTS.index("pitch_level")]]
    found = {
        "speaker and sentence": figures(data, lambda *of: new_to(deviations, *of, (data.speaker, data.sentence))),
        "the same, by median pitch alone": figures(
            data, lambda *of: new_to(pitch, *of, (data.speaker, data.sentence)), pitch),
        "the other sex": figures(data, lambda *of: new_to(deviations, *of, (sex,))),
    }

    def heard(files):
        shifted = Recordings(measure(files))
        deviated = shifted.deviations(), shifted.speaker
        return figures(shifted, lambda labels, stretched: held_out(deviations, labels, data.speaker, stretched, deviated))

    with tempfile.TemporaryDirectory() as place:
        for channel, (title, *_) in CHANNELS.items():
            found[f"speaker, and {title}"] = heard(through(channel, files, pathlib.Path(place)))
        if material.has("noise", "esc-10"):
            found[f"speaker, and noise at {NOISE_DB} dB"] = heard(with_noise(files, pathlib.Path(place)))
    return found


def half_width(errors):
    return np.quantile(np.abs(errors), 0.8)


def deviation(errors):
    """Standard deviation about zero."""
    return float(np.sqrt(np.mean(errors**2)))


def coverage(errors, speakers):
    """Share of the 80 % intervals that hold the label, their width taken from the other speakers."""
    inside = [np.abs(errors[speakers == s]) <= half_width(errors[speakers != s]) for s in sorted(set(speakers))]
    return np.mean(np.concatenate(inside)), [float(np.mean(part)) for part in inside]


def concordance(found, labels):
    """Lin, 1989."""
    covariance = np.cov(found, labels, bias=True)
    return 2 * covariance[0, 1] / (covariance[0, 0] + covariance[1, 1] + (found.mean() - labels.mean()) ** 2)


def area_under_curve(found, is_high):
    high, low = found[is_high], found[~is_high]
    return np.mean((high[:, None] > low) + 0.5 * (high[:, None] == low))


def main():
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--check", action="store_true", help="print the figures and write nothing")
    check = arguments.parse_args().check
    if not (DATA / "wav").exists():
        sys.exit(f"fit-affect: no {DATA}; it holds the recordings that the weights are fitted on")
    files = sorted((DATA / "wav").glob("*.flac"))
    data = Recordings(measure(files))
    deviations = data.deviations()
    figures = {"recordings": len(data.speaker), "speakers": len(set(data.speaker))}
    weights, widths, sure = {}, {}, {}
    for name, labels, stretched in (("activation", data.activation, True), ("valence", data.valence, False)):
        found = held_out(deviations, labels, data.speaker, stretched)
        errors = found - labels
        share, by_speaker = coverage(errors, data.speaker)
        figures[name] = {
            "ccc": concordance(found, labels),
            "correlation": float(np.corrcoef(found, labels)[0, 1]),
            "mean_absolute_error": float(np.abs(errors).mean()),
            "coverage_of_80_pct_intervals": float(share),
            "coverage_by_speaker_least_most": [min(by_speaker), max(by_speaker)],
        }
        if name == "activation":
            split = np.isin(data.category, list(HIGH + LOW))
            is_high = np.isin(data.category, list(HIGH))
            figures[name]["auc_high_low"] = area_under_curve(found[split], is_high[split])
            figures[name]["auc_high_low_with_disgust_low"] = area_under_curve(found, is_high)
        else:
            joy, anger = data.category == "F", data.category == "W"
            figures[name]["auc_joy_anger"] = area_under_curve(found[joy | anger], joy[joy | anger])
        model = Model(deviations, labels, stretched)
        weights[name] = dict(zip(INPUTS, (round(float(w), 4) for w in model.weights)))
        widths[name] = round(float(half_width(errors)), 3)
        sure[name] = round(deviation(errors), 3)
    spreads = dict(zip(INPUTS, (round(float(s), 4) for s in model.spread)))
    bound = MOST_SPREADS * sum(abs(w) for w in weights["valence"].values())
    if bound > 1:
        sys.exit(f"fit-affect: valence can reach {bound:.2f}; the score would leave 0 to 100")
    table = {
        "provenance": "scripts/fit-affect.py on EMO-DB (Burkhardt et al., 2005), labels after Russell & Mehrabian, 1977",
        "spread": spreads,
        "most_spreads": MOST_SPREADS,
        "weights": weights,
        "half_width_80_pct": widths,
        "deviation": sure,
        "valence_deviation_without_evidence": round(deviation(data.valence - data.valence.mean()), 3),
        "held_out_speakers": rounded(figures),
        "held_out_speakers_and": rounded(shifts(data, files)),
    }
    print(json.dumps({name: table[name] for name in table if name.startswith("held_out")}, indent=2))
    if check:
        return
    TABLE.write_text(json.dumps(table, indent=2) + "\n", encoding="utf-8")
    SWIFT.write_text(swift(table), encoding="utf-8")


def rounded(value):
    if isinstance(value, dict):
        return {name: rounded(part) for name, part in value.items()}
    if isinstance(value, list):
        return [rounded(part) for part in value]
    return value if isinstance(value, int) else round(float(value), 3)


def swift(table):
    def function(name, values):
        cases = [f"        case .{camel(key)}: {value}" for key, value in values.items()]
        lines = [f"    static func {name}(_ input: AffectInput) -> Double {{", "        switch input {", *cases]
        return "\n".join([*lines, "        }", "    }"])

    widths = table["half_width_80_pct"]
    return f"""\
/// Weights of activation and valence. Made by scripts/fit-affect.py together with docs/affect-weights.json, which has
/// the figures of the fit; a test compares. Not to be edited.
///
/// Fitted on EMO-DB (Burkhardt et al., 2005: ten actors, German) by ridge regression; labels after Russell & Mehrabian,
/// 1977.
enum AffectWeights {{
    /// Deviations count up to so many spreads.
    static let maxSpreads = {table["most_spreads"]}
    /// Half widths of the 80 % intervals on speakers that the fit had not seen.
    static let activationHalfWidth = {widths["activation"]}, valenceHalfWidth = {widths["valence"]}
    /// Standard deviation of valence where nothing is known.
    static let valencePriorDeviation = {table["valence_deviation_without_evidence"]}

    /// Standard deviation of an input about its speaker's median, on the scale of the input.
{function("spread", table["spread"])}

    /// Activation per spread.
{function("activation", table["weights"]["activation"])}

    /// Valence per spread.
{function("valence", table["weights"]["valence"])}
}}
"""


def camel(name):
    first, *rest = name.split("_")
    return first + "".join(part.capitalize() for part in rest)


if __name__ == "__main__":
    main()
