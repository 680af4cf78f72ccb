"""What the cases share: the daemon, the voices, the sender, and what is checked."""

import json
import os
import sys
import threading
import time

from senders import dialects

from . import media
from .daemon import Daemon, Session
from .sending import Player, favour, stream

# Time from the last attachment to the first packet.
LEAD_S = 0.05
# Whoever is not the cause of anything: all of the talk, and no media lost.
SAME_TALK_S, MOST_LOSS_PCT = 0.3, 1.0


class Check:
    """Gathers what is wrong, and the figures of what is right."""

    def __init__(self):
        self.wrong, self.figures = [], []

    def near(self, what, value, right, tolerance, unit=" s"):
        """`value` must be `right`, give or take `tolerance`."""
        if value is None or abs(value - right) > tolerance:
            came = "none" if value is None else f"{value:.2f}{unit}"
            self.wrong.append(f"{what} should be {right:.2f}{unit} (± {tolerance:g}), is {came}")
        else:
            self.figures.append(f"{what} {value:.2f} of {right:.2f}{unit}")

    def within(self, what, value, least, most, unit=" s"):
        """`value` must lie between two others."""
        if least <= value <= most:
            self.figures.append(f"{what} {value:.2f}{unit}")
        else:
            self.wrong.append(f"{what} should be {least:.2f} to {most:.2f}{unit}, is {value:.2f}{unit}")

    def that(self, is_so, expected, came):
        """What is `expected` must be so; `came` says what is the case instead."""
        if is_so:
            self.figures.append(expected)
        else:
            self.wrong.append(f"expected that {expected}, came: {came}")


class Truth:
    """What there is to find of a speaker's scene in a codec: what `attune segments` does."""

    def __init__(self, csv):
        self.speech = [tuple(map(float, line.split(","))) for line in csv.split()[1:]]
        self.talk_s = sum(b - a for a, b in self.speech)


class World:
    """One daemon for all cases but those that may break it."""

    def __init__(self, binaries, voices):
        self.binaries, self.voices = binaries, voices
        # Whoever makes packets does not keep those waiting that are to be sent.
        for kind in media.MATERIAL:
            voices.payloads(*kind)
        media.transport_stream(voices, "anna")
        sys.setswitchinterval(0.001)
        self.player = Player()
        self.daemon = Daemon(binaries)
        self.daemon.favour()
        favour(os.getpid())
        self._truth = {
            kind: Truth(self.daemon.run("segments", voices.decoded(*kind)).stdout) for kind in media.MATERIAL}
        self._making, self._carried = threading.Lock(), {}
        # Of each sender by WebSocket, its speakers and messages.
        self.messages = {}

    def session(self, name):
        return Session(self.daemon, name)

    def play(self, session, **senders):
        """Begins to send at one time, of each speaker (packets, port); the packets may be a function of the start."""
        start = time.monotonic() + LEAD_S
        for speaker, (packets, port) in senders.items():
            packets = packets(start) if callable(packets) else packets
            session.lines[speaker] = self.player.play(packets, port, start)

    def stream(self, session, speaker, packets, connection):
        """The same by a connection."""
        session.lines[speaker] = stream(packets, connection, time.monotonic())

    def steady(self, name, codec="pcmu"):
        return media.steady_as(self.voices, name, codec)

    def truth(self, name, codec="pcmu"):
        return self._truth[name, codec]

    def carried(self, name, codec):
        """What there is to find of a speaker behind a codec of senders by WebSocket (`dialects.HEARD`).

        Of linear samples and Opus it is what `attune segments` finds. Behind G.711 that differs by up to 0.1 s with the
        filter that takes 8 kHz to 16; so it is what comes of the same bytes by plain RTP.
        """
        with self._making:
            if (name, codec) not in self._carried:
                self._carried[name, codec] = self._plain(name) if codec == "mulaw" else self._file(name, codec)
            return self._carried[name, codec]

    def _file(self, name, codec):
        path = os.path.join(self.voices.folder, f"{name}-carried-{codec}.wav")
        dialects.record(self.voices.pcm(name), codec, path)
        return Truth(self.daemon.run("segments", path).stdout).speech

    def _plain(self, name):
        session = self.session(f"plain-{name}")
        payloads = media.pieces(dialects.mulaw(self.voices.pcm(name)), media.PAYLOAD_BYTES["pcmu"])
        self.play(session, **{name: (media.steady(payloads), session.rtp(name))})
        session.finish()
        began = session.sent(name, 0)
        return [(a - began, b - began) for a, b in session.speech(name)]

    def analyze(self, **inputs):
        """What `attune analyze` says of each speaker's recording."""
        words = [word for speaker, path in inputs.items() for word in ("--speaker", f"{speaker}={path}")]
        return json.loads(self.daemon.run("analyze", "--json", *words).stdout)["speakers"]

    # MARK: Checks

    def check_duration(self, check, session, totals, tolerance=1.0):
        """The session has lasted as long as it was sent something."""
        sent, ended = session.spent
        check.within("duration", totals["duration_s"], sent - tolerance, ended + tolerance)

    def check_untouched(self, check, session, totals, name="ben", like=None, codec="pcmu"):
        """The speaker of plain RTP who has nothing to do with it has lost nothing."""
        found = totals["speakers"][name]
        truth = self.truth(like or name, codec).talk_s
        check.near(f"talk of {name}", found["speech_s"], truth, SAME_TALK_S + session.lines[name].tardy_s)
        self.check_loss(check, session, totals, name)

    def check_loss(self, check, session, totals, name):
        """Nothing of a speaker is lost but what lies before the first packet, and what was sent too late."""
        joined = min(event["t"] for event in session.of("speaker.joined", name))
        line = session.lines[name]
        unsent = max(0.0, session.time_of(line.began) - joined) + line.tardy_s
        unsent *= 100 / (totals["duration_s"] - joined)
        loss = totals["speakers"][name]["audio"]["loss_pct"]
        check.within(f"loss of {name}", loss, 0, MOST_LOSS_PCT + unsent, " %")

    def check_later(self, check, session, name, tolerance):
        """Speech after LATER_S lies where it was sent."""
        expected = [(session.sent(name, a), session.sent(name, b))
                    for a, b in self.truth(name).speech if a >= media.LATER_S]
        found = [(a, b) for a, b in session.speech(name) if b > expected[0][0] - 1]
        check.near(f"speech of {name} later begins at", found[0][0] if found else None, expected[0][0], tolerance)
        check.near("and ends at", found[-1][1] if found else None, expected[-1][1], tolerance)


def outside(speech, begin, end):
    """How much of the speech does not lie between two moments."""
    return sum(max(0, min(b, begin) - a) + max(0, b - max(a, end)) for a, b in speech)
