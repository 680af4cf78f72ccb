"""What the speakers say, in the codecs of the cases, and the packets that carry it."""

import os
import struct
import subprocess

from .sending import PACKET_S, WALL

# The first turns of the demo's call: anna, ben, anna, ben, then silence.
SCENE_S = 23.0
SPOKEN_S = 21.6
# A second of each track in which its speaker is silent, to end the scene with.
SILENT_FROM_S = {"anna": 6.0, "ben": 1.0}
# When anna is silent for long, and when she is in the middle of a word.
IN_SILENCE_S, IN_SPEECH_S = 6.0, 3.9
# From here on her second turn comes, after whatever happens before.
LATER_S = 11.5

PCMU, COMFORT_NOISE, G722, DYNAMIC = 0, 13, 9, 111
# In which codecs who speaks in the cases.
MATERIAL = [("anna", codec) for codec in ("pcmu", "g722", "opus", "l16")] + [("ben", "pcmu")]


class Voices:
    """The scene as each of the two speakers says it, encoded as asked for."""

    def __init__(self, call, folder):
        self.folder = folder
        self._made = {}
        for name, silent in SILENT_FROM_S.items():
            self.run(
                "-i", os.path.join(call, name + ".wav"), "-filter_complex",
                f"[0]asplit=2[x][y];[x]atrim=0:{SPOKEN_S},afade=out:st={SPOKEN_S - 0.05}:d=0.05[a];"
                f"[y]atrim={silent}:{silent + SCENE_S - SPOKEN_S},asetpts=PTS-STARTPTS[b];[a][b]concat=n=2:v=0:a=1",
                self.path(name))

    def path(self, name):
        return os.path.join(self.folder, name + ".wav")

    def run(self, *arguments, data=None):
        """Runs ffmpeg; returns what it writes."""
        return subprocess.run(
            ["ffmpeg", "-loglevel", "error", "-y", *arguments], input=data or b"", stdout=subprocess.PIPE,
            check=True).stdout

    def encoded(self, name, *options):
        """The scene of a speaker as what ffmpeg makes of it."""
        if (name, options) not in self._made:
            self._made[name, options] = self.run("-i", self.path(name), *options, "-")
        return self._made[name, options]

    def pcm(self, name):
        return self.encoded(name, "-ar", "16000", "-f", "s16le")

    def decoded(self, name, codec):
        """A file with what there is of the scene in a codec."""
        path = os.path.join(self.folder, f"{name}-{codec}.wav")
        self.run(*DECODING[codec], "-i", "-", path, data=self.encoded(name, *ENCODING[codec]))
        return path

    def file(self, file_name, rate_hz, *names):
        """A WAV file, a channel each for `names`."""
        path = os.path.join(self.folder, file_name)
        inputs = [word for name in names for word in ("-i", self.path(name))]
        join = ["-filter_complex", f"amerge=inputs={len(names)}"] if len(names) > 1 else []
        self.run(*inputs, *join, "-ar", str(rate_hz), path)
        return path

    def payloads(self, name, codec):
        """The scene as payloads of 20 ms."""
        data = self.encoded(name, *ENCODING[codec])
        # The first two packets of Ogg are headers.
        return ogg_packets(data)[2:] if codec == "opus" else pieces(data, PAYLOAD_BYTES[codec])


# How ffmpeg makes each codec, and a recording of it again.
ENCODING = {
    "pcmu": ("-ar", "8000", "-f", "mulaw"),
    "g722": ("-ar", "16000", "-f", "g722"),
    "opus": ("-c:a", "libopus", "-b:a", "32k", "-frame_duration", "20", "-f", "ogg"),
    "l16": ("-ar", "16000", "-f", "s16be"),
    "l16-stereo": ("-ar", "48000", "-ac", "2", "-f", "s16be"),
}
DECODING = {
    "pcmu": ("-f", "mulaw", "-ar", "8000", "-ac", "1"),
    "g722": ("-f", "g722"),
    "opus": ("-f", "ogg"),
    "l16": ("-f", "s16be", "-ar", "16000", "-ac", "1"),
}
PAYLOAD_BYTES = {"pcmu": 160, "g722": 160, "l16": 640, "l16-stereo": 3840}
# Payload type, and how timestamps rightly advance with 20 ms.
CODECS = {"pcmu": (PCMU, 160), "g722": (G722, 160), "opus": (DYNAMIC, 960), "l16": (DYNAMIC, 320),
          "l16-stereo": (DYNAMIC, 960)}
# What an rtp:// URL needs to say of them.
QUERY = {"l16": "?codec=l16&rate=16000", "l16-stereo": "?codec=l16&rate=48000&channels=2"}


def pieces(data, size):
    return [data[at:at + size] for at in range(0, len(data) - size + 1, size)]


def ogg_packets(data):
    packets, at, rest = [], 0, b""
    while at < len(data):
        segments = data[at + 26]
        body = at + 27 + segments
        for length in data[at + 27:body]:
            rest += data[body:body + length]
            body += length
            if length < 255:
                packets.append(rest)
                rest = b""
        at = body
    return packets


class Sender:
    """Makes the RTP packets of one source."""

    def __init__(self, ssrc=1, payload_type=PCMU, sequence=100, timestamp=1000):
        self.ssrc, self.payload_type, self.sequence, self.timestamp = ssrc, payload_type, sequence, timestamp
        self.marker = 1

    def packet(self, payload, payload_type=None):
        header = struct.pack(
            "!BBHII", 0x80, self.marker << 7 | (self.payload_type if payload_type is None else payload_type),
            self.sequence & 0xFFFF, self.timestamp & 0xFFFFFFFF, self.ssrc)
        self.sequence += 1
        self.marker = 0
        return header + payload

    def goodbye(self):
        return struct.pack("!BBHI", 0x81, 203, 1, self.ssrc)

    def report(self, at_monotonic, packets):
        """A sender report: the timestamp of the next packet belongs to this moment."""
        wall = at_monotonic + WALL + 2_208_988_800
        cname = b"\1\4test\0\0\0\0"
        return struct.pack(
            "!BBHIIIIII", 0x80, 200, 6, self.ssrc, int(wall), int(wall % 1 * (1 << 32)), self.timestamp & 0xFFFFFFFF,
            packets, packets * 160) + struct.pack("!BBHI", 0x81, 202, 3, self.ssrc) + cname[:8]


def steady(payloads, payload_type=PCMU, step=160, ssrc=1, reports_from=None):
    """A sender that does everything right, or whose timestamps advance by a `step` that is wrong.

    `reports_from`: when it will begin, as monotonic time, to send reports once a second from then on.
    """
    sender, packets = Sender(ssrc, payload_type), []
    for number, payload in enumerate(payloads):
        due = number * PACKET_S
        if reports_from is not None and number % 50 == 25:
            packets.append((due, None, sender.report(reports_from + due, number)))
        packets.append((due, due, sender.packet(payload)))
        sender.timestamp += step
    return packets


def steady_as(voices, name, codec, factor=1, **options):
    """The same with a speaker's scene in a codec; timestamps advance `factor` times as fast as they should."""
    payload_type, step = CODECS[codec]
    return steady(voices.payloads(name, codec), payload_type, int(step * factor), **options)


# MPEG-TS

def transport_stream(voices, name):
    """The scene as MPEG-TS from a live encoder: (due, media, packet), a frame of AAC in each PES packet."""
    data = voices.encoded(
        name, "-c:a", "aac", "-b:a", "64k", "-ar", "48000", "-muxdelay", "0", "-muxpreload", "0",
        "-pes_payload_size", "16", "-output_ts_offset", "200", "-f", "mpegts")
    packets, first, media = [], None, 0.0
    for packet in pieces(data, 188):
        at = timestamp_place(packet)
        if at is not None:
            clock = read_timestamp(packet, at) / 90_000
            first = clock if first is None else first
            media = clock - first
        packets.append((media + PACKET_S, media, packet))
    return packets


def jump(packets, seconds, from_s):
    """The same stream whose clock is set anew at `from_s`: all its timestamps differ by `seconds` from there on."""
    return [(due, media, shifted(packet, seconds * 90_000) if media >= from_s else packet)
            for due, media, packet in packets]


def payload_place(packet):
    """Where the payload of a packet of 188 bytes begins, behind its adaptation field."""
    return 5 + packet[4] if packet[3] & 0x20 else 4


def timestamp_place(packet):
    """Where the presentation time of the PES packet that begins here is; None where none does."""
    at = payload_place(packet)
    begins = packet[1] & 0x40 and packet[at:at + 3] == b"\0\0\1" and packet[at + 7] & 0x80
    return at + 9 if begins else None


def read_timestamp(packet, at):
    return (packet[at] & 0x0E) << 29 | packet[at + 1] << 22 | (packet[at + 2] & 0xFE) << 14 \
        | packet[at + 3] << 7 | packet[at + 4] >> 1


def shifted(packet, ticks):
    """The packet with its PTS and PCR moved by `ticks` of 90 kHz."""
    packet = bytearray(packet)
    at = timestamp_place(packet)
    if at is not None:
        value = read_timestamp(packet, at) + ticks & (1 << 33) - 1
        packet[at] = packet[at] & 0xF1 | value >> 29 & 0x0E
        packet[at + 1] = value >> 22 & 0xFF
        packet[at + 2] = value >> 14 & 0xFE | 1
        packet[at + 3] = value >> 7 & 0xFF
        packet[at + 4] = value << 1 & 0xFE | 1
    if packet[3] & 0x20 and packet[4] >= 7 and packet[5] & 0x10:
        low = int.from_bytes(packet[6:12], "big") & 0x7FFF
        base = (int.from_bytes(packet[6:12], "big") >> 15) + ticks & (1 << 33) - 1
        packet[6:12] = (base << 15 | low).to_bytes(6, "big")
    return bytes(packet)
