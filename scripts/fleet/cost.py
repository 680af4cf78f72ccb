#!/usr/bin/env python3
"""What a bus costs a node, and that none costs nothing: the same calls at a daemon without a bus and at one with it, in
turn; CPU time, threads and open files of each.

usage: cost.py BIN_FOLDER CALL_FOLDER [--calls N] [--seconds S] [--rounds R]
"""
import argparse
import os
import statistics
import time

from harness import Fleet

TICKS = os.sysconf("SC_CLK_TCK")


def cpu_seconds(pid):
    with open(f"/proc/{pid}/stat", encoding="utf-8") as file:
        words = file.read().rsplit(")", 1)[1].split()
    return (int(words[11]) + int(words[12])) / TICKS


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("binaries")
    parser.add_argument("call")
    parser.add_argument("--calls", type=int, default=20)
    parser.add_argument("--seconds", type=int, default=30)
    parser.add_argument("--rounds", type=int, default=4)
    arguments = parser.parse_args()
    fleet = Fleet(arguments.binaries, arguments.call)
    try:
        alone = fleet.add_node("alone", settings={"bus.url": "", "bus.node": "", "bus.node_url": ""})
        on_bus = fleet.add_node("on-bus")
        gateway = fleet.add_gateway("gateway")
        spent = {alone.name: [], on_bus.name: []}
        for turn in range(arguments.rounds):
            for node in (alone, on_bus) if turn % 2 == 0 else (on_bus, alone):
                sessions = [f"{node.name} {turn} {number}" for number in range(arguments.calls)]
                for number, session in enumerate(sessions):
                    fleet.call(session, gateway, offset=number * 200, node=node)
                time.sleep(5)
                before = cpu_seconds(node.pid)
                time.sleep(arguments.seconds)
                spent[node.name].append((cpu_seconds(node.pid) - before) * 100 / arguments.seconds)
                for session in sessions:
                    fleet.hang_up(session)
                    node.detach(session)
        for node in (alone, on_bus):
            shares = spent[node.name]
            threads, files = (len(os.listdir(f"/proc/{node.pid}/{what}")) for what in ("task", "fd"))
            print(f"{node.name}: {statistics.median(shares):.2f} % of a core for {2 * arguments.calls} streams "
                  f"(of each round {', '.join(f'{share:.2f}' for share in shares)}); "
                  f"{threads} threads, {files} open files")
    finally:
        fleet.close()


if __name__ == "__main__":
    main()
