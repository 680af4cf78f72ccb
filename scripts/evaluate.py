#!/usr/bin/env python3
"""Measures the release build of `attune` on recordings with labels, and writes the sections of docs/accuracy.md and the
figures in docs/model-card.md anew.

The recordings are no part of the project: they are looked for in ../shared/data, and what is absent is left
out. Needs the packages of scripts/requirements/evaluate.txt and ffmpeg. Takes a few minutes; same recordings, same
figures.
"""

import argparse
import concurrent.futures
import datetime
import os
import pathlib
import sys
import time

import numpy as np

from evaluation import audits, material, peers, scoring, spoken, voices, words

SNRS_DB = (None, 10, 0)
# The draws of noise that pitch is measured with, and the classes of ESC-10 that go on as they are.
PITCH_SEEDS = range(7, 17)
STEADY = {
    "002 - Rain": "rain", "003 - Sea waves": "waves", "010 - Fire crackling": "fire", "007 - Helicopter": "helicopter",
    "008 - Chainsaw": "chainsaw",
}
SNR_NAMES = {None: "clean", 10: "noise at 10 dB", 0: "noise at 0 dB"}
# ESC-10 classes with voices of people.
HUMAN = ("004 - Baby cry", "006 - Person sneeze")
MUSIC = "music on hold"


def each(work, items):
    """`work` on every item, a few at a time: the work is done by other processes. Somebody who watches is told of it."""
    items, results, begin = list(items), [], time.monotonic()
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        for result in pool.map(work, items):
            results.append(result)
            if sys.stderr.isatty():
                rate = len(results) / max(1e-3, time.monotonic() - begin)
                left = (len(items) - len(results)) / rate
                end = "\r" + " " * 70 + "\r" if len(results) == len(items) else ""
                print(f"\r{len(results)} of {len(items)}, {rate:.1f} a second, {left:.0f} s left   {end}", end="",
                      file=sys.stderr, flush=True)
    return results


def with_interval(counts, figure, decimals):
    value, low, high = scoring.interval(counts, figure)
    return f"{value:.{decimals}f} ({low:.{decimals}f}…{high:.{decimals}f})"


class Report:
    """Markdown, line by line."""

    def __init__(self):
        self.lines = []

    def section(self, title, *paragraphs):
        self.lines += ["", f"## {title}", ""]
        for paragraph in paragraphs:
            self.lines += [paragraph, ""]

    def table(self, header, rows):
        self.lines += ["| " + " | ".join(row) + " |" for row in (header, ["---"] * len(header), *rows)]
        self.lines.append("")


def speech(report):
    sets = [name for name in ("vad", "meetings") if material.has(name)]
    if not sets or not material.has("noise", "esc-10"):
        return
    rows, edges, others = [], [], []
    for name in sets:
        labels = ".rttm" if name == "meetings" else ".lab"
        recordings = [p for p in material.audio_files(material.DATA / name) if p.with_suffix(labels).exists()]
        for snr_db in SNRS_DB:

            def counted(pair, snr_db=snr_db, labels=labels):
                recording, noise = pair
                samples = material.mixture(recording, noise, snr_db, 48_000)
                segments = material.speech_segments(recording.with_suffix(labels))
                return [
                    scoring.speech_counts(segments, labels == ".rttm", found.probability, found.is_speech)
                    for found in (material.features_of_samples(samples), peers.silero(samples))
                ]

            counts, of_silero = zip(*each(counted, material.conditions(recordings, snr_db)))
            others.append(
                [f"`{name}` ({len(recordings)}), {SNR_NAMES[snr_db]}"]
                + [
                    with_interval(of_silero, figure, decimals)
                    for figure, decimals in (
                        (scoring.area_under_curve, 3), (scoring.threshold_f1, 3), (scoring.pause_f1, 2))
                ]
            )
            rows.append(
                [f"`{name}` ({len(recordings)}), {SNR_NAMES[snr_db]}"]
                + [
                    with_interval(counts, scoring.area_under_curve, 3),
                    with_interval(counts, scoring.label_f1, 3),
                    with_interval(counts, scoring.threshold_f1, 3),
                    with_interval(counts, lambda total: scoring.pause_f1(total, "ipu_pauses"), 2),
                    with_interval(counts, scoring.pause_f1, 2),
                ]
            )
            if name == "vad":
                edges.append(
                    [SNR_NAMES[snr_db]]
                    + [
                        with_interval(counts, lambda c, row=row: scoring.edge_lateness_ms(c, row), 0)
                        for row in (0, 1)
                    ]
                )
    report.section(
        "Speech",
        "Frames of 10 ms. AUC: probability that a speech frame scores above another one. F1 of the IPUs, "
        "and of the probability at 0.5. Pauses of 200 ms or more inside a recording count as found where "
        "they overlap one in the IPUs (or in the probability at 0.5) by half of the longer of the two. "
        "The labels of the meetings are turns that bridge pauses: there the AUC is what tells.",
    )
    report.table(["set", "AUC", "F1 of IPUs", "F1 at 0.5", "pauses, IPUs", "pauses, 0.5"], rows)
    if edges:
        report.lines += ["Lateness of the IPUs at labelled edges of `vad`, median within ±500 ms:", ""]
        report.table(["", "onset, ms", "end, ms"], edges)
    report.lines += ["silero-vad 6.2.3 as a stream, in the same run, on the same samples:", ""]
    report.table(["set", "AUC", "F1 at 0.5", "pauses, 0.5"], others)
    for name, figures in peers.SPEECH.items():
        auc, pauses, meetings = (
            ", ".join(f"{value:.{digits}f}" for value in values) for values, digits in zip(figures, (3, 2, 3)))
        report.lines += [
            f"{name} (measured once, on the same mixtures), clean, 10 dB, 0 dB: AUC of `vad` {auc}, its pauses {pauses}, "
            f"AUC of `meetings` {meetings}; F1 at 0.5 of `vad` clean {peers.SPEECH_F1[name]:.3f}.",
            "",
        ]


def false_alarms(report):
    if not material.has("noise"):
        return
    folder = material.DATA / "noise"
    sources = {
        path.name[6:]: material.audio_files(path)
        for path in sorted((folder / "esc-10").glob("0*"))
        if path.name not in HUMAN
    }
    sources["fridge"] = [folder / "background" / "fridge.flac"]
    sources["traffic"] = [folder / "background" / "traffic.flac"]
    sources[MUSIC] = material.audio_files(folder / "music")

    def alarms(path):
        found = material.features(path).is_speech
        return {
            "alarms": np.array(
                [(np.diff(found.astype(int), prepend=0) == 1).sum(), found.sum(), len(found)], float
            )
        }

    rows, everything = [], []
    for name, paths in sources.items():
        counts = each(alarms, [path for path in paths if path.exists()])
        if not counts:
            continue
        if name != MUSIC:
            everything += counts
        began, spoken_hops, hops = sum(count["alarms"] for count in counts)
        rows.append(
            [name, f"{hops / 6000:.1f}", f"{began / (hops / 360_000):.0f}", f"{100 * spoken_hops / hops:.1f}"]
        )
    rows.append(
        ["all but music", f"{sum(count['alarms'][2] for count in everything) / 6000:.1f}"]
        + [
            with_interval(everything, lambda c: c["alarms"][0] / (c["alarms"][2] / 360_000), 0),
            with_interval(everything, lambda c: 100 * c["alarms"][1] / c["alarms"][2], 1),
        ]
    )
    report.section("False alarms", "IPUs found where nobody speaks (clips of 5 s, each analysed by itself).")
    report.table(["noise", "minutes", "IPUs per hour", "% of the time"], rows)


def pitch(report):
    if not material.has("pitch", "train") or not material.has("noise", "esc-10"):
        return
    recordings = [
        path
        for path in material.audio_files(material.DATA / "pitch" / "train")
        if path.with_suffix(".f0ref").exists()
    ]
    names = ["attune", *peers.PITCH_PROGRAMS]

    def measured(snr_db, seed=7, kind=""):
        """The counts of each program, recording by recording."""

        def counted(pair):
            recording, noise = pair
            samples = material.mixture(recording, noise, snr_db, 16_000)
            reference = [float(line) for line in recording.with_suffix(".f0ref").read_text().split()]
            own = material.features_of_samples(samples)
            found = [(own.time_s, own.f0_hz), *(program(samples) for program in peers.PITCH_PROGRAMS.values())]
            return [scoring.pitch_counts(reference, 0.015, times, f0_hz) for times, f0_hz in found]

        return list(zip(*each(counted, material.conditions(recordings, snr_db, seed, kind))))

    def over_draws(draws, figure):
        """Mean over the draws, with the least and the greatest, of each program."""
        values = np.array([[figure(scoring.total(counts)) for counts in draw] for draw in draws])
        return [f"{v.mean():.1f} ({v.min():.1f}…{v.max():.1f})" for v in values.T]

    clean = measured(None)
    rows = [
        [f"{title}, clean", *(with_interval(counts, figure, 1) for counts in clean)]
        for title, figure in (("FFE %", scoring.frame_error), ("GPE %", scoring.gross_error))
    ]
    for snr_db in SNRS_DB[1:]:
        draws = [measured(snr_db, seed) for seed in PITCH_SEEDS]
        for title, figure in (("FFE %", scoring.frame_error), ("GPE %", scoring.gross_error)):
            rows.append([f"{title}, {SNR_NAMES[snr_db]}", *over_draws(draws, figure)])
    report.section(
        "Pitch",
        f"{len(recordings)} utterances of a man and a woman (`pitch/train`) against a laryngograph, frames of 15 ms. "
        "FFE: frames with a wrong voicing or a pitch off by more than 20 %, among all; GPE: the latter among the "
        f"frames voiced in both. All programs in the same run, on the same samples, asked for {peers.LOWEST_HZ} to "
        f"{peers.HIGHEST_HZ} Hz. In noise: mean over {len(PITCH_SEEDS)} draws of a clip for each utterance (seeds "
        f"{PITCH_SEEDS[0]} to {PITCH_SEEDS[-1]}), in brackets the best and the worst of the draws.",
    )
    report.table(["", *names], rows)
    report.lines += ["Noise that goes on as it is, at 0 dB, by its kind (one draw, seed 7): GPE %, and FFE %", ""]
    report.table(
        ["", *names],
        [
            [title, *(
                f"{scoring.gross_error(scoring.total(counts)):.1f}, {scoring.frame_error(scoring.total(counts)):.1f}"
                for counts in measured(0, kind=kind))]
            for kind, title in STEADY.items()
        ],
    )
    for name, (frames, gross) in peers.PITCH.items():
        report.lines += [
            f"{name} (measured once, one draw), clean, 10 dB, 0 dB: FFE {', '.join(map(str, frames))} %, GPE "
            f"{', '.join(map(str, gross))} %.",
            "",
        ]


def pace(report):
    sets = []
    if material.has("emotion"):
        sets.append(("acted sentences, German", "actor", spoken.sentences()))
    if material.has("prompts"):
        sets.append(("read prompts", "voice", spoken.prompts()))
    rows, biases = [], []
    for name, kind, speakers in sets:
        whole, alone, groups = [], [], []

        def analysed(utterances):
            samples = spoken.recording(utterances)
            found = np.flatnonzero(material.features_of_samples(samples).is_nucleus)
            position = (found + 0.5) / 100 * spoken.RATE_HZ
            counts = [((position >= u.start) & (position < u.end)).sum() for u in utterances]
            by_window, by_itself = [], []
            for window in spoken.windows(utterances):
                seconds = sum(len(u.samples) for u in window) / spoken.RATE_HZ
                syllables = sum(u.spoken for u in window)
                nuclei = sum(((position >= u.start) & (position < u.end)).sum() for u in window)
                by_window.append(scoring.pace_moments(seconds, syllables, nuclei))
                joined = np.concatenate([u.samples for u in window])
                nuclei = material.features_of_samples(joined).is_nucleus.sum()
                by_itself.append(scoring.pace_moments(seconds, syllables, nuclei))
            return sum(counts) / sum(u.spoken for u in utterances) - 1, by_window, by_itself

        for speaker, result in zip(speakers, each(analysed, list(speakers.values()))):
            groups.append(f"{speaker} {100 * result[0]:+.0f}")
            whole += result[1]
            alone += result[2]
        for title, counts in (("in one go", whole), ("each by itself", alone)):
            rows.append(
                [f"{name}, {title}", str(len(counts))]
                + [
                    with_interval(counts, scoring.pace_correlation, 2),
                    with_interval(counts, scoring.pace_bias, 1),
                    with_interval(counts, scoring.pace_error, 1),
                ]
            )
        biases.append(f"Bias by {kind}, {name}, in one go, in %: {', '.join(groups)}.")
    if not rows:
        return
    report.section(
        "Pace",
        "Utterances of one speaker are joined, in the order of their names, to windows of 10 s or a "
        "little more; syllables per second against nuclei per second. The syllables of the sentences are "
        "labelled by hand, those of the prompts counted from their text. In one go: all utterances of a "
        "speaker as one recording. Each by itself: every window as a recording of its own, with nothing "
        "known of the speaker.",
    )
    report.table(["set", "windows", "r", "bias %", "mean error %"], rows)
    report.lines += [line for bias in biases for line in (bias, "")]
    report.lines += ["Others on the acted sentences, clips of 2.5 s:", ""]
    report.table(
        ["", "r", "mean error %"], [[name, f"{r:.2f}", str(error)] for name, (r, error) in peers.PACE.items()]
    )


def calls(report):
    if not material.has("calls"):
        return
    sides = {}
    for side in ("agent", "customer"):
        found = material.features(material.DATA / "calls" / f"repairs40-{side}.flac")
        levels = found.level_db
        # Clean channels: within 30 dB of the loud hops is speech, with pauses below 200 ms bridged.
        loud = levels >= np.sort(levels)[len(levels) * 97 // 100] - 30
        places = np.flatnonzero(loud)
        gaps = np.diff(places) - 1
        sides[side] = (found.is_speech.sum(), len(places) + gaps[gaps < 20].sum(), len(levels))
    report.section(
        "A call",
        "Two channels; the reference is the energy of each (within 30 dB of its loud hops, pauses below "
        "200 ms bridged).",
    )
    ratios = [sides["agent"][i] / (sides["agent"][i] + sides["customer"][i]) for i in (0, 1)]
    report.table(
        ["", "attune", "by energy"],
        [
            [f"speech of the {side}, % of the time", *(f"{100 * hops / count[2]:.1f}" for hops in count[:2])]
            for side, count in sides.items()
        ]
        + [["talk ratio of the agent, %", *(f"{100 * ratio:.1f}" for ratio in ratios)]],
    )


PARTS = {part.__name__: part for part in (speech, false_alarms, pitch, pace, calls, voices.voices)} | {
    "words": words.section}
# Only measured where it is asked for: its section is held against another recogniser by hand.
BY_NAME = ("words",)


def replaced(text, report):
    """The text with the section of the report in place of the one of the same name."""
    section = "\n".join(report.lines).strip("\n")
    title, rest = section.split("\n", 1)
    if f"{title}\n" not in text:
        # A section that is new goes before what others write.
        text = text.replace("## Pictures", f"{title}\n\n## Pictures")
    start = text.index(title + "\n")
    end = text.find("\n## ", start)
    tail = text[end:] if end >= 0 else ""
    stamp = f"Measured on {datetime.date.today():%Y-%m-%d}, with {material.detector()}."
    return f"{text[:start]}{title}\n\n{stamp}\n{rest}\n{tail}"


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--output", type=pathlib.Path, default=material.ROOT / "docs" / "accuracy.md")
    parser.add_argument("--card-only", action="store_true", help="measure for docs/model-card.md alone")
    parser.add_argument("--part", choices=PARTS, help="measure this section alone; the others stay as they are")
    arguments = parser.parse_args()
    if not material.COMMAND.exists():
        sys.exit(f"evaluate: no {material.COMMAND}; run `make build` first")
    if not material.DATA.exists():
        sys.exit(f"evaluate: no recordings in {material.DATA}; nothing to measure")
    if not arguments.part:
        print("evaluate: model card", flush=True)
        audits.write_card()
    if arguments.card_only:
        return
    for name in [arguments.part] if arguments.part else (name for name in PARTS if name not in BY_NAME):
        print(f"evaluate: {name.replace('_', ' ')}", flush=True)
        report = Report()
        PARTS[name](report)
        if report.lines:
            text = replaced(arguments.output.read_text(encoding="utf-8"), report)
            arguments.output.write_text(text, encoding="utf-8")
    print(f"evaluate: wrote {arguments.output}")


if __name__ == "__main__":
    main()
