"""A daemon that is none: serves the page and sends what a test makes up, as docs/events.md and /v1/history say it.

What is made up here tests the page only. The times are those of the made-up call, so that hours of it pass in seconds.
"""
import collections
import http.server
import json
import math
import threading
import urllib.parse

from overlay.page import page

NAMES = ["Anna Berg", "Ben Osei", "Chiara Neri", "Dmitri Volkov", "Eun-ji Park", "Fatima Haddad", "Gösta Lind",
         "Hana Novák", "Iker Etxeberria", "Jürgen Maaß"]
INPUTS = [("talk_ratio", .46, .5, 1.1), ("response_lag", 640, 510, .7), ("speaker_changes", 7.5, 6.9, .6),
          ("backchannels", 3, 2.1, .4), ("pitch_range", 6.4, 6.3, .2), ("loudness_variation", 9.2, 10.1, .4),
          ("rate_change", 4.6, 4.5, .1)]
MOODS = [("pitch_level", 21.25, 20.02, .5), ("spectral_tilt", -12.1, -13, -.4), ("text", .31, None, 1.6)]


def score(inputs, t, phase, half, **more):
    """A score that wanders, with the summands that it is made of."""
    parts = [{"input": "neutral", "points": 50}]
    for number, (name, value, usual, weight) in enumerate(inputs):
        z = round(2 * math.sin(t / (31 + 7 * number) + phase + number), 2)
        usually = {} if usual is None else {"usual": usual, "z": z}
        parts.append({"input": name, "value": value, **usually, "points": round(weight * 3.4 * z, 1)})
    total = round(sum(part["points"] for part in parts), 1)
    return {"score": total, "interval": [round(max(0, total - half), 1), round(min(100, total + half), 1)],
            "confidence": .8, "provisional": False, "contributions": parts, **more}


def tick(number, count, t, sentiment=True):
    """What a tick of the speaker with this number may look like."""
    shares = [1 + .5 * math.sin(t / 40 + other) for other in range(count)]
    share = shares[number] / sum(shares)
    window = {"speech_s": round(share * t, 2), "talk_ratio": round(share, 4),
              "response_lag_median_ms": 480 + 40 * number, "response_lag_n": 3, "speaker_changes_per_min": 7.5,
              "articulation_rate_per_s": round(4.6 + .6 * math.sin(t / 20), 2),
              "turns": 6, "interruptions": 1, "backchannels": 4, "longest_monologue_s": 41.2,
              "patience_median_ms": 340, "patience_n": 3}
    if count > 2:
        window["balance_entropy"] = .93
    half = 7 + 12 * math.exp(-t / 90)
    return {"t": t, "engagement": score(INPUTS, t, number, half),
            **({"sentiment": score(MOODS, t, 2 * number, 16, basis=["voice", "text"])} if sentiment else {}),
            "windows": {name: window for name in ("10s", "30s", "120s", "session")},
            "voice": {"speaking": number == 0, "level_db": -24.3, "relative_level_db": round(4 * math.sin(t / 9), 1),
                      "f0_hz": 182.4},
            "baseline": {"speech_s": 64.2, "turns": 9, "ready": True, "articulation_rate_per_s": 4.5}}


class Simulated:
    """Serves on a port of its own; lines come by `publish`."""

    KEPT = 4000

    def __init__(self, session="acme-7", epoch="e1"):
        self.session, self.epoch, self.seq = session, epoch, 0
        # What becomes of requests for data: None as ever, "silent" no answer yet, "gone" none, "refuses" 401.
        self.mood = None
        self.speakers, self.sources, self.points = {}, {}, {}
        self.standing_cues = []
        self.lines = collections.deque(maxlen=self.KEPT)
        self.changed, self.is_open, self.asked = threading.Condition(), True, []
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def log_message(self, *_):
                pass

            def do_GET(self):
                try:
                    outer.answer(self)
                except OSError:
                    # A page that was closed meanwhile.
                    pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.origin = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def url(self, **query):
        return f"{self.origin}/overlay?{urllib.parse.urlencode({'token': 'T', **query})}"

    def publish(self, kind, **fields):
        with self.changed:
            self.seq += 1
            line = {"v": 1, "type": kind, "seq": self.seq, "session": self.session, **fields}
            self.lines.append((self.seq, json.dumps(line)))
            name = fields.get("speaker")
            if kind in ("speaker.joined", "consent"):
                entry = self.speakers.setdefault(name, {"speaker": name})
                entry.pop("lanes", None)
                entry.update({key: fields[key] for key in ("name", "role", "consent", "lanes") if key in fields})
                if entry["consent"] != "granted":
                    entry.pop("last_tick", None)
                    self.points.pop(name, None)
            if kind == "tick":
                self.speakers[name]["last_tick"] = {key: line[key] for key in fields if key != "speaker"}
                self.points.setdefault(name, collections.deque(maxlen=300)).append(fields)
            self.changed.notify_all()

    def forget(self):
        """With the lock held: nothing has been yet, as far as this daemon knows."""
        self.lines.clear()
        self.points.clear()
        self.speakers.clear()
        self.changed.notify_all()

    def begin(self, session):
        """Another session in the place of the one that has ended."""
        with self.changed:
            self.session = session
            self.forget()

    def join(self, names, roles=(), consent="granted", t=0):
        for number, name in enumerate(names):
            role = {"role": roles[number]} if number < len(roles) and roles[number] else {}
            self.publish("speaker.joined", speaker=name, t=t, consent=consent, **role)

    def tick_all(self, names, t, **options):
        for number, name in enumerate(names):
            self.publish("tick", speaker=name, **tick(number, len(names), t, **options))

    def change(self, mood):
        with self.changed:
            self.mood = mood
            self.changed.notify_all()

    def answer(self, request):
        path, _, query = request.path.partition("?")
        query = dict(urllib.parse.parse_qsl(query))
        self.asked.append(request.path)
        if path != "/overlay":
            with self.changed:
                self.changed.wait_for(lambda: self.mood != "silent" or not self.is_open)
        if self.mood == "gone" and path != "/overlay":
            request.close_connection = True
        elif query.get("token") != "T" or self.mood == "refuses" and path != "/overlay":
            request.send_error(401)
        elif path == "/overlay":
            text, policy = page()
            self.send(request, text.encode(), "text/html; charset=utf-8", ("Content-Security-Policy", policy))
        elif path == "/v1/sessions":
            self.send(request, json.dumps([{"session": self.session, "age_s": 1, "sources": []}]).encode())
        elif path == "/v1/history":
            self.send(request, json.dumps(self.history(query["fields"].split(","))).encode())
        elif path == "/v1/events":
            self.stream(request, query)
        else:
            request.send_error(404)

    def send(self, request, body, kind="application/json", *headers):
        request.send_response(200)
        for name, value in (("Content-Type", kind), ("Content-Length", str(len(body))), *headers):
            request.send_header(name, value)
        request.end_headers()
        request.wfile.write(body)

    def history(self, fields):
        def member(line, path):
            for name in path.split("."):
                line = line.get(name) if line else None
            return line

        with self.changed:
            speakers = [{"speaker": name, "points": [[line["t"], *(member(line, field) for field in fields)]
                                                     for line in points]} for name, points in self.points.items()]
            return {"session": self.session, "epoch": self.epoch, "seq": self.seq, "present_s": 0,
                    "fields": fields, "speakers": speakers}

    def stream(self, request, query):
        request.send_response(200)
        request.send_header("Content-Type", "text/event-stream")
        request.end_headers()

        def put(text, seq):
            request.wfile.write(f"id: {self.epoch}:{seq}\ndata: {text}\n\n".encode())

        def snapshot():
            state = {"session": self.session, "notice_id": "notice-2026-11", "policy": "standard",
                     "sources": list(self.sources.values()), "speakers": list(self.speakers.values()),
                     "cues": self.standing_cues}
            put(json.dumps({"v": 1, "type": "snapshot", "seq": self.seq, "more": False, "sessions": [state]}), self.seq)

        epoch, _, seen = query.get("last_event_id", "").partition(":")
        seen = int(seen) if epoch == self.epoch else self.seq if not epoch else 0
        hello = {"v": 1, "type": "hello", "seq": seen, "daemon": "0", "epoch": self.epoch, "policy": "standard"}
        put(json.dumps(hello), seen)
        has_snapshot = False
        while self.is_open:
            with self.changed:
                kept = [line for line in self.lines if line[0] > seen]
                if not kept and has_snapshot:
                    self.changed.wait(1)
                    continue
            for seq, text in kept:
                put(text, seq)
                seen = seq
            if not has_snapshot:
                with self.changed:
                    snapshot()
                has_snapshot = True
            request.wfile.flush()

    def end(self):
        self.is_open = False
        with self.changed:
            self.changed.notify_all()
        self.server.shutdown()
        self.server.server_close()


def call(daemon, names, roles, seconds=330, **options):
    """A call that has gone on for a while: who is there, five minutes of ticks, who speaks and what was noticed."""
    daemon.join(names, roles)
    for t in range(20, seconds + 1):
        daemon.tick_all(names, t, **options)
    daemon.publish("speech.started", speaker=names[1], t=seconds - 70, start_s=seconds - 70.2)
    daemon.publish("speech.ended", speaker=names[1], t=seconds - 43, start_s=seconds - 70.2, end_s=seconds - 43.2)
    daemon.publish("speech.started", speaker=names[0], t=seconds - 42.4, start_s=seconds - 42.6)
    daemon.publish("turn", speaker=names[1], t=seconds - 41.4, start_s=seconds - 70.2, end_s=seconds - 43.2)
    daemon.publish("cue.raised", speaker=names[0], t=seconds - 3, id=1, cue="talk_ratio", severity="info",
                   metric="talk_ratio", value=.671, limit=.65, window_s=120)
