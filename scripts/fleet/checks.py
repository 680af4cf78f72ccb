"""What cases of a fleet have in common: how they begin, and what is held against what."""
import time

from harness import Fleet, wait_for
from overlay import check_overlay

MEASURED = {"tick", "turn", "overlap", "overlap.started", "speech.started", "speech.ended", "speech.revised",
            "cue.raised", "cue.changed", "cue.cleared", "quality", "words", "tracker", "video"}


class Failed(Exception):
    pass


def expect(condition, what):
    if not condition:
        raise Failed(what)


def check(fleet, overlays):
    for overlay in overlays:
        truth = [fact for node in fleet.nodes for fact in node.facts(overlay.session)]
        wrong = check_overlay(overlay, truth)
        expect(not wrong, f"{overlay.session}: {'; '.join(wrong[:5])}")
        expect(overlay.facts(), f"{overlay.session}: nothing was told")


def begin(binaries, call, version, nodes=2, gateways=2, calls=6, settings=None, **options):
    fleet = Fleet(binaries, call, version, **options)
    for number in range(1, nodes + 1):
        fleet.add_node(f"node-{number}", settings=settings)
    for number in range(1, gateways + 1):
        fleet.add_gateway(f"gateway-{number}")
    wait_for(lambda: fleet.gateways[0].metric("attune_fleet_nodes") == nodes, 20, "all nodes")
    where = {}
    for index in range(calls):
        session = f"call {index + 1}"
        where[session] = fleet.call(session, fleet.gateways[index % gateways], offset=index * 400)
    return fleet, where


def follow(fleet, sessions):
    """Overlays at the gateways in turn, each of which goes to the next where its own breaks off."""
    overlays = []
    for index, session in enumerate(sessions):
        turned = fleet.gateways[index % len(fleet.gateways):] + fleet.gateways[:index % len(fleet.gateways)]
        overlays.append(fleet.overlay(session, turned))
    for overlay in overlays:
        wait_for(lambda o=overlay: o.ticks_since(0) > 2, 60, f"ticks of {overlay.session}")
    return overlays


def ticks_again(overlays, seconds, what):
    moment = time.monotonic()
    for overlay in overlays:
        wait_for(lambda o=overlay: o.ticks_since(moment) > 1, seconds, f"ticks of {overlay.session} after {what}")


def settle(overlays):
    """Until what was said last is with all."""
    time.sleep(3)
    for overlay in overlays:
        overlay.is_over = True
    for overlay in overlays:
        overlay.join(timeout=20)
