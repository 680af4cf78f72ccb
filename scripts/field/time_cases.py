"""Time in a live session: everything right, pauses, bursts, clocks that jump, media ahead of its time."""

import socket
import threading

from . import media
from .sending import PACKET_S
from .world import Check, outside

HOLD_S = 6.0


def alone(world, name, codecs):
    """Speakers who do everything right, each in a session alone."""
    check, sessions = Check(), []
    for speaker, codec in codecs:
        session = world.session(f"{name}-{speaker}-{codec}")
        port = session.rtp(speaker, media.QUERY.get(codec, ""))
        world.play(session, **{speaker: (world.steady(speaker, codec), port)})
        sessions.append((session, speaker, codec))
    for session, speaker, codec in sessions:
        totals = session.finish()
        world.check_duration(check, session, totals)
        world.check_untouched(check, session, totals, speaker, codec=codec)
        if speaker == "anna":
            world.check_later(check, session, speaker, 0.15)
    return check


def pair(world, name):
    """Two speakers with sender reports of one clock, whose packets come two by two."""
    check, session = Check(), report(world, name)
    totals = session.finish()
    path = world.voices.file(f"{name}.wav", 8_000, "anna", "ben")
    right = world.analyze(anna=f"{path}#0", ben=f"{path}#1")
    world.check_duration(check, session, totals)
    for speaker in ("anna", "ben"):
        world.check_untouched(check, session, totals, speaker)
        check.near(f"lag of {speaker}", lag(totals, speaker), lag({"speakers": right}, speaker), 150, " ms")
    return check


def idle_port(world, name):
    """The same, and a third port to which nothing is ever sent: lags are those of a session without it."""
    check = Check()
    sessions = [report(world, name, "idle"), report(world, f"{name}-without")]
    totals, without = (session.finish() for session in sessions)
    for speaker in ("anna", "ben"):
        world.check_untouched(check, sessions[0], totals, speaker)
        right = lag(without, speaker)
        if right is None:
            check.that(False, f"{speaker} has a lag in the session without it", "none")
        else:
            # The end of a word may lie up to 0.1 s elsewhere, by which samples a hop begins.
            check.near(f"lag of {speaker}", lag(totals, speaker), right, 110, " ms")
    told = [event["fto_ms"] for event in sessions[0].of("turn") if event.get("previous_speaker")]
    check.that(len(told) == 3 and None not in told, "three turns have an offset", str(told))
    ticks = len(sessions[0].of("tick", "idle"))
    check.that(ticks == 0, "the idle one has no tick", str(ticks))
    return check


def report(world, name, *idle):
    """A session of anna and ben, who send reports, and of speakers who send nothing."""
    session = world.session(name)
    ports = [session.rtp(speaker) for speaker in ("anna", "ben", *idle)]

    def packets(speaker, ssrc):
        payloads = world.voices.payloads(speaker, "pcmu")
        return lambda start: bunched(media.steady(payloads, ssrc=ssrc, reports_from=start))

    world.play(session, anna=(packets("anna", 21), ports[0]), ben=(packets("ben", 22), ports[1]))
    return session


def lag(totals, speaker):
    return totals["speakers"][speaker]["response_lag_median_ms"]


def bunched(packets):
    """The packets as a network delivers them that waits for a second one: jitter beyond what lags may rest on without
    sender reports."""
    return [(due if place is None or round(place / PACKET_S) % 2 else due + PACKET_S, place, data)
            for due, place, data in packets]


def hold(world, name, how, begin=media.IN_SILENCE_S, codec="pcmu"):
    """Anna sends nothing for a while and comes back; what she says meanwhile is lost to everybody."""
    check, session = Check(), world.session(name)
    ports = session.rtp("anna", media.QUERY.get(codec, "")), session.rtp("ben")
    packets = held(world.voices.payloads("anna", codec), *media.CODECS[codec], how, begin, begin + HOLD_S)
    world.play(session, anna=(packets, ports[0]), ben=(world.steady("ben"), ports[1]))
    totals = session.finish()
    world.check_duration(check, session, totals)
    world.check_untouched(check, session, totals)
    truth = outside(world.truth("anna", codec).speech, begin, begin + HOLD_S)
    check.near("talk of anna", totals["speakers"]["anna"]["speech_s"], truth, 0.5)
    world.check_later(check, session, "anna", 0.3)
    return check


def held(payloads, payload_type, step, how, begin, end):
    """`how`: timestamps advance while nothing is sent (adv), or not (noadv); comfort noise comes before (cn); the
    sender comes back as another source (newssrc)."""
    sender, packets = media.Sender(11, payload_type), []
    is_held = False
    for number, payload in enumerate(payloads):
        due = number * PACKET_S
        if begin <= due < end:
            if not is_held and how == "cn":
                packets.append((due, None, sender.packet(b"\x40", media.COMFORT_NOISE)))
            if how in ("adv", "cn"):
                sender.timestamp += step
            is_held = True
            continue
        if is_held:
            is_held = False
            sender.marker = 1
            if how == "newssrc":
                sender = media.Sender(77, payload_type, 30_000, 123_456_789)
        packets.append((due, due, sender.packet(payload)))
        sender.timestamp += step
    return packets


def burst(world, name, held_s, begin=media.IN_SPEECH_S):
    """The network holds anna's packets up, in the middle of a word, and delivers all of them at once."""
    check, session = Check(), world.session(name)
    ports = session.rtp("anna"), session.rtp("ben")
    end = begin + held_s
    packets = [(end + (due - begin) / 50 if begin <= due < end else due, place, data)
               for due, place, data in world.steady("anna")]
    packets.sort(key=lambda packet: packet[0])
    world.play(session, anna=(packets, ports[0]), ben=(world.steady("ben"), ports[1]))
    totals = session.finish()
    world.check_duration(check, session, totals)
    world.check_untouched(check, session, totals)
    world.check_later(check, session, "anna", 0.15)
    # What was held up is late and counts where it belongs, or is too late and lost.
    talk, truth = totals["speakers"]["anna"]["speech_s"], world.truth("anna")
    least, most = outside(truth.speech, begin, end) - 0.5, truth.talk_s + 0.3
    check.within("talk of anna", talk, least, most)
    return check


def clock_jump(world, name, seconds, from_s):
    """The timestamps of a live MPEG-TS go ahead or back in the middle, while it goes on without a pause."""
    check, session = Check(), world.session(name)
    packets = media.jump(media.transport_stream(world.voices, "anna"), seconds, from_s)
    with socket.create_server(("127.0.0.1", 0)) as server:
        begun = threading.Event()

        def serve():
            connection, _ = server.accept()
            connection.recv(4096)
            connection.sendall(b"HTTP/1.0 200 OK\r\nContent-Type: video/mp2t\r\n\r\n")
            session.connection = connection
            world.stream(session, "anna", packets, connection)
            begun.set()

        threading.Thread(target=serve, daemon=True).start()
        world.play(session, ben=(world.steady("ben"), session.rtp("ben")))
        session.attach(f"http://127.0.0.1:{server.getsockname()[1]}/live.ts", {"speaker": "anna"})
        begun.wait(10)
        totals = session.finish()
        session.connection.close()
    world.check_duration(check, session, totals, 1.5)
    world.check_untouched(check, session, totals)
    world.check_later(check, session, "anna", 0.7)
    check.near("talk of anna", totals["speakers"]["anna"]["speech_s"], world.truth("anna").talk_s, 0.7)
    return check


def bot(world, name):
    """A voice bot sends each utterance as soon as it has it, all at once, with right timestamps."""
    check, session = Check(), world.session(name)
    ports = session.rtp("anna"), session.rtp("ben")
    packets, sender = [], media.Sender(5)
    steady = world.steady("anna")
    for begin, end in ((0.4, 5.6), (13.2, 17.8)):
        sender.marker = 1
        for number in range(round(begin / PACKET_S), round(end / PACKET_S)):
            sender.timestamp = 1000 + 160 * number
            data = sender.packet(steady[number][2][12:])
            packets.append((begin + (number * PACKET_S - begin) / 50, number * PACKET_S, data))
    world.play(session, anna=(packets, ports[0]), ben=(world.steady("ben"), ports[1]))
    totals = session.finish()
    world.check_duration(check, session, totals, 1.5)
    world.check_untouched(check, session, totals)
    check.near("talk of anna", totals["speakers"]["anna"]["speech_s"], world.truth("anna").talk_s, 0.5)
    begins = [a for a, _ in session.speech("anna")]
    for nominal in (0.52, 13.39):
        right = session.time_of(session.lines["anna"].start + nominal)
        nearest = min(begins, key=lambda begin: abs(begin - right), default=None)
        check.near("speech of anna begins at", nearest, right, 0.7)
    return check


def wrong_units(world, name, codec, factor):
    """The timestamps of one sender advance by `factor` times what they should."""
    check, session = Check(), world.session(name)
    ports = session.rtp("anna", media.QUERY.get(codec, "")), session.rtp("ben")
    packets = media.steady_as(world.voices, "anna", codec, factor)
    world.play(session, anna=(packets, ports[0]), ben=(world.steady("ben"), ports[1]))
    totals = session.finish()
    truth = world.truth("anna", codec).talk_s
    world.check_duration(check, session, totals, 1.5)
    world.check_untouched(check, session, totals)
    check.near("talk of anna", totals["speakers"]["anna"]["speech_s"], truth, 0.15 * truth)
    return check
