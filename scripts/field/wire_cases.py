"""Calls that senders bring by WebSocket, each dialect as its maker documents it, and senders that do not as they should."""

import collections
import inspect
import json
import multiprocessing
import os
import socket
import threading
import time
import urllib.parse

from senders import dialects
from senders.wire import Wire
from senders.zoom import Meeting

from .sending import LATENESS, WALL, favour
from .world import Check

# How far the begin of speech may lie off where it was sent, and its end: a voice behind G.711 dies away so that by which
# samples a hop begins, and that is chance, moves the end by up to 0.1 s.
BEGIN_TOLERANCE_S, END_TOLERANCE_S = 0.05, 0.15


def expect(world, name, speakers, sender):
    """Declares a call; returns the address for its sender."""
    _, path, _, _ = dialects.SENDERS[sender]
    words = [word for speaker in speakers for word in ("--speaker", speaker)]
    done = world.daemon.command("expect", name, *words, "--consent", "granted", "--dialect", path)
    url = done.stdout.strip()
    return url + (f"?format=s16le&rate={dialects.RATE}&channels={len(speakers)}" if sender == "raw" else "")


def play(messages, wire, moments):
    """Sends messages when they are due, and notes when the first one with media went out."""
    began = time.monotonic() + 0.05
    for due, message in messages:
        time.sleep(max(0, began + due - time.monotonic()))
        moments.append((due, time.monotonic()))
        LATENESS.note(moments[-1][1] - began - due)
        wire.send(message)
    return moments


def prepare(world, sender, *_):
    """Makes the messages of a sender, so that those who send are not kept waiting by that; returns speakers and them."""
    if sender not in world.messages:
        make, _, most, _ = dialects.SENDERS[sender]
        speakers = ["anna", "ben"][:most]
        world.messages[sender] = speakers, make([(speaker, world.voices.pcm(speaker)) for speaker in speakers])
    return world.messages[sender]


def dialect(world, name, sender, change=None):
    """A sender that does as documented (or as `change` makes it); the speech of the file lies where it was sent."""
    check, session = Check(), world.session(name)
    speakers, messages = prepare(world, sender)
    make, _, _, codec = dialects.SENDERS[sender]
    step = inspect.signature(make).parameters["step"].default
    wire, moments = Wire(expect(world, name, speakers, sender)), []
    play((change or (lambda all_of_them: all_of_them))(messages), wire, moments)
    wire.close()
    totals = session.totals(10)
    began, late = begin(moments)
    # A piece is sent when it begins, and counts as what ends when it comes.
    arrived = began - step + WALL - session.zero()
    for speaker in speakers:
        truth = world.carried(speaker, codec)
        found = session.speech(speaker)
        check.that(len(found) == len(truth), f"{len(truth)} stretches of {speaker}", f"{len(found)}: {found}")
        for at, (which, tolerance) in enumerate((("begin", BEGIN_TOLERANCE_S), ("end", END_TOLERANCE_S))):
            off = [one[at] - other[at] - arrived for one, other in zip(found, truth)]
            check.within(f"worst {which} of {speaker}", max(map(abs, off), default=9), 0, tolerance + late)
        loss = totals["speakers"][speaker]["audio"]["loss_pct"]
        check.within(f"loss of {speaker}", loss, 0, 3, " %")
    return check


def begin(moments):
    """Where media begins, by its message that was late the least, and how late the first one was: monotonic, seconds."""
    due, first = moments[0]
    began = min(at - due for due, at in moments)
    return began, first - due - began


def out_of_order(messages):
    """Two of each five pieces of a track change places."""
    made = list(messages)
    for place in range(10, len(made) - 6, 10):
        (due, one), (later, other) = made[place], made[place + 2]
        made[place], made[place + 2] = (due, other), (later, one)
    return made


def ahead_in_bursts(messages):
    """Media that comes ahead of its time, four times as fast as it should, and then not for a while."""
    return [(due - due % 2 + (due % 2) / 4, message) for due, message in messages]


def held_up(world, name):
    """Media that is held up for 1.5 s again and again, and then comes four times as fast as it should: the first time
    some of it is too late; from then on all of it is there, as far apart as it was."""
    check, session = Check(), world.session(name)
    speakers, messages = prepare(world, "twilio")
    wire, moments = Wire(expect(world, name, speakers, "twilio")), []
    play([(due - due % 2 + (due % 2) / 4 + 1.5, message) if due > 2 else (due, message) for due, message in messages],
         wire, moments)
    wire.close()
    totals = session.totals(10)
    arrived = begin(moments)[0] - 0.02 + WALL - session.zero()
    for speaker in speakers:
        truth, found = world.carried(speaker, "mulaw"), session.speech(speaker)
        (a, b), (c, d) = truth[-1], found[-1] if found else (0, 0)
        check.near(f"the last stretch of {speaker} lasts", d - c, b - a, 0.1)
        check.within("and is late by", c - a - arrived, 0, 1.5)
        check.within(f"loss of {speaker}", totals["speakers"][speaker]["audio"]["loss_pct"], 0, 9, " %")
    return check


def mute(world, name):
    """LiveKit says that a track is muted: a gap of its own kind, and speech goes on where it was sent."""
    check, session = Check(), world.session(name)
    wire = Wire(expect(world, name, ["anna"], "raw"))
    media = dialects.raw([("anna", world.voices.pcm("anna"))])
    before = [message for message in media if message[0] < 6]
    after = [(due + 5, message) for due, message in media if due >= 6]
    play(before + [(6, '{"muted":true}')] + [(11, '{"muted":false}')] + after, wire, [])
    wire.close()
    session.totals(10)
    gaps = [gap for gap in session.of("gap", "anna") if gap["to_s"] - gap["from_s"] > 0.5]
    check.that([gap["why"] for gap in gaps] == ["mute"], "one gap, of a mute", str(gaps))
    truth, found = world.truth("anna").speech, session.speech("anna")
    offset = found[0][0] - truth[0][0] if found else 0
    later = [pair for pair in truth if pair[0] > 6]
    check.that(len(found) == len(truth), f"{len(truth)} stretches", str(found))
    if len(found) == len(truth):
        check.near("speech after it", found[-len(later)][0] - offset, later[0][0] + 5, 0.15)
    return check


def knock(address, path, stop, count, refused):
    """Connects with wrong tokens, a thousand times a second as far as this machine can; counts what is answered 401."""
    waiting = collections.deque()

    def take(connection):
        try:
            refused.value += b" 401 " in connection.recv(4096)
        except OSError:
            pass
        connection.close()
    favour(0, by=0)
    begun = time.monotonic()
    while not stop.is_set():
        time.sleep(max(0, begun + count.value / 1000 - time.monotonic()))
        try:
            connection = socket.create_connection(address, 2)
            connection.sendall((
                f"GET {path}/{count.value} HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n").encode())
            waiting.append(connection)
        except OSError:
            pass
        count.value += 1
        if len(waiting) > 32:
            take(waiting.popleft())
    while waiting:
        take(waiting.popleft())


def flood(world, name):
    """A thousand connections a second without a token; the one with a token is not disturbed."""
    check, session = Check(), world.session(name)
    parts = urllib.parse.urlsplit(expect(world, name, ["anna"], "plivo"))
    wire = Wire(parts.geturl())
    stop, count, refused = (multiprocessing.Event(), multiprocessing.Value("q"), multiprocessing.Value("q"))
    memory = resident(world.daemon.process.pid)
    process = multiprocessing.Process(
        target=knock, args=((parts.hostname, parts.port), parts.path.rsplit("/", 1)[0], stop, count, refused))
    process.start()
    began = time.monotonic()
    play(dialects.plivo([("anna", world.voices.pcm("anna"))]), wire, [])
    seconds = time.monotonic() - began
    stop.set()
    wire.close()
    process.join(30)
    totals = session.totals(10)
    truth = world.truth("anna", "l16").talk_s
    check.near("talk", totals["speakers"]["anna"]["speech_s"], truth, 0.3)
    check.within("loss", totals["speakers"]["anna"]["audio"]["loss_pct"], 0, 1, " %")
    check.within("connections a second", count.value / seconds, 100, 1100, "")
    check.that(refused.value > 0.99 * count.value, "all were refused", f"{refused.value} of {count.value}")
    check.within("memory", (resident(world.daemon.process.pid) - memory) / 1e6, -1e9, 60, " MB")
    return check


def reads_nothing(world, name):
    """A peer that asks for answers and reads none of them is closed; its neighbour in the session notices nothing."""
    check, session = Check(), world.session(name)
    other = Wire(expect(world, name, ["ben"], "plivo"), reads=False)
    wire = Wire(expect(world, name, ["anna"], "plivo"))
    memory, over = resident(world.daemon.process.pid), []

    def ask():
        began = time.monotonic()
        try:
            while time.monotonic() < began + 40:
                for _ in range(400):
                    other.frame(9, bytes(125))
                time.sleep(0.05)
        except OSError:
            over.append(time.monotonic() - began)
    asking = threading.Thread(target=ask, daemon=True)
    asking.start()
    play(dialects.plivo([("anna", world.voices.pcm("anna"))]), wire, [])
    wire.close()
    asking.join(45)
    totals = session.totals(10)
    check.that(bool(over), "who reads nothing is closed", "it was not within 40 s")
    check.near("talk", totals["speakers"]["anna"]["speech_s"], world.truth("anna", "l16").talk_s, 0.3)
    check.within("memory", (resident(world.daemon.process.pid) - memory) / 1e6, -1e9, 60, " MB")
    return check


def zoom(world, name, ending):
    """A Zoom meeting, from its webhook on: paused for a while, its sockets lost once; then stopped, or revoked."""
    check, session = Check(), world.session(name)
    people = [(16778240, "Anna Silva", world.voices.pcm("anna")), (16779264, "Ben", world.voices.pcm("ben"))]
    meeting = Meeting("client-1", "app-secret", people)
    webhook = os.path.join(world.daemon.folder, f"{name}.json")
    with open(webhook, "w", encoding="utf-8") as file:
        json.dump(meeting.webhook(), file)
    done = world.daemon.command(
        "attach", f"rtms:{webhook}", "--session", name, "--cname", "anna:rep=Anna Silva", "--ssrc", "guest=*",
        "--consent", "granted")
    check.that(done.returncode == 0, "the meeting is attached", done.stderr)
    meeting.play(6)
    meeting.state(3)
    time.sleep(3)
    meeting.state(4)
    meeting.play(8)
    meeting.drop()
    meeting.play()
    check.that(len(meeting.handshakes) >= 4, "both sockets were opened again", str(len(meeting.handshakes)))
    check.that(meeting.alive > 10, "keep-alives are answered", str(meeting.alive))
    meeting.state(5, stop_reason=8 if ending == "revoked" else 6)
    totals = session.totals(15)
    gaps = [(gap["why"], gap["from_s"], gap["to_s"]) for gap in session.of("gap", "anna")]
    whys = {why for why, start, end in gaps if end - start > 0.3}
    check.that("pause" in whys, "the pause is a gap of its own kind", str(whys))
    check.that("reconnect" in whys, "what the lost sockets missed is one, too", str(gaps))
    speakers = sorted(event["speaker"] for event in session.of("speaker.joined"))
    check.that(speakers == ["Ben", "anna"], "both are there by their names", str(speakers))
    if ending == "revoked":
        withheld = sorted({event["speaker"] for event in session.of("consent") if event["consent"] == "withheld"})
        check.that(withheld == ["Ben", "anna"], "consent is withdrawn of both", str(withheld))
    else:
        truth = world.truth("anna").talk_s
        check.within("talk of anna", totals["speakers"]["anna"]["speech_s"], truth - 7, truth + 0.5)
    log = world.daemon.log()
    check.that("app-secret" not in log and meeting.meeting not in log, "no secret is in the log", "one is")
    return check


def resident(pid):
    """What a process has in memory, bytes."""
    with open(f"/proc/{pid}/statm", encoding="ascii") as file:
        return int(file.read().split()[1]) * 4096
