#!/usr/bin/env python3
"""Writes the schemas of docs/schema into Sources/Schema/SchemaFiles.swift, so that `attune` carries them."""

import json
from pathlib import Path

root = Path(__file__).resolve().parent.parent
folder = root / "docs/schema"
lines = [
    "// Made from docs/schema by scripts/embed-schemas.py (`make schemas`); a test compares. Not to be edited.",
    "// swift-format-ignore-file",
    "",
    "enum SchemaFiles {",
    "    /// Text of each schema file by its path below docs/schema.",
    "    static let texts: [String: String] = [",
]
for path in sorted(folder.rglob("*.schema.json"), key=lambda path: str(path.relative_to(folder))):
    text = path.read_text(encoding="utf-8")
    json.loads(text)
    lines.append(f'        "{path.relative_to(folder)}": #"""')
    lines += [text, '"""#,']
lines += ["    ]", "}", ""]
(root / "Sources/Schema/SchemaFiles.swift").write_text("\n".join(lines), encoding="utf-8")
