"""Sources that fall silent, that cannot be used, that come and go, and their secrets."""

import json
import re
import socket
import threading
import time

from . import media
from .daemon import Daemon, Session, Unanswered
from .sending import PACKET_S
from .world import Check

# How long a source is there that is detached and comes back.
FIRST_S = 6.0


# Silence

def mute(world, name, by_rtp):
    """Both speakers stop in the middle of a word; what they come by stays open."""
    check, session = Check(), world.session(name)
    # Both speak loudly where they stop.
    scenes = {"anna": (0.0, media.IN_SPEECH_S), "ben": (5.28, media.IN_SPEECH_S)}
    connections = []
    for speaker, (begin, length) in scenes.items():
        if by_rtp:
            first = round(begin / PACKET_S)
            payloads = world.voices.payloads(speaker, "pcmu")[first:first + round(length / PACKET_S)]
            world.play(session, **{speaker: (media.steady(payloads), session.rtp(speaker))})
        else:
            data = world.voices.pcm(speaker)[round(begin * 16_000) * 2:round((begin + length) * 16_000) * 2]
            packets = [(number * PACKET_S, number * PACKET_S, piece)
                       for number, piece in enumerate(media.pieces(data, 640))]
            connections.append(open_pcm(world, session, speaker))
            world.stream(session, speaker, packets, connections[-1])
    session.wait_for_senders()

    def after(speaker):
        """When the source of the speaker stalled, as the number of the event, and the speaker's ticks after that."""
        source = session.sources[speaker]
        stalled = next((event["seq"] for event in session.of("source.stalled") if event["source"] == source), None)
        ticks = session.of("tick", speaker) if stalled is not None else []
        return stalled, [event for event in ticks if event["seq"] > stalled]

    world.daemon.wait(lambda: all(len(after(speaker)[1]) >= 3 for speaker in scenes), 12)
    for speaker, line in session.lines.items():
        stalled, ticks = after(speaker)
        stopped = session.time_of(line.end)
        ended = session.of("speech.ended", speaker)
        if stalled is None or not session.of("speech.started", speaker):
            check.that(False, f"{speaker} speaks, and then the source stalls", "one of both at most")
            continue
        before = [event for event in ended if event["seq"] < stalled]
        check.that(before, f"speech.ended of {speaker} comes before source.stalled",
                   "one after it" if ended else "none")
        if before:
            check.near(f"end of {speaker}'s speech", before[-1]["end_s"], stopped, 0.5)
        check.that(len(ticks) >= 2 and not ticks[-1]["voice"]["speaking"], f"ticks of {speaker} go on, not speaking",
                   f"{len(ticks)} ticks" + (", speaking" if ticks and ticks[-1]["voice"]["speaking"] else ""))
    for connection in connections:
        connection.close()
    world.daemon.ask("DELETE", f"/v1/sessions/{session.name}")
    return check


def open_pcm(world, session, speaker):
    """A connection that samples of a speaker can be sent to."""
    connection = socket.socket(socket.AF_UNIX)
    connection.connect(world.daemon.pcm)
    connection.settimeout(20)
    hello = {"format": "s16le", "rate": 16_000, "channels": 1, "session": session.name, "speaker": speaker,
             "consent": "granted"}
    connection.sendall(json.dumps(hello).encode() + b"\n")
    answer = connection.recv(4096)
    if b'"source"' not in answer:
        raise Unanswered(f"the PCM socket refused {speaker}: {answer!r}")
    session.sources[speaker] = json.loads(answer)["source"]
    return connection


# What cannot be used

def spin(world, name):
    """Empty packets of two types whose timestamps differ by half their range, between good ones."""
    check, daemon = Check(), Daemon(world.binaries)
    try:
        session = Session(daemon, name)
        port = session.rtp("anna")
        payloads = world.voices.payloads("anna", "pcmu")[50:]
        packets, sender = media.steady(payloads[:100], ssrc=9), media.Sender(9)
        sender.sequence, sender.timestamp, sender.marker = 200, 17_000, 0
        due = packets[-1][0]
        for _ in range(3):
            for number in range(6):
                due += PACKET_S
                packets.append((due, due, sender.packet(b"", (0, 111)[number % 2])))
                sender.timestamp += (1 << 31) - 1
            for payload in payloads[100:103]:
                due += PACKET_S
                packets.append((due, due, sender.packet(payload)))
                sender.timestamp += 160
        world.play(session, anna=(packets, port))
        session.lines["anna"].wait()
        for what, ask in (("attune sessions", lambda: daemon.command("sessions", seconds=10).returncode == 0),
                          ("attune detach", lambda: daemon.command("detach", name, seconds=10).returncode == 0)):
            try:
                answers = ask()
            except Unanswered as error:
                check.that(False, f"{what} is answered", str(error))
            else:
                check.that(answers, f"{what} is answered", "an error")
        check.within("CPU time", daemon.cpu_seconds(), 0, 8)
        check.that(daemon.terminate(10), "SIGTERM ends the daemon", "it runs on after 10 s")
        check.that(daemon.process.poll() in (None, 0), "its exit code is 0", str(daemon.process.poll()))
    finally:
        daemon.end()
    return check


def flood(world, name):
    """Three hundred sources that say two packets and goodbye, each of them a speaker nobody named."""
    check, session = Check(), world.session(name)
    ben_port = session.rtp("ben")
    flood_port = session.rtp("guest", ssrc="*")
    payloads, packets = world.voices.payloads("anna", "pcmu")[30:32], []
    for number in range(300):
        sender, due = media.Sender(0x1000 + number), number * PACKET_S
        for payload in payloads:
            packets.append((due, None, sender.packet(payload)))
            sender.timestamp += 160
        packets.append((due, None, sender.goodbye()))
    world.play(session, ben=(world.steady("ben"), ben_port), guest=(packets, flood_port))
    session.lines["guest"].wait()
    answer = world.daemon.command("sessions")
    check.that(answer.returncode == 0, "attune sessions is answered", answer.stderr.strip())
    totals = session.finish()
    check.within("speakers in the totals", len(totals["speakers"]), 1, 128, "")
    world.check_duration(check, session, totals)
    world.check_untouched(check, session, totals)
    return check


def unusable(world, name, query, packets, remedy):
    """Plain RTP of which nothing or only half can be used; state, events or log say so, the log with the remedy."""
    check, session = Check(), world.session(name)
    port = session.rtp("anna", query)
    world.play(session, anna=(packets(world.voices), port))

    this = re.compile(rf"127.0.0.1:{port}\b|\b{name}\b|\b{session.sources['anna']}\b")

    def lines():
        """Lines of the log about this source that have the remedy."""
        return [line for line in world.daemon.log().splitlines()
                if this.search(line) and re.search(remedy, line.replace(name, ""))]

    def is_told():
        return any("reason" in event for event in session.of("source."))

    until = time.monotonic() + 12
    while time.monotonic() < until and not (lines() and (is_told() or state(world, session) != "connecting")):
        time.sleep(0.5)
    is_known = is_told() or state(world, session) != "connecting"
    check.that(is_known, "the source is not just connecting", "connecting without a reason")
    check.that(lines(), f"the log names {remedy}", "no such line")
    world.daemon.ask("DELETE", f"/v1/sessions/{session.name}")
    return check


def state(world, session):
    sources = world.daemon.ask("GET", "/v1/sessions")[1]
    return next((source["state"] for one in sources if one["session"] == session.name for source in one["sources"]), "")


def too_long(voices):
    return media.steady_as(voices, "anna", "l16-stereo")[:700]


def empty(voices):
    return media.steady([b""] * 700)


def unannounced(voices):
    """Linear samples under a dynamic type, as Asterisk sends them."""
    return media.steady(voices.payloads("anna", "l16")[:700], 118, 320)


def two_senders(voices):
    first, second = (media.steady(voices.payloads(name, "pcmu")[:700], ssrc=ssrc)
                     for name, ssrc in (("anna", 5), ("ben", 9)))
    return sorted(first + [(due + 0.007, place, data) for due, place, data in second])


# Coming and going

def detach_one(world, name):
    """One source of two is detached and comes back on its port; the end of the last one is that of the session."""
    check, session = Check(), world.session(name)
    port = session.rtp("anna")
    ben_port = session.rtp("ben")
    first = world.steady("anna")[:round(FIRST_S / PACKET_S)]
    world.play(session, anna=(first, port), ben=(world.steady("ben"), ben_port))
    session.lines["anna"].wait()
    answer = world.daemon.command("detach", name, session.sources["anna"])
    check.that(answer.returncode == 0, "one source is detached", answer.stderr.strip().splitlines()[:1])
    if answer.returncode != 0:
        world.daemon.ask("DELETE", f"/v1/sessions/{name}")
        return check
    left = [source for source in world.daemon.sources(name) or [] if source["state"] != "ended"]
    left = [source["source"] for source in left]
    check.that(left == [session.sources["ben"]], "the other one stays", str(left))
    session.rtp("anna", port=port)
    world.play(session, anna=(world.steady("anna"), port))
    session.lines["ben"].wait()
    answer = world.daemon.command("detach", name, session.sources["ben"])
    check.that(answer.returncode == 0 and not session.of("session.ended"), "the session goes on without ben",
               answer.stderr.strip())
    session.settle()
    answer = world.daemon.command("detach", name, session.sources["anna"])
    ended = world.daemon.wait(lambda: session.of("session.ended"), 15)
    check.that(answer.returncode == 0 and ended, "the last source ends the session", answer.stderr.strip() or "no end")
    check.that(world.daemon.sources(name) is None, "it is not listed any more", "it is")
    if ended:
        world.check_untouched(check, session, ended[0])
        truth = world.truth("anna")
        talk = truth.talk_s + sum(b - a for a, b in truth.speech if b < FIRST_S)
        check.near("talk of anna", ended[0]["speakers"]["anna"]["speech_s"], talk, 0.6)
    return check


SECRETS = {
    "rtsp://127.0.0.1:{}/user=admin&password=SECRETONE&channel=1&stream=0.sdp?": "SECRETONE",
    "rtsp://127.0.0.1:{}/user=admin_password=SECRETTWO_channel=1_stream=0.sdp?real_stream": "SECRETTWO",
    "rtmp://127.0.0.1:{}/live/SECRETSTREAMKEY": "SECRETSTREAMKEY",
}


def secrets(world, name):
    """Cameras and streaming services whose URLs have the password or key in the path; some answer, some hang up."""
    check, daemon = Check(), Daemon(world.binaries, log_level="trace")
    try:
        with socket.create_server(("127.0.0.1", 0)) as silent, socket.create_server(("127.0.0.1", 0)) as rude:
            def hang_up():
                try:
                    while True:
                        connection, _ = rude.accept()
                        connection.recv(4096)
                        connection.sendall(b"RTSP/1.0 404 Not Found\r\nCSeq: 1\r\n\r\n")
                        connection.close()
                except OSError:
                    pass

            threading.Thread(target=hang_up, daemon=True).start()
            seen, threads = {}, []

            def attach(number, url):
                answer = daemon.command(
                    "attach", url, "--session", f"{name}-{number}", "--speaker", "anna", "--consent", "granted")
                seen[f"the answer to {url}"] = answer.stdout + answer.stderr

            for server in (silent, rude):
                for url in SECRETS:
                    place = url.format(server.getsockname()[1])
                    threads.append(threading.Thread(target=attach, args=(len(threads), place)))
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            seen["attune sessions"] = daemon.command("sessions").stdout
            seen["attune sessions --json"] = daemon.command("sessions", "--json").stdout
            sessions = json.loads(seen["attune sessions --json"])
            check.that(len(sessions) >= 3, "three are connecting", str(len(sessions)))
            for one in sessions:
                answer = daemon.command("detach", one["session"])
                seen["attune detach"] = seen.get("attune detach", "") + answer.stdout + answer.stderr
            daemon.wait(lambda: len([line for line in daemon.lines if '"session.ended"' in line]) >= 3, 10)
        daemon.terminate(15)
        seen["the log"], seen["events"] = daemon.log(), "".join(daemon.lines)
        check.that('"source.ended"' in seen["events"], "events tell of the sources", "none does")
        for secret in SECRETS.values():
            places = sorted(place.split(" rt")[0] for place, text in seen.items() if secret in text)
            check.that(not places, f"{secret} is told nowhere", ", ".join(dict.fromkeys(places)))
    finally:
        daemon.end()
    return check
