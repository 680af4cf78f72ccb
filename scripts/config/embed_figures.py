#!/usr/bin/env python3
"""Writes the measured figures of docs/model-card.md into Sources/attune/Compliance/ModelCardFigures.swift, so that
`attune compliance` hands them on and nobody types them."""
import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
TITLES = {"held-out": "Activation and valence of speakers that the fit has not seen",
          "shifts": "The same, with more that is new",
          "read-speech": "Read speech, for which 0 is right",
          "accents": "By groups of speakers: read speech",
          "emotion": "By groups of speakers: acted emotion",
          "pitch": "Pitch by groups of speakers",
          "invariance": "What must not move a score"}
text = (ROOT / "docs/model-card.md").read_text(encoding="utf-8")
lines = ["// Made from docs/model-card.md by scripts/config/embed_figures.py (`make schemas`); a test compares. Not to be edited.",
         "// swift-format-ignore-file", "",
         "/// Figures that `make evaluate` has measured, as docs/model-card.md has them: heading and Markdown.",
         "let modelCardFigures: [(title: String, markdown: String)] = ["]
for name, title in TITLES.items():
    found = re.search(rf"<!-- {name}: by make evaluate -->\n(.*?)<!-- end of {name} -->", text, re.S)
    lines += [f'    ("{title}", #"""', *("    " + line if line else "" for line in found.group(1).strip().splitlines()),
              '    """#),']
(ROOT / "Sources/attune/Compliance/ModelCardFigures.swift").write_text("\n".join(lines + ["]", ""]), encoding="utf-8")
