#!/usr/bin/env python3
"""Writes the values of config/attune.yaml, without its comments, into Sources/Settings/ShippedValues.swift, so that
`attune config show` can say what a default is."""
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
lines = [line for line in (ROOT / "config/attune.yaml").read_text(encoding="utf-8").splitlines()
         if line.strip() and not line.strip().startswith("#")]
(ROOT / "Sources/Settings/ShippedValues.swift").write_text("\n".join([
    "// Made from config/attune.yaml by scripts/config/embed_defaults.py (`make schemas`); a test compares. Not to be edited.",
    "// swift-format-ignore-file",
    "",
    "/// The values of the shipped configuration file, which are the defaults.",
    'let shippedValues = #"""', *("    " + line for line in lines), '    """#', ""]), encoding="utf-8")
