"""Cases of calls that go from one node to another, or end with theirs."""
import os
import secrets
import sys
import tempfile
import threading
import time
import urllib.parse

from checks import MEASURED, begin, check, expect, follow, settle, ticks_again
from harness import wait_for
from meeting import Meeting

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))

from senders import zoom as zoom_double  # noqa: E402
from senders.play import samples  # noqa: E402


def drain(binaries, call, version):
    """A node with 20 calls drains: it gets no more, ends with the last, and no event of them is lost."""
    fleet, _ = begin(binaries, call, version, calls=0)
    try:
        first = fleet.nodes[0]
        sessions = [f"drained {number}" for number in range(20)]
        for number, session in enumerate(sessions):
            fleet.call(session, fleet.gateways[0], offset=number * 200, node=first)
        overlays = follow(fleet, sessions)
        first.control("POST", "/v1/drain", {})
        time.sleep(5)
        places = [fleet.gateways[number % 2].place(f"new {number}")["node"] for number in range(20)]
        expect(set(places) == {"node-2"}, "a call went to a node that drains")
        for session in sessions:
            fleet.hang_up(session)
            first.detach(session)
            time.sleep(0.1)
        wait_for(lambda: first.process.poll() is not None, 60, "the end of the node")
        expect(first.process.returncode == 0, f"the node ended with {first.process.returncode}")
        for overlay in overlays:
            wait_for(lambda o=overlay: any(event["type"] == "session.ended" for _, _, event, _ in list(o.told)), 20,
                     f"the end of {overlay.session}")
        settle(overlays)
        check(fleet, overlays)
        expect(all(not overlay.missing() for overlay in overlays), "events of the drained node are missing")
    finally:
        fleet.close()


def scored(overlay, after):
    """Media times of the ticks with a score of engagement that came after a moment."""
    return [event["t"] for _, at, event, _ in list(overlay.told)
            if at > after and event["type"] == "tick" and "score" in (event.get("engagement") or {})
            and event["engagement"]["score"] is not None]


def move(binaries, call, version):
    """A call goes to another node while the one before is still there: what is usual for its people goes along, and the
    end of the session at the old node takes nothing from the new one."""
    fleet, _ = begin(binaries, call, version, calls=0)
    try:
        (first, second), session = fleet.nodes, "moved"
        fleet.call(session, fleet.gateways[0], node=first)
        overlays = follow(fleet, [session])
        wait_for(lambda: scored(overlays[0], 0), 180, "a score at the first node")
        # What is usual is written down every 15 s.
        time.sleep(18)
        fleet.hang_up(session)
        moved = time.monotonic()
        fleet.call(session, fleet.gateways[0], node=second)
        ticks_again(overlays, 30, "the move")
        first.detach(session)
        time.sleep(2)
        place = fleet.gateways[1].place(session)
        expect(place["node"] == second.name and place["term"] == 2, f"it was moved, and its place is {place}")
        wait_for(lambda: scored(overlays[0], moved), 180, "a score at the second node")
        gaps = [event for _, at, event, _ in list(overlays[0].told) if at > moved and event["type"] == "gap"]
        expect(any(gap["why"] == "node" for gap in gaps), f"nobody was told of the move: {gaps}")
        waited = scored(overlays[0], moved)[0] - max(gap["to_s"] for gap in gaps if gap["why"] == "node")
        # The window of 30 s has to fill; without what was usual, 10 s more and 20 s of own speech are wanted.
        expect(waited <= 36, f"scores came again after {waited:.1f} s")
        ended = [event for _, at, event, _ in list(overlays[0].told) if event["type"] == "session.ended"]
        expect(not ended, "the end at the old node was told")
        settle(overlays)
        check(fleet, overlays)
    finally:
        fleet.close()


def handover(binaries, call, version):
    """A node drains whose calls do not end, and which fetches their media itself: another node fetches it, knows what
    was agreed to, and no overlay hears of an end."""
    meeting = Meeting(call)
    secret, client = secrets.token_hex(16), "fleet"
    # Gone once nobody holds it.
    file = tempfile.NamedTemporaryFile("w")
    file.write(secret)
    file.flush()
    fleet, _ = begin(binaries, call, version, calls=0,
                     settings={"sources.zoom_client_id": client, "sources.zoom_secret": file.name})
    # Zoom ends a connection when the next one comes, and so does its double.
    zoom = zoom_double.Meeting(
        client, secret, [(1, "Anna", samples(f"{call}/anna.wav") * 9), (2, "Ben", samples(f"{call}/ben.wav") * 9)])
    try:
        first, second = fleet.nodes
        sessions = [f"fetched {number}" for number in range(4)]
        for session in sessions:
            first.control("POST", f"/v1/sessions/{urllib.parse.quote(session, safe='')}/sources", {
                "url": meeting.url, "session": session, "consent": "granted", "notice_id": "demo",
                "tracks": [{"track": 0, "speaker": "anna", "role": "rep"},
                           {"track": 1, "speaker": "ben", "role": "customer"}]})
        location = f"rtms:ws://127.0.0.1:{zoom.port}/signalling?" + urllib.parse.urlencode(
            {"meeting_uuid": zoom.meeting, "rtms_stream_id": zoom.stream})
        first.control("POST", "/v1/sessions/zoom/sources", {
            "url": location, "session": "zoom", "consent": "granted", "notice_id": "demo",
            "tracks": [{"cname": "Anna", "speaker": "anna", "role": "rep"},
                       {"cname": "Ben", "speaker": "ben", "role": "customer"}]})
        threading.Thread(target=zoom.play, daemon=True).start()
        sessions.append("zoom")
        # What is sent to this node can't be fetched by another one.
        fleet.call("sent", fleet.gateways[0], node=first)
        overlays = follow(fleet, sessions)
        first.control("PUT", f"/v1/sessions/{urllib.parse.quote(sessions[0], safe='')}/speakers/ben/consent",
                      {"consent": "withheld"})
        time.sleep(5)
        drained = time.monotonic()
        first.control("POST", "/v1/drain", {"timeout_s": 0})
        wait_for(lambda: first.process.poll() is not None, 60, "the end of the node")
        expect(first.process.returncode == 0, f"the node ended with {first.process.returncode}")
        ticks_again(overlays, 30, "the handing over")
        running = {one["session"] for one in second.control("GET", "/v1/sessions")}
        expect(running == set(sessions), f"the second node has {running}")
        time.sleep(10)
        for overlay in overlays:
            told = [(event, at) for _, at, event, _ in list(overlay.told) if at > drained]
            gaps = [event for event, _ in told if event["type"] == "gap" and event["why"] == "node"]
            expect(gaps, f"{overlay.session}: nobody was told of the move")
            expect(max(gap["to_s"] - gap["from_s"] for gap in gaps) < 10, f"{overlay.session}: {gaps}")
            expect(not any(event["type"] == "session.ended" for event, _ in told), f"{overlay.session} ended")
            of_ben = {event["type"] for event, _ in told if event.get("speaker") == "ben"} & MEASURED
            expect(bool(of_ben) != (overlay.session == sessions[0]), f"{overlay.session}: of ben {of_ben}")
            expect(fleet.gateways[1].place(overlay.session)["node"] == second.name, "the place")
        expect(len(zoom.handshakes) == 4, f"the meeting was opened by {len(zoom.handshakes)} handshakes, not by four")
        settle(overlays)
        check(fleet, overlays)
    finally:
        fleet.close()
        meeting.shutdown()
        file.close()
