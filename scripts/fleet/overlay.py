"""What an overlay is told of a session in a fleet, held against what the nodes told."""
import http.client
import itertools
import json
import socket
import threading
import time
import urllib.parse

TOKEN = "fleet-demo-token-0123456789"


class Overlay(threading.Thread):
    """What a page does: follows one session by server-sent events, or every second one by WebSocket, at one gateway or
    the other, and comes back with the last id. Keeps all that it is told."""

    made = itertools.count()

    def __init__(self, gateways, session):
        super().__init__(daemon=True)
        self.has_socket = next(self.made) % 2 == 1
        self.gateways, self.session = gateways, session
        self.told = []
        self.last_id = None
        self.breaks = 0
        self.is_over = False
        self.epoch = None

    def run(self):
        turn = 0
        while not self.is_over:
            try:
                self.follow(self.gateways[turn % len(self.gateways)])
            except (OSError, http.client.HTTPException, ValueError):
                pass
            turn += 1
            self.breaks += 1
            time.sleep(0.2)

    def follow(self, gateway):
        path = "/v1/events?session=" + urllib.parse.quote(self.session, safe="")
        for identity, line in (messages if self.has_socket else stream)(gateway.port, path, self.last_id):
            if self.is_over:
                break
            if not line:
                continue
            event = json.loads(line)
            if event["type"] == "hello":
                self.epoch = event["epoch"]
            own = event["type"].startswith("source.") and event.get("reason", "").startswith("node ")
            self.told.append((self.epoch, time.monotonic(), event, own))
            # A message has no id beside itself; in the midst of a snapshot there is none to come back to.
            if self.has_socket and not event.get("more"):
                identity = f"{self.epoch}:{event['seq']}"
            if identity:
                self.last_id = identity

    def facts(self):
        """What it was told but ticks and what is about its connection, or is the gateway's own."""
        return [(epoch, event["seq"]) for epoch, _, event, own in list(self.told)
                if not own and event["type"] not in ("hello", "snapshot", "lagged", "tick")]

    def missing(self):
        return [(epoch, event["from"], event["to"]) for epoch, _, event, _ in list(self.told)
                if event["type"] == "lagged"]

    def ticks_since(self, moment):
        return sum(1 for _, at, event, _ in list(self.told) if event["type"] == "tick" and at >= moment)


def stream(port, path, last_id):
    """Events by server-sent events: (id or None, line); an empty line where there was nothing to tell."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=15)
    headers = {"Authorization": f"Bearer {TOKEN}"}
    if last_id:
        headers["Last-Event-ID"] = last_id
    connection.request("GET", path, headers=headers)
    answer = connection.getresponse()
    if answer.status != 200:
        raise OSError(answer.status)
    identity = None
    for raw in answer:
        line = raw.decode().rstrip("\n")
        if line.startswith("id: "):
            identity = line[4:]
        elif line.startswith("data: "):
            yield identity, line[6:]
        elif not line:
            identity = None
        else:
            yield None, ""
    connection.close()


def messages(port, path, last_id):
    """Events by WebSocket (RFC 6455): (None, line); an empty line where there was nothing to tell."""
    if last_id:
        path += "&last_event_id=" + urllib.parse.quote(last_id, safe="")
    with socket.create_connection(("127.0.0.1", port), timeout=15) as connection, connection.makefile("rb") as reader:
        connection.sendall((
            f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {TOKEN}\r\nConnection: Upgrade\r\n"
            "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
        ).encode())
        if b" 101 " not in reader.readline():
            raise OSError("no socket")
        while reader.readline() not in (b"\r\n", b""):
            pass
        while len(head := reader.read(2)) == 2:
            count = head[1]
            if count >= 126:
                width = 2 if count == 126 else 8
                count = int.from_bytes(reader.read(width), "big")
            payload = reader.read(count)
            if head[0] & 15 == 8:
                return
            yield None, payload.decode() if head[0] & 15 == 1 else ""


def check_overlay(overlay, truth):
    """Every fact once and in order, or accounted for.

    - Parameter truth: of the nodes that had the session, (epoch, number, type).
    - Returns: what is wrong, in words.
    """
    wrong = []
    facts = overlay.facts()
    if len(set(facts)) != len(facts):
        wrong.append("a fact came twice")
    by_epoch = {}
    for epoch, number in facts:
        if by_epoch.get(epoch, 0) >= number:
            wrong.append(f"{number} came after {by_epoch[epoch]}")
        by_epoch[epoch] = number
    first = {}
    for epoch, _, event, _ in overlay.told:
        if event["type"] in ("hello", "snapshot") and epoch not in first:
            first[epoch] = event["seq"]
    told, missing = set(facts), overlay.missing()
    for epoch, number, kind in truth:
        if epoch not in first or number <= first[epoch] or number > by_epoch.get(epoch, 0) or (epoch, number) in told:
            continue
        if not any(one == epoch and low <= number <= high for one, low, high in missing):
            wrong.append(f"{kind} {number} is missing, and nobody has said so")
    return wrong
