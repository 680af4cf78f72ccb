"""Recordings of which the syllables are known: acted sentences with hand labels, prompts read from a text."""

import dataclasses

import numpy as np

from evaluation import material, syllables

# Everything is joined at this rate.
RATE_HZ = 16_000
# The acted sentences are cut to, or padded with silence up to, this length.
SENTENCE_S = 2.0
WINDOW_S = 10.0


@dataclasses.dataclass
class Utterance:
    """Samples of one utterance, the syllables spoken in it, and where it begins in its speaker's recording."""

    samples: np.ndarray
    spoken: int
    start: int = 0

    @property
    def end(self):
        return self.start + len(self.samples)


def sentences():
    """Utterances by actor. A syllable counts where its middle lies before the cut."""
    speakers = {}
    folder = material.DATA / "emotion"
    for path in material.audio_files(folder / "wav"):
        rows = []
        for line in (folder / "silb" / f"{path.stem}.silb").read_text(encoding="latin-1").splitlines():
            words = line.split(None, 1)
            if words:
                rows.append((float(words[0]), words[1].strip() if len(words) > 1 else ""))
        samples = material.decode(path, RATE_HZ)[: int(SENTENCE_S * RATE_HZ)]
        # The padding is digital silence.
        samples = samples[: np.flatnonzero(samples)[-1] + 1] if samples.any() else samples[:0]
        # A dot ends the sentence, a bracket is a pause.
        spoken = sum(
            (start + end) / 2 < len(samples) / RATE_HZ
            for (start, label), (end, _) in zip(rows, rows[1:])
            if label not in (".", "(", "")
        )
        if spoken:
            speakers.setdefault(path.stem[:2], []).append(Utterance(samples, spoken))
    return speakers


def prompts():
    """Utterances by language; prompts whose reading the text does not tell (letters, sounds) are left out."""
    speakers = {}
    root = material.DATA / "prompts"
    for voice in sorted(path for path in root.iterdir() if path.is_dir()):
        language = voice.name[:2]
        if not (root / f"core-sounds-{language}.txt").exists():
            continue
        texts = {}
        text = (root / f"core-sounds-{language}.txt").read_text(encoding="utf-8-sig", errors="replace")
        for line in text.splitlines():
            name, colon, words = line.partition(":")
            if colon and not line.startswith(";"):
                texts[name.strip()] = words.strip()
        for path in material.audio_files(voice):
            name = str(path.relative_to(voice).with_suffix(""))
            if name.startswith(("letters/", "silence/")):
                continue
            spoken = syllables.count(texts.get(name, ""), language)
            if spoken:
                speakers.setdefault(language, []).append(Utterance(material.decode(path, RATE_HZ), spoken))
    return speakers


def recording(utterances):
    """All utterances of a speaker in a row; sets where each begins."""
    position = 0
    for utterance in utterances:
        utterance.start = position
        position += len(utterance.samples)
    return np.concatenate([utterance.samples for utterance in utterances])


def windows(utterances):
    """Runs of utterances, in order, of `WINDOW_S` or a little more."""
    window, length = [], 0
    for utterance in utterances:
        window.append(utterance)
        length += len(utterance.samples)
        if length >= WINDOW_S * RATE_HZ:
            yield window
            window, length = [], 0
