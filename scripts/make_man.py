#!/usr/bin/env python3
"""Writes man pages and shell completions of commands that are built with swift-argument-parser.

usage: make_man.py OUTPUT_FOLDER COMMAND[:SECTION] ...

COMMAND is the path of a program; what it says of itself (--experimental-dump-help) becomes a page per subcommand in
OUTPUT_FOLDER/man/manSECTION (default: 1). Its completions lie where bash, zsh and fish look for them below share/.
"""
import json
import os
import subprocess
import sys

SHELLS = {
    "bash": "bash-completion/completions/{}",
    "zsh": "zsh/site-functions/_{}",
    "fish": "fish/vendor_completions.d/{}.fish",
}
STATUS = """0 all went well; 64 wrong usage; 65 bad data; 66 no such input; 69 the daemon or something that it needs is
not there; 70 a fault of the program; 73 a file can't be written; 78 wrong configuration."""


def roff(text):
    """Text that troff takes as it is."""
    text = text.replace("\\", "\\e").replace("-", "\\-")
    return "\n".join("\\&" + line if line[:1] in (".", "'") else line for line in text.split("\n"))


def name_of(argument):
    """An option or argument as it is typed, marked up."""
    value = f"\\fI{roff(argument.get('valueName', 'value'))}\\fR"
    if argument["kind"] == "positional":
        return value
    names = [("--" if name["kind"] == "long" else "-") + name["name"] for name in argument["names"]]
    shown = ", ".join(f"\\fB{roff(name)}\\fR" for name in names)
    return shown if argument["kind"] == "flag" else f"{shown} {value}"


def synopsis(path, command):
    parts = [f"\\fB{roff(' '.join(path))}\\fR"]
    if command.get("subcommands"):
        parts.append("\\fISUBCOMMAND\\fR")
    for argument in shown_arguments(command):
        part = name_of(argument) + (" ..." if argument["isRepeating"] else "")
        parts.append(f"[{part}]" if argument["isOptional"] else part)
    return " ".join(parts)


def shown_arguments(command):
    hidden = {"help", "version"}
    for argument in command.get("arguments", []):
        names = {name["name"] for name in argument.get("names", [])}
        if argument["shouldDisplay"] and not names & hidden:
            yield argument


def discussion(text):
    """Paragraphs, and the examples as they are."""
    lines, is_example = [], False
    for line in text.split("\n"):
        if line.strip() == "EXAMPLES:":
            lines += [".SH EXAMPLES", ".nf"]
            is_example = True
        elif is_example:
            lines.append(roff(line.removeprefix("  ")))
        else:
            lines.append(roff(line) if line.strip() else ".PP")
    return lines + ([".fi"] if is_example else [])


def page(path, command, section, parent):
    title = "-".join(path)
    abstract = command.get("abstract", "").rstrip(".")
    lines = [
        f'.TH {title.upper()} {section} "" "Attune" "Attune"', ".SH NAME", roff(f"{title} - {abstract}"),
        ".SH SYNOPSIS", synopsis(path, command)]
    parts = discussion(command.get("discussion", "").strip("\n"))
    examples = next((i for i, line in enumerate(parts) if line == ".SH EXAMPLES"), len(parts))
    if any(line not in ("", ".PP") for line in parts[:examples]):
        lines += [".SH DESCRIPTION"] + parts[:examples]
    arguments = list(shown_arguments(command))
    if arguments:
        lines.append(".SH OPTIONS")
        for argument in arguments:
            lines += [".TP", name_of(argument), roff(argument.get("abstract", ""))]
    commands = [sub for sub in command.get("subcommands", []) if sub["commandName"] != "help"]
    if commands:
        lines.append(".SH SUBCOMMANDS")
        for sub in commands:
            lines += [".TP", f"\\fB{roff(title)}\\-{roff(sub['commandName'])}\\fR({section})",
                      roff(sub.get("abstract", ""))]
    lines += parts[examples:] + [".SH EXIT STATUS", roff(STATUS)]
    others = [parent] if parent else ["attuned(8)" if section == "1" else "attune(1)"]
    lines += [".SH SEE ALSO", roff(", ".join(others))]
    return title, "\n".join(lines) + "\n"


def pages(path, command, section, parent=None):
    yield page(path, command, section, parent)
    for sub in command.get("subcommands", []):
        if sub["commandName"] != "help":
            yield from pages(path + [sub["commandName"]], sub, section, f"{'-'.join(path)}({section})")


def output(*command):
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def write(path, text):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)


def main(folder, commands):
    for command in commands:
        program, _, section = command.partition(":")
        program, section = os.path.abspath(program), section or "1"
        name = os.path.basename(program)
        description = json.loads(output(program, "--experimental-dump-help"))["command"]
        for title, text in pages([name], description, section):
            write(os.path.join(folder, "man", f"man{section}", f"{title}.{section}"), text)
        for shell, path in SHELLS.items():
            write(os.path.join(folder, path.format(name)), output(program, "--generate-completion-script", shell))


if __name__ == "__main__":
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    main(sys.argv[1], sys.argv[2:])
