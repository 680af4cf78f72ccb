"""What senders of each dialect say, after the samples that their makers publish: (due in seconds, message) in order.

`voices` is a list of (label, 16-bit samples at RATE, as bytes). Times are those of a sender that does as documented.
"""

import array
import base64
import datetime
import json
import struct
import subprocess

RATE = 16000


def pieces(data, size):
    """The data in whole pieces."""
    return [data[i:i + size] for i in range(0, len(data) - size + 1, size)]


def converted(samples, *options):
    """The samples as what ffmpeg makes of them."""
    return subprocess.run(
        ["ffmpeg", "-v", "error", "-f", "s16le", "-ar", str(RATE), "-ac", "1", "-i", "-", *options, "-"],
        input=samples, capture_output=True, check=True).stdout


def mulaw(samples):
    """G.711 at 8 kHz."""
    return converted(samples, "-ar", "8000", "-f", "mulaw")


def text(data):
    """Base64 as JSON has it."""
    return base64.b64encode(data).decode()


def merged(*streams):
    """Messages of several in the order in which they are due."""
    return sorted((message for stream in streams for message in stream), key=lambda each: each[0])


def twilio(voices, step=0.02):
    """Media Streams with both tracks, inbound and outbound."""
    sid, names = "MZ" + "0" * 32, ["inbound", "outbound"]
    begin = [
        (0, json.dumps({"event": "connected", "protocol": "Call", "version": "1.0.0"})),
        (0, json.dumps({
            "event": "start", "sequenceNumber": "1", "streamSid": sid, "start": {
                "streamSid": sid, "accountSid": "AC" + "0" * 32, "callSid": "CA" + "0" * 32,
                "tracks": names[:len(voices)], "customParameters": {"who": "me"},
                "mediaFormat": {"encoding": "audio/x-mulaw", "sampleRate": 8000, "channels": 1}}}))]

    def track(name, samples):
        return [(i * step, json.dumps({
            "event": "media", "sequenceNumber": str(2 + i), "streamSid": sid, "media": {
                "track": name, "chunk": str(1 + i), "timestamp": str(round(1000 * i * step)), "payload": text(piece)}}))
            for i, piece in enumerate(pieces(mulaw(samples), round(8000 * step)))]
    media = merged(*(track(name, samples) for name, (_, samples) in zip(names, voices)))
    return begin + media + [(media[-1][0] + step, json.dumps({"event": "stop", "streamSid": sid, "stop": {}}))]


def telnyx(voices, step=0.02):
    """The same of Telnyx: other names, no list of tracks, and no promise of the order."""
    made = [(0, json.dumps({"event": "connected", "version": "1.0.0"})), (0, json.dumps({
        "event": "start", "sequence_number": "1", "stream_id": "s1", "start": {
            "user_id": "u", "call_control_id": "c", "media_format": {
                "encoding": "PCMU", "sample_rate": 8000, "channels": 1}}}))]
    for name, (_, samples) in zip(["inbound", "outbound"], voices):
        made += [(i * step, json.dumps({
            "event": "media", "sequence_number": str(2 + i), "stream_id": "s1", "media": {
                "track": name, "chunk": str(1 + i), "timestamp": str(round(1000 * i * step)), "payload": text(piece)}}))
            for i, piece in enumerate(pieces(mulaw(samples), round(8000 * step)))]
    return sorted(made, key=lambda each: each[0])


def plivo(voices, step=0.02):
    """Plivo: numbers as numbers, linear samples, time stamps since 1970."""
    began = 1764288000000
    media = [(i * step, json.dumps({
        "event": "media", "sequenceNumber": 1 + i, "streamId": "p1", "media": {
            "track": "inbound", "timestamp": str(began + round(1000 * i * step)), "chunk": 1 + i,
            "payload": text(piece)}}))
        for i, piece in enumerate(pieces(voices[0][1], round(2 * RATE * step)))]
    return [(0, json.dumps({
        "event": "start", "sequenceNumber": 0, "start": {
            "callId": "c", "streamId": "p1", "accountId": "a", "tracks": ["inbound"],
            "mediaFormat": {"encoding": "audio/x-l16", "sampleRate": RATE}}}))] + media


def exotel(voices, step=0.1):
    """Exotel: no track, linear samples at 8 kHz in longer pieces."""
    linear = converted(voices[0][1], "-ar", "8000", "-f", "s16le")
    media = [(i * step, json.dumps({
        "event": "media", "sequence_number": 3 + i, "stream_sid": "e1", "media": {
            "chunk": 2 + i, "timestamp": str(round(1000 * i * step)), "payload": text(piece)}}))
        for i, piece in enumerate(pieces(linear, round(16000 * step)))]
    return [(0, json.dumps({"event": "connected"})), (0, json.dumps({
        "event": "start", "sequence_number": 1, "stream_sid": "e1", "start": {
            "stream_sid": "e1", "call_sid": "c", "account_sid": "a", "from": "1", "to": "2",
            "media_format": {"encoding": "base64", "sample_rate": "8000", "bit_rate": "128kbps"}}}))] + media


def voximplant(voices, step=0.02):
    """Voximplant: a tag in place of the track."""
    media = [(i * step, json.dumps({
        "event": "media", "sequenceNumber": 1 + i, "media": {
            "tag": "call", "chunk": i, "timestamp": round(1000 * i * step), "payload": text(piece)}}))
        for i, piece in enumerate(pieces(mulaw(voices[0][1]), round(8000 * step)))]
    return [(0, json.dumps({
        "event": "start", "sequenceNumber": 0, "start": {
            "tag": "call", "customParameters": {}, "mediaFormat": {"encoding": "ULAW", "sampleRate": 8000}}}))] + media


def raw(voices, step=0.02):
    """Samples of one, or of two as channels; the address says what they are."""
    if len(voices) == 1:
        return [(i * step, piece) for i, piece in enumerate(pieces(voices[0][1], round(2 * RATE * step)))]
    one, other = (array.array("h", samples) for _, samples in voices[:2])
    both = array.array("h", bytes(4 * min(len(one), len(other))))
    both[0::2], both[1::2] = one[:len(both) // 2], other[:len(both) // 2]
    return [(i * step, piece) for i, piece in enumerate(pieces(both.tobytes(), round(4 * RATE * step)))]


def asterisk(voices, step=0.02, early=0):
    """Asterisk's chan_websocket: a line of text, then samples, of which some may come before the line."""
    media = raw(voices[:1], step)
    line = (media[early][0], "MEDIA_START connection_id:1 channel:WebSocket/1 channel_id:1.1 format:slin16 "
            "optimal_frame_size:640 ptime:20")
    return media[:early] + [line] + media[early:]


def vonage(voices, step=0.02):
    """Vonage: a first message with the type."""
    return [(0, json.dumps({
        "event": "websocket:connected", "content-type": f"audio/l16;rate={RATE}", "app": "x"}))] + raw(voices[:1], step)


def jitsi(voices, step=0.02):
    """Jitsi's bridge: Opus with the numbers of RTP, each participant under a tag."""
    made = []
    for number, (label, samples) in enumerate(voices):
        made.append((0, json.dumps({
            "event": "start", "sequenceNumber": number, "start": {
                "tag": f"tag-{label}", "mediaFormat": {"encoding": "opus", "sampleRate": 48000, "channels": 2},
                "customParameters": {"endpointId": label}}})))
        for i, packet in enumerate(opus(samples)):
            made.append((i * step, json.dumps({
                "event": "media", "sequenceNumber": i, "media": {
                    "tag": f"tag-{label}", "chunk": 7000 + i & 0xFFFF, "timestamp": 960 * i + 4294900000 & 0xFFFFFFFF,
                    "payload": text(packet), "audioLevel": 30, "vad": True}})))
    return sorted(made, key=lambda each: each[0])


def opus(samples):
    """The packets of 20 ms of Opus."""
    ogg = converted(samples, "-c:a", "libopus", "-b:a", "24k", "-f", "ogg")
    packets, current, i = [], b"", 0
    while i < len(ogg):
        sizes = ogg[i + 27:i + 27 + ogg[i + 26]]
        at = i + 27 + len(sizes)
        for size in sizes:
            current += ogg[at:at + size]
            at += size
            if size < 255:
                packets.append(current)
                current = b""
        i = at
    return packets[2:]


def recall(voices, step=0.02):
    """Recall.ai: each participant's samples with the time at which they were heard."""
    def participant(number, label, samples):
        return [(i * step, json.dumps({
            "event": "audio_separate_raw.data", "data": {
                "data": {
                    "buffer": text(piece),
                    "timestamp": {"relative": 12.5 + i * step, "absolute": "2026-11-28T10:00:00Z"},
                    "participant": {"id": 100 + number, "name": label, "is_host": False, "platform": "x",
                                    "extra_data": {}}},
                "bot": {"id": "b", "metadata": {}}, "recording": {"id": "r", "metadata": {}}}}))
            for i, piece in enumerate(pieces(samples, round(2 * RATE * step)))]
    return merged(*(participant(n, label, samples) for n, (label, samples) in enumerate(voices)))


def attendee(voices, step=0.1):
    """Attendee: stamped when it is sent."""
    def participant(number, label, samples):
        return [(i * step, json.dumps({
            "bot_id": "bot_1", "trigger": "realtime_audio.per_participant", "data": {
                "participant_uuid": f"p{number}", "participant_name": label, "chunk": text(piece),
                "sample_rate": RATE, "timestamp_ms": 1764288000000 + round(1000 * i * step), "sequence": i}}))
            for i, piece in enumerate(pieces(samples, round(2 * RATE * step)))]
    return merged(*(participant(n, label, samples) for n, (label, samples) in enumerate(voices)))


def vexa(voices, step=0.1):
    """Vexa: binary, with floats."""
    def participant(number, label, samples):
        name = label.encode()
        made = []
        for i, piece in enumerate(pieces(samples, round(2 * RATE * step))):
            floats = array.array("f", (value / 32768 for value in array.array("h", piece)))
            made.append((i * step, struct.pack("<idi", number, 5e5 + 1000 * i * step, len(name)) + name
                         + floats.tobytes()))
        return made
    return merged(*(participant(n, label, samples) for n, (label, samples) in enumerate(voices)))


def genesys(voices, step=0.1):
    """Genesys AudioHook: µ-law of the customer and of the agent, interleaved."""
    streams = [mulaw(samples) for _, samples in voices[:2]]
    count = min(map(len, streams))
    both = bytearray(len(streams) * count)
    for number, stream in enumerate(streams):
        both[number::len(streams)] = stream[:count]
    channels = ["external", "internal"][:len(streams)]
    media = [(i * step, piece) for i, piece in enumerate(pieces(bytes(both), round(8000 * step) * len(streams)))]

    def control(number, kind, parameters):
        return json.dumps({"version": "2", "id": "1f0e", "type": kind, "seq": number, "serverseq": 0, "position": "PT0S",
                           "parameters": parameters})
    return ([(0, control(1, "open", {
        "organizationId": "o", "conversationId": "c", "participant": {"id": "p", "ani": "", "aniName": "", "dnis": ""},
        "media": [{"type": "audio", "format": "PCMU", "channels": channels, "rate": 8000}]}))]
        + media + [(media[-1][0] + step, control(2, "close", {"reason": "end"}))])


def acs(voices, step=0.02):
    """Azure Communication Services: each participant with the time at which they were heard."""
    began = datetime.datetime(2026, 11, 28, 23, 59, 50, tzinfo=datetime.timezone.utc)

    def participant(label, samples):
        made = []
        for i, piece in enumerate(pieces(samples, round(2 * RATE * step))):
            at = began + datetime.timedelta(seconds=i * step)
            made.append((i * step, json.dumps({
                "kind": "AudioData", "audioData": {
                    "timestamp": at.strftime("%Y-%m-%dT%H:%M:%S.") + f"{at.microsecond // 1000:03}Z",
                    "participantRawID": f"8:acs:{label}", "data": text(piece), "silent": not any(piece)}})))
        return made
    return [(0, json.dumps({
        "kind": "AudioMetadata", "audioMetadata": {
            "subscriptionId": "s", "encoding": "PCM", "sampleRate": RATE, "channels": 1, "length": 640}}))] + merged(
                *(participant(label, samples) for label, samples in voices))


# Name: what makes its messages, the path that it asks for, how many voices it brings at the most, and in what (HEARD).
SENDERS = {
    "twilio": (twilio, "twilio", 2, "mulaw"), "telnyx": (telnyx, "twilio", 2, "mulaw"),
    "plivo": (plivo, "twilio", 1, "s16"), "exotel": (exotel, "twilio", 1, "s16-8k"),
    "voximplant": (voximplant, "twilio", 1, "mulaw"), "raw": (raw, "raw", 2, "s16"),
    "asterisk": (asterisk, "raw", 1, "s16"), "vonage": (vonage, "raw", 1, "s16"), "jitsi": (jitsi, "jitsi", 8, "opus"),
    "recall": (recall, "recall", 8, "s16"), "attendee": (attendee, "attendee", 8, "s16"),
    "vexa": (vexa, "vexa", 8, "s16"), "genesys": (genesys, "genesys", 2, "mulaw"), "acs": (acs, "acs", 8, "s16"),
}
# What ffmpeg makes of the samples on the way, and how it reads that again.
HEARD = {
    "s16": (("-f", "s16le"), ("-f", "s16le", "-ar", str(RATE), "-ac", "1")),
    "s16-8k": (("-ar", "8000", "-f", "s16le"), ("-f", "s16le", "-ar", "8000", "-ac", "1")),
    "mulaw": (("-ar", "8000", "-f", "mulaw"), ("-f", "mulaw", "-ar", "8000", "-ac", "1")),
    "opus": (("-c:a", "libopus", "-b:a", "24k", "-f", "ogg"), ("-f", "ogg")),
}


def record(samples, codec, path):
    """Writes a file with what is left of the samples behind a codec."""
    encoding, decoding = HEARD[codec]
    subprocess.run(
        ["ffmpeg", "-v", "error", "-y", *decoding, "-i", "-", path], input=converted(samples, *encoding), check=True)
