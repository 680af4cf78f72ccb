"""Audits by group of speakers, and what changes of a whole call do to the scores: for docs/model-card.md.

Tables of recordings are made here from what the sets say of their speakers, in a temporary folder.
"""

import csv
import json
import pathlib
import random
import subprocess
import tempfile

import numpy as np

from . import material

CARD = material.ROOT / "docs" / "model-card.md"
WEIGHTS = material.ROOT / "docs" / "affect-weights.json"

# What the documentation of EMO-DB says of its speakers: gender and age.
ACTORS = {
    "03": ("male", 31), "08": ("female", 34), "09": ("female", 21), "10": ("male", 32), "11": ("male", 26),
    "12": ("male", 30), "13": ("female", 32), "14": ("female", 35), "15": ("male", 25), "16": ("female", 31),
}  # fmt: skip
# Letter of an EMO-DB file (anger, boredom, disgust, fear, joy, sadness, neutral): valence and activation that people
# gave the word (Russell & Mehrabian, 1977).
LABELS = {
    "W": (-0.51, 0.59), "L": (-0.65, -0.62), "E": (-0.60, 0.35), "A": (-0.64, 0.60), "F": (0.81, 0.51),
    "T": (-0.63, -0.27), "N": (0.0, 0.0),
}  # fmt: skip
EMOTION_SECONDS = 2.0
F0_STEP_S = 0.015
BLOCK_RECORDINGS = 15
PROMPT_LANGUAGES = {"en": "English", "es": "Spanish", "fr": "French", "it": "Italian", "ru": "Russian"}
SPEAKERS = {"rl": "male", "sb": "female"}
# Changes of a whole call, as filters of ffmpeg at 8 kHz: 6 semitones are a factor of 1.414.
CHANGES = {
    "level +12 dB": "volume=12dB",
    "level −12 dB": "volume=-12dB",
    "pitch +6 st": "asetrate=11314,aresample=8000,atempo=0.70711",
    "pitch −6 st": "asetrate=5657,aresample=8000,atempo=1.41421",
    "tempo × 1.25": "atempo=1.25",
    "tempo × 0.8": "atempo=0.8",
}


def band(value, edges):
    """`0-3` for a value of 2 and edges 0, 4, 7: the band that holds it; nothing for no number."""
    try:
        number = float(value)
    except ValueError:
        return ""
    lower = [edge for edge in edges if edge <= number]
    if not lower:
        return f"under {edges[0]}"
    above = [edge for edge in edges if edge > number]
    return f"{lower[-1]}-{above[0] - 1}" if above else f"{lower[-1]} and over"


def accents(folder):
    with open(material.DATA / "accents" / "metadata.csv", encoding="utf-8", newline="") as file:
        people = {row["Response_ID"]: row for row in csv.DictReader(file)}
    rows = []
    for path in material.audio_files(material.DATA / "accents" / "audio_data"):
        person = people.get(path.stem)
        if person is None:
            continue
        gender = person["Gender"].strip().lower()
        native = person["Native Language"].strip()
        rows.append(
            {
                "file": path,
                "speaker": path.stem,
                "gender": gender if gender in ("female", "male") else "",
                "age_band": band(person["Age"], [25]),
                "native_language": native if native in ("English", "Hindi") else "other",
                "accent": band(person["Accent Strength (Self reported)"], [0, 4, 7]),
                "device": person["Recording Machine"].strip().lower(),
            }
        )
    return rows


def emotion(folder):
    rows = []
    for path in material.audio_files(material.DATA / "emotion" / "wav"):
        gender, age = ACTORS[path.stem[:2]]
        valence, activation = LABELS[path.stem[5]]
        rows.append(
            {
                "file": path,
                "speaker": path.stem[:2],
                "activation": activation,
                "valence": valence,
                "speech": syllables(path, folder) or "",
                "gender": gender,
                "age_band": band(age, [30]),
            }
        )
    return rows


def syllables(path, folder):
    """A file with the speech of an EMO-DB recording: from its first syllable to the full stop, as labelled."""
    labels = material.DATA / "emotion" / "labsilb" / f"{path.stem}.labsilb"
    if not labels.exists():
        return None
    lines = [line.split() for line in labels.read_text(encoding="latin-1").splitlines()]
    begins = [(float(line[0]), line[2]) for line in lines if len(line) > 2 and line[1].lstrip("-").isdigit()]
    if not begins:
        return None
    end = next((time for time, text in begins if text == "."), EMOTION_SECONDS)
    reference = folder / f"{path.stem}.lab"
    reference.write_text(f"{begins[0][0]} {min(end, EMOTION_SECONDS)} V\n", encoding="utf-8")
    return reference


def pitch(folder):
    rows = []
    for path in material.audio_files(material.DATA / "pitch" / "train"):
        values = path.with_suffix(".f0ref").read_text(encoding="utf-8").split()
        reference = folder / f"{path.stem}.f0"
        lines = [f"{index * F0_STEP_S:.4f} {value}" for index, value in enumerate(values)]
        reference.write_text("\n".join(lines) + "\n", encoding="utf-8")
        speaker = path.stem[:2]
        rows.append({"file": path, "speaker": speaker, "f0": reference, "gender": SPEAKERS[speaker]})
    return rows


def read_speech(folder):
    """Speech read in a neutral tone, of sets that the fit never saw: what is not neutral there is a false alarm."""
    sets = {"accents": "names and digits, English", "pitch": "sentences, English"}
    rows = [
        {"file": row["file"], "speaker": row["speaker"], "activation": 0, "valence": 0, "set": title}
        for name, title in sets.items()
        if material.has(name)
        for row in {"accents": accents, "pitch": pitch}[name](folder)
    ]
    if material.has("prompts"):
        for path in material.audio_files(material.DATA / "prompts"):
            voice = path.relative_to(material.DATA / "prompts").parts[0]
            title = f"telephone prompts, {PROMPT_LANGUAGES[voice[:2]]}"
            rows.append({"file": path, "speaker": voice, "activation": 0, "valence": 0, "set": title})
    return rows


def read_speech_table(folder):
    """Spread of the estimates of each set and the share of intervals that hold neutral, in speakers' own terms."""
    rows = read_speech(folder)
    table, found = folder / "table.csv", folder / "audit.json"
    write_table(rows, table)
    command = [str(material.COMMAND), "audit", str(table), "--json", str(found)]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    recordings = json.loads(found.read_text(encoding="utf-8"))["recordings"]
    figures = json.loads(WEIGHTS.read_text(encoding="utf-8"))
    lines = [
        "| set | speakers | recordings | without an estimate | activation, mean | its standard deviation "
        "| 80 % intervals that hold 0 | valence, standard deviation | 80 % intervals that hold 0 |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    sets = {str(row["file"]): row["set"] for row in rows}
    for name in dict.fromkeys(sets.values()):
        own = [recording for recording in recordings if sets[recording["file"]] == name]
        scored = [recording for recording in own if recording.get("activation") is not None]
        cells = [name, len({recording["speaker"] for recording in own}), len(own), len(own) - len(scored)]
        for part in ("activation", "valence"):
            values = np.array([recording[part] for recording in scored])
            inside = np.mean(np.abs(values) <= figures["half_width_80_pct"][part])
            cells += [f"{values.mean():+.2f}"] if part == "activation" else []
            cells += [f"{values.std():.2f}", f"{100 * inside:.0f} %"]
        lines.append("| " + " | ".join(map(str, cells)) + " |")
    return "\n".join(lines)


def write_table(rows, path):
    with open(path, "w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, rows[0].keys())
        writer.writeheader()
        writer.writerows(rows)


def audit(rows, folder):
    table = folder / "table.csv"
    write_table(rows, table)
    run = subprocess.run([str(material.COMMAND), "audit", str(table)], check=True, capture_output=True, text=True)
    return run.stdout.strip().replace("### ", "#### ")


def activations(lines):
    """Activation of the ticks that have one, by speaker and second."""
    ticks = [line for line in lines if line["type"] == "tick" and line["activation"]["value"] is not None]
    return {(line["speaker"], round(line["t"])): line["activation"] for line in ticks}


def scores(sides, folder):
    """Mean engagement and mean activation of each side; activation in points, 50 for 1."""
    events = folder / "call.ndjson"
    speakers = [f"--speaker={name}={path}" for name, path in sides.items()]
    run = subprocess.run(
        [str(material.COMMAND), "analyze", "--json", "--events", str(events), *speakers],
        check=True, capture_output=True, text=True,
    )  # fmt: skip
    found = json.loads(run.stdout)["speakers"]
    told = activations(json.loads(line) for line in events.read_text(encoding="utf-8").splitlines())
    mean = {name: np.mean([told[key]["value"] for key in told if key[0] == name]) for name in sides}
    return {name: (found[name]["engagement_mean"], 50 * mean[name]) for name in sides}


def changed(sides, change, folder):
    found = {}
    for name, path in sides.items():
        found[name] = folder / f"{name}.wav"
        # 32-bit float: louder does not clip.
        command = ["ffmpeg", "-v", "error", "-nostdin", "-y", "-i", str(path), "-af", change, "-c:a", "pcm_f32le"]
        subprocess.run([*command, str(found[name])], check=True)
    return found


def held_out():
    figures = json.loads(WEIGHTS.read_text(encoding="utf-8"))["held_out_speakers"]
    names = {
        "ccc": "concordance (CCC; Lin, 1989)",
        "correlation": "correlation",
        "mean_absolute_error": "mean absolute error, on a scale of −1 to 1",
        "coverage_of_80_pct_intervals": "share of the 80 % intervals that hold the label",
        "coverage_by_speaker_least_most": "the same of the speakers with the least and the most",
        "auc_high_low": "AUC, anger, fear, joy against boredom, neutral, sadness",
        "auc_high_low_with_disgust_low": "AUC, the same with disgust among the low",
        "auc_joy_anger": "AUC, joy against anger",
    }
    lines = ["| | activation | valence |", "|---|---|---|"]
    for key, name in names.items():
        cells = []
        for part in ("activation", "valence"):
            value = figures[part].get(key, "–")
            cells.append(" to ".join(map(str, value)) if isinstance(value, list) else str(value))
        lines.append(f"| {name} | {cells[0]} | {cells[1]} |")
    return "\n".join(lines)


def shifts():
    """Figures where more than the speaker is new to the weights."""
    found = json.loads(WEIGHTS.read_text(encoding="utf-8"))["held_out_speakers_and"]
    lines = [
        "| new to the weights | activation, CCC | AUC | 80 % intervals that hold the label | valence, correlation "
        "| 80 % intervals that hold the label |",
        "|---|---|---|---|---|---|",
    ]
    for name, figures in found.items():
        activation, valence = figures["activation"], figures["valence"]
        cells = [
            activation["ccc"], activation["auc_high_low"], activation["coverage_of_80_pct_intervals"],
            valence["correlation"], valence["coverage_of_80_pct_intervals"],
        ]  # fmt: skip
        lines.append(f"| {name} | {' | '.join(map(str, cells))} |")
    return "\n".join(lines)


def invariance(folder):
    """Mean scores of a call as it is, and how far they move where the whole call is changed."""
    sides = {name: material.DATA / "calls" / f"repairs40-{name}.flac" for name in ("agent", "customer")}
    plain = scores(sides, folder)
    lines = ["| | " + " | ".join(f"{name}, engagement | {name}, activation" for name in sides) + " |", "|---|---|---|---|---|"]

    def row(title, found, form):
        cells = [form.format(value) for name in sides for value in found[name]]
        return f"| {title} | " + " | ".join(cells) + " |"

    lines.append(row("as it is, mean score", plain, "{:.1f}"))
    for title, change in CHANGES.items():
        found = scores(changed(sides, change, folder), folder)
        moved = {name: [new - old for new, old in zip(found[name], plain[name])] for name in sides}
        lines.append(row(title, moved, "{:+.1f}"))
    return "\n".join(lines)


def made_call(own, order, chance, folder):
    """Activation at the end of each block of one category, by category: (end of the block, as `analyze` ticks it)."""
    parts, ends = [], []
    for category in order:
        chosen = chance.sample(own[category], len(own[category])) * BLOCK_RECORDINGS
        parts += [material.decode(path, 16_000) for path in chosen[:BLOCK_RECORDINGS]]
        ends.append(sum(len(part) for part in parts) // 16_000)
    recording, events = folder / "call.wav", folder / "call.ndjson"
    material.save(recording, np.concatenate(parts), 16_000)
    command = [str(material.COMMAND), "analyze", "--json", "--events", str(events), str(recording)]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    lines = [json.loads(line) for line in events.read_text(encoding="utf-8").splitlines()]
    ticks = {second: activation for (_, second), activation in activations(lines).items()}
    return [ticks.get(end) for end in ends]


def blocks(folder):
    """Estimates of the whole engine in calls made of recordings: each category for half a minute, twice over."""
    chance = random.Random(1)
    found, labels, categories = [], [], []
    for speaker in ACTORS:
        own = {}
        for path in material.audio_files(material.DATA / "emotion" / "wav"):
            if path.stem[:2] == speaker:
                own.setdefault(path.stem[5], []).append(path)
        order = sorted(category for category, paths in own.items() if len(paths) >= 5)
        chance.shuffle(order)
        # What is usual has to be learnt: the second time counts.
        ticks = made_call(own, order + order, chance, folder)[len(order) :]
        for category, tick in zip(order, ticks):
            if tick is not None:
                found.append((tick["value"], *tick["interval"]))
                labels.append(LABELS[category])
                categories.append(category)
    activation, low, high = np.array(found).T
    _, activation_label = (np.array(labels) - np.mean(labels, axis=0)).T
    raised = np.isin(categories, list("WAF"))
    calm = np.isin(categories, list("LNT"))
    covariance = np.cov(activation, activation_label, bias=True)
    shift = activation.mean() - activation_label.mean()
    concordance = 2 * covariance[0, 1] / (covariance[0, 0] + covariance[1, 1] + shift**2)
    above = activation[raised][:, None] - activation[calm]
    return "\n".join(
        [
            "| blocks | activation, CCC | activation, AUC | 80 % intervals that hold the label |",
            "|---|---|---|---|",
            f"| {len(found)} | {concordance:.2f} | {np.mean((above > 0) + 0.5 * (above == 0)):.2f} "
            f"| {100 * np.mean((low <= activation_label) & (activation_label <= high)):.0f} % |",
        ]
    )


def write_card():
    """Writes the figures between their marks in the model card; what can't be measured here stays as it is."""
    card = CARD.read_text(encoding="utf-8")
    card = between_marks(card, "held-out", held_out())
    card = between_marks(card, "shifts", shifts())
    if material.has("prompts"):
        with tempfile.TemporaryDirectory() as place:
            card = between_marks(card, "read-speech", read_speech_table(pathlib.Path(place)))
    for name, make in (("accents", accents), ("emotion", emotion), ("pitch", pitch)):
        if not material.has(name):
            continue
        with tempfile.TemporaryDirectory() as place:
            folder = pathlib.Path(place)
            card = between_marks(card, name, audit(make(folder), folder))
    if material.has("emotion"):
        with tempfile.TemporaryDirectory() as place:
            card = between_marks(card, "blocks", blocks(pathlib.Path(place)))
    if material.has("calls"):
        with tempfile.TemporaryDirectory() as place:
            card = between_marks(card, "invariance", invariance(pathlib.Path(place)))
    CARD.write_text(card, encoding="utf-8")
    print(f"evaluate: wrote {CARD}")


def between_marks(text, name, part):
    begin, end = f"<!-- {name}: by make evaluate -->", f"<!-- end of {name} -->"
    before, rest = text.split(begin)
    return f"{before}{begin}\n\n{part}\n\n{end}{rest.split(end)[1]}"
