#!/usr/bin/env python3
"""Fetch the sentiment lexicon of VADER 3.3.2 (Hutto & Gilbert, 2014; MIT licence) and convert it to a flat file.

usage: fetch-lexicon.py [FOLDER]        (default: models/ of the checkout)

Takes the pinned wheel from PyPI with pip, checks its hash, and writes vader-3.3.2.lexicon (its words, boosters,
negations and phrases in the format of docs/captions.md) and vader-3.3.2.LICENSE. Nothing of the package is run. Does
nothing where both are there already.
"""

import ast
import io
import sys
import zipfile

from pinned_wheel import checked, folder_of, is_there, put, wheel

VERSION = "3.3.2"
WHEEL_SHA256 = "3bf1d243b98b1afad575b9f22bc2cb1e212b94ff89ca74f8a23a588d024ea311"
FLAT_SHA256 = "1e11c41d6e395c6d007a475218442c942b674926b169f24199af704539c6949c"
WORDS = "vaderSentiment/vader_lexicon.txt"
MODULE = "vaderSentiment/vaderSentiment.py"
LICENSE = f"vaderSentiment-{VERSION}.dist-info/LICENSE.txt"


def constant(node, known):
    """The value of a literal, with names of numbers told before put in."""
    if isinstance(node, ast.Name):
        return known[node.id]
    if isinstance(node, ast.List):
        return [constant(element, known) for element in node.elts]
    if isinstance(node, ast.Dict):
        return {constant(key, known): constant(value, known) for key, value in zip(node.keys, node.values)}
    return ast.literal_eval(node)


def constants(module):
    """Name -> value of the literals that a module sets at its top."""
    known = {}
    for statement in ast.parse(module).body:
        if isinstance(statement, ast.Assign) and isinstance(statement.targets[0], ast.Name):
            known[statement.targets[0].id] = constant(statement.value, known)
    return known


def words(text):
    """Word -> valence; what the lower-cased words of a text can't match is left out, the last of doubles counts."""
    found = {}
    for line in text.split("\n"):
        if line.strip():
            word, valence = line.strip().split("\t")[:2]
            if word == word.lower() and len(word.split()) == 1:
                found[word] = float(valence)
    return found


def convert(word_list, module):
    named = constants(module)
    lines = ["language\ten", "contrast\tbut"]
    lines += [f"negation\t{word}" for word in sorted(set(named["NEGATE"]))]
    lines += [f"booster\t{term}\t{value:g}" for term, value in sorted(named["BOOSTER_DICT"].items())]
    # Phrases are looked for among two and three words; one of a single word would never be found.
    phrases = {term: value for term, value in named["SPECIAL_CASES"].items() if " " in term}
    lines += [f"phrase\t{term}\t{value:g}" for term, value in sorted(phrases.items())]
    lines += [f"word\t{word}\t{valence:g}" for word, valence in sorted(words(word_list).items())]
    return ("\n".join(lines) + "\n").encode()


def main():
    folder = folder_of(sys.argv)
    target = folder / f"vader-{VERSION}.lexicon"
    notice = folder / f"vader-{VERSION}.LICENSE"
    if is_there(target, notice, FLAT_SHA256):
        print(f"{target} is there")
        return
    with zipfile.ZipFile(io.BytesIO(wheel("vaderSentiment", VERSION, WHEEL_SHA256))) as archive:
        flat = convert(archive.read(WORDS).decode(), archive.read(MODULE).decode())
        put(target, checked(flat, FLAT_SHA256, "the converted file"), notice, archive.read(LICENSE))


if __name__ == "__main__":
    main()
