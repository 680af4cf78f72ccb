#!/usr/bin/env python3
"""What a fleet promises where something of it fails, held against real programs: nodes, gateways and the NATS server
are killed, stopped and cut off, and what each overlay was told is held against what nodes told on their own sockets.

usage: failures.py BIN_FOLDER CALL_FOLDER [--server debian|pypi] [CASE ...]

The case `partition` needs root, for a network namespace.
"""
import os
import shutil
import subprocess
import sys
import time

from checks import MEASURED, Failed, begin, check, expect, follow, settle, ticks_again
from harness import Fleet, wait_for
from moves import drain, handover, move
from overlay import Overlay


def gateway(binaries, call, version):
    """A gateway is killed: overlays go on at the other, with each event once."""
    fleet, where = begin(binaries, call, version)
    try:
        overlays = follow(fleet, where)
        for _ in range(3):
            fleet.gateways[0].kill()
            ticks_again(overlays, 20, "the end of a gateway")
            fleet.gateways[0].start()
            time.sleep(4)
        settle(overlays)
        check(fleet, overlays)
        expect(sum(overlay.breaks for overlay in overlays) >= 3, "no overlay has noticed")
    finally:
        fleet.close()


def server(binaries, call, version):
    """The NATS server is killed and comes back with nothing in its memory: nothing that nodes still have is lost."""
    fleet, where = begin(binaries, call, version)
    try:
        overlays = follow(fleet, where)
        for pause in (0.5, 4, 12):
            fleet.server.kill()
            time.sleep(pause)
            fleet.server.start()
            ticks_again(overlays, 30, "the end of the server")
            time.sleep(3)
        settle(overlays)
        check(fleet, overlays)
        expect(all(not overlay.missing() for overlay in overlays), "something is missing that the nodes had")
    finally:
        fleet.close()


def node(binaries, call, version):
    """A node is killed: told within 10 s, its calls are placed anew, and their overlays go on with the new node."""
    fleet, where = begin(binaries, call, version, nodes=3)
    try:
        overlays = follow(fleet, where)
        victim = where["call 1"]
        hit = [overlay for overlay in overlays if where[overlay.session] is victim]
        others = [overlay for overlay in overlays if where[overlay.session] is not victim]
        died = time.monotonic()
        victim.kill()
        for overlay in hit:
            told = wait_for(
                lambda o=overlay: next((at for _, at, event, _ in list(o.told) if at > died
                                        and event["type"] == "source.reconnecting"), None), 20, "word of the death")
            expect(told - died <= 10, f"the death of a node was told after {told - died:.1f} s")
        for index, overlay in enumerate(hit):
            fleet.hang_up(overlay.session)
            again = wait_for(lambda o=overlay: (lambda place: place and place["node"] != victim.name and place)(
                fleet.gateways[index % 2].place(o.session)), 20, "a new place")
            expect(again["term"] >= 2, f"the new place has term {again['term']}")
            fleet.call(overlay.session, fleet.gateways[0],
                       node=next(one for one in fleet.nodes if one.name == again["node"]))
        ticks_again(hit + others, 30, "the end of a node")
        settle(overlays)
        check(fleet, overlays)
    finally:
        fleet.close()


def slow(binaries, call, version):
    """A gateway is stopped for a while and goes on: its overlays get all that it missed."""
    fleet, where = begin(binaries, call, version, gateways=1)
    try:
        overlays = follow(fleet, where)
        os.kill(fleet.gateways[0].pid, 19)
        time.sleep(12)
        os.kill(fleet.gateways[0].pid, 18)
        ticks_again(overlays, 30, "the stop of a gateway")
        settle(overlays)
        check(fleet, overlays)
    finally:
        fleet.close()


CLOCK = r"""
#define _GNU_SOURCE
#include <dlfcn.h>
#include <sys/time.h>
#include <time.h>
int clock_gettime(clockid_t id, struct timespec *time) {
    static int (*real)(clockid_t, struct timespec *);
    if (!real) real = dlsym(RTLD_NEXT, "clock_gettime");
    int code = real(id, time);
    if (id == CLOCK_REALTIME) time->tv_sec -= 5;
    return code;
}
int gettimeofday(struct timeval *restrict time, void *restrict zone) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    time->tv_sec = now.tv_sec; time->tv_usec = now.tv_nsec / 1000;
    return 0;
}
"""


def clock(binaries, call, version):
    """A node whose clock is 5 s behind: its lease and its calls are as good as any."""
    fleet = Fleet(binaries, call, version)
    try:
        source, library = os.path.join(fleet.folder, "clock.c"), os.path.join(fleet.folder, "clock.so")
        with open(source, "w", encoding="utf-8") as file:
            file.write(CLOCK)
        subprocess.run(["cc", "-shared", "-fPIC", "-o", library, source, "-ldl"], check=True)
        fleet.add_node("node-1", environment={"LD_PRELOAD": library})
        fleet.add_node("node-2")
        fleet.add_gateway("gateway-1")
        wait_for(lambda: fleet.gateways[0].metric("attune_fleet_nodes") == 2, 20, "both nodes")
        for node in fleet.nodes:
            fleet.call(f"at {node.name}", fleet.gateways[0], node=node)
        overlays = follow(fleet, ["at node-1", "at node-2"])
        late, right = ([event["at"] for _, _, event, _ in overlay.told if event["type"] == "tick"][-1]
                       for overlay in overlays)
        expect(late < right, "the clock is not behind")
        time.sleep(15)
        expect(fleet.gateways[0].metric("attune_fleet_nodes") == 2, "a node was lost for its clock")
        ticks_again(overlays, 10, "15 s")
        settle(overlays)
        check(fleet, overlays)
    finally:
        fleet.close()


def certificates(folder, address):
    """A certificate for an address, which vouches for itself."""
    key, certificate = os.path.join(folder, "key.pem"), os.path.join(folder, "cert.pem")
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
         "-keyout", key, "-out", certificate, "-days", "2", "-subj", "/CN=bus", "-addext", f"subjectAltName=IP:{address},IP:127.0.0.1"],
        check=True, capture_output=True)
    return {"key": key, "certificate": certificate, "ca": certificate}


def partition(binaries, call, version):
    """A node is cut off from the bus for 30 s, and meanwhile somebody takes consent back there."""
    folder = f"/tmp/attune-partition-{os.getpid()}"
    os.makedirs(folder)
    space, outside, inside = f"attune-{os.getpid()}", f"at{os.getpid()}a", f"at{os.getpid()}b"
    here, there = "10.231.7.1", "10.231.7.2"

    def ip(*words):
        subprocess.run(["ip", *words], check=True)

    ip("netns", "add", space)
    fleet = None
    try:
        ip("link", "add", outside, "type", "veth", "peer", "name", inside)
        ip("link", "set", inside, "netns", space)
        ip("addr", "add", f"{here}/24", "dev", outside)
        ip("link", "set", outside, "up")
        ip("netns", "exec", space, "ip", "addr", "add", f"{there}/24", "dev", inside)
        ip("netns", "exec", space, "ip", "link", "set", inside, "up")
        ip("netns", "exec", space, "ip", "link", "set", "lo", "up")
        fleet = Fleet(binaries, call, version, tls=certificates(folder, here), host="0.0.0.0")
        fleet.add_node("cut", prefix=["ip", "netns", "exec", space], host=here)
        fleet.add_node("well", host="127.0.0.1")
        for number in (1, 2):
            fleet.add_gateway(f"gateway-{number}", host="127.0.0.1")
        wait_for(lambda: fleet.gateways[0].metric("attune_fleet_nodes") == 2, 20, "both nodes")
        cut, well = fleet.nodes
        fleet.call("here", fleet.gateways[0], node=well)
        # Its media is where it is: a sender of its own in that network.
        ports = [cut.attach("there", *who) for who in (("anna", "rep"), ("ben", "customer"))]
        sender = subprocess.Popen(
            ["ip", "netns", "exec", space, "ffmpeg", "-nostdin", "-loglevel", "error", "-re", "-stream_loop", "-1",
             "-i", os.path.join(call, "anna.wav"), "-re", "-stream_loop", "-1", "-i", os.path.join(call, "ben.wav"),
             *[word for index, port in enumerate(ports) for word in (
                 "-map", f"{index}:a:0", "-c:a", "pcm_mulaw", "-ar", "8000", "-ac", "1", "-f", "rtp",
                 f"rtp://127.0.0.1:{port}")]], stdout=subprocess.DEVNULL)
        try:
            there_overlay, here_overlay = overlays = follow(fleet, ["there", "here"])
            ip("link", "set", outside, "down")
            began = time.monotonic()
            time.sleep(8)
            cut.control("PUT", "/v1/sessions/there/speakers/anna/consent", {"consent": "withheld"})
            acted = time.monotonic()
            time.sleep(2)
            own = [event for _, at, event in list(cut.truth)
                   if at > acted + 1 and event.get("speaker") == "anna" and event["type"] in MEASURED]
            expect(not own, "the node itself went on to measure")
            wait_for(lambda: time.monotonic() - began > 30, 60, "the end of the cut")
            expect(here_overlay.ticks_since(began) > 20, "ticks of others did not go on")
            expect(there_overlay.ticks_since(began + 3) == 0, "the cut has cut nothing")
            lost = [event for _, at, event, _ in list(there_overlay.told)
                    if began < at < began + 12 and event["type"] == "source.reconnecting"]
            expect(lost, "nobody was told that the node is out of sight")
            ip("link", "set", outside, "up")
            ticks_again([there_overlay], 30, "the cut")
            wait_for(lambda: any(event["type"] == "consent" for _, _, event, _ in list(there_overlay.told)), 20,
                     "word of the consent")
            time.sleep(5)
            fresh = Overlay([fleet.gateways[1]], "there")
            fresh.last_id = there_overlay.told[0][0] + ":0"
            fresh.start()
            time.sleep(3)
            fresh.is_over = True
            settle(overlays)
            types = [event["type"] for _, _, event, _ in there_overlay.told]
            heard = types.index("consent")
            for told in (there_overlay.told[heard:], fresh.told):
                wrong = [event for _, _, event, _ in told if event["type"] in MEASURED
                         and "anna" in (event.get("speaker"), event.get("previous_speaker"), event.get("holder"))]
                expect(not wrong, f"measured of who takes no part: {wrong[:1]}")
            check(fleet, overlays)
        finally:
            sender.terminate()
            sender.wait()
    finally:
        if fleet:
            fleet.close()
        subprocess.run(["ip", "link", "del", outside], check=False)
        subprocess.run(["ip", "netns", "del", space], check=False)
        shutil.rmtree(folder, ignore_errors=True)


CASES = {case.__name__: case for case in (gateway, server, node, slow, clock, drain, handover, move, partition)}


def main():
    arguments = sys.argv[1:]
    version = "debian"
    if "--server" in arguments:
        place = arguments.index("--server")
        version = arguments[place + 1]
        del arguments[place:place + 2]
    binaries, call, *names = arguments
    failed = 0
    for name in names or CASES:
        began = time.monotonic()
        if name == "partition" and os.geteuid() != 0:
            print(f"skip  {name}: needs root", flush=True)
            continue
        try:
            CASES[name](binaries, call, version)
            print(f"ok    {name} ({version}, {time.monotonic() - began:.0f} s)", flush=True)
        except (Failed, SystemExit) as problem:
            failed += 1
            print(f"FAIL  {name} ({version}): {problem}", flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
