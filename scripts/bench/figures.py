"""Figures of the benchmarks: what a process has used, and where the tables stand."""

import os
import re
import sys

DOCS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "docs", "performance.md")


def cpu_seconds(pid):
    """CPU time of a process so far, all its threads, user and system."""
    with open(f"/proc/{pid}/stat", encoding="ascii") as file:
        fields = file.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def resident_mib(pid):
    """Memory of a process that is resident now, MiB."""
    with open(f"/proc/{pid}/status", encoding="ascii") as file:
        return int(re.search(r"VmRSS:\s+(\d+)", file.read())[1]) / 1024


def quantile(values, share):
    """The value below which that share of the values lies; not a number where there are none."""
    values = sorted(values)
    return values[min(len(values) - 1, int(share * len(values)))] if values else float("nan")


def write_table(mark, text):
    """Puts a table between the marks of docs/performance.md that are called so."""
    with open(DOCS, encoding="utf-8") as file:
        page = file.read()
    page, count = re.subn(rf"(<!-- {mark} -->\n).*?(<!-- /{mark} -->)", lambda found: f"{found[1]}{text}\n{found[2]}",
                          page, flags=re.S)
    if count != 1:
        raise SystemExit(f"{DOCS}: there is no place for a table '{mark}'")
    with open(DOCS, "w", encoding="utf-8") as file:
        file.write(page)


def show(mark, heads, rows, missed, writes):
    """Prints a table, puts it into docs/performance.md where asked, and fails where something is missed."""
    table = "\n".join("| " + " | ".join(row) + " |" for row in [heads, ["---"] * len(heads), *rows])
    print(table)
    if writes:
        write_table(mark, table)
    if missed:
        sys.exit("missed: " + "; ".join(missed))
