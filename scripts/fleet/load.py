#!/usr/bin/env python3
"""The load of a fleet through one NATS server and one gateway: facts one by one, ticks in batches, and clients that
follow one session each. Says how long facts take from the moment at which they were to be sent until a client has them.

usage: load.py BIN_FOLDER [--facts N] [--ticks N] [--clients N] [--seconds N] [--server debian|pypi]

The generators are this script: what they send is made beforehand, so that they cost little while it is measured. The
programs should be release builds.
"""
import argparse
import asyncio
import json
import multiprocessing
import os
import random
import shutil
import socket
import sys
import tempfile
import threading
import time
import zlib

from harness import Gateway, Server, server_program, wait_for
from overlay import TOKEN

NODES, SPEAKERS = 35, ("anna", "ben")
# As TickBatch.ticksPerParcel has it.
TICKS_PER_PARCEL = 8
STEP_S = 0.01


def partition(session):
    """As BusNames.partition(of:) has it."""
    value = 0xCBF29CE484222325
    for byte in session.encode() + b"\xff":
        value = (value ^ byte) * 0x100000001B3 & 0xFFFFFFFFFFFFFFFF
    value = (value ^ value >> 30) * 0xBF58476D1CE4E5B9 & 0xFFFFFFFFFFFFFFFF
    value = (value ^ value >> 27) * 0x94D049BB133111EB & 0xFFFFFFFFFFFFFFFF
    return (value ^ value >> 31) % 16


def tick_body():
    """As much as a tick has: some 2.3 kB, whose numbers differ from one to the next."""
    numbers = [round(random.uniform(0, 100), 2) for _ in range(120)]
    names = ["talk_ratio", "pause_ratio", "articulation_rate_per_s", "response_lag_median_ms", "longest_monologue_s"]
    return ",".join(f'"{names[index % 5]}_{index}":{number}' for index, number in enumerate(numbers))


class Sessions:
    """Numbers of each session's facts, in the run of its node."""

    def __init__(self, count):
        self.names = [f"load-{index}" for index in range(count)]
        self.last = [0] * count

    def fact(self, index, kind, rest, speaker=None, offset=0.0):
        """- Returns: the bytes of an HPUB."""
        name, node = self.names[index], f"n{index % NODES}"
        number = self.last[index] + 1
        who = f'"speaker":"{speaker}",' if speaker else ""
        line = (f'{{"v":1,"type":"{kind}","seq":{number},"session":"{name}",{who}"t":{offset:.3f},'
                f'"at":"2026-03-02T12:00:00.000Z",{rest}}}').encode()
        headers = (f"NATS/1.0\r\nNats-Msg-Id: {node}:e:{name}-{number}\r\nAttune-Term: 1\r\n"
                   f"Attune-After: {self.last[index]}\r\n\r\n").encode()
        self.last[index] = number
        subject = f"attune.fact.{partition(name)}.{name}"
        return (f"HPUB {subject} {len(headers)} {len(headers) + len(line)}\r\n".encode()
                + headers + line + b"\r\n")

    def tick(self, index, speaker, number, body):
        return (f'{{"v":1,"type":"tick","seq":{number},"session":"{self.names[index]}","speaker":"{speaker}","t":{number},'
                f'"at":"2026-03-02T12:00:00.000Z",{body}}}').encode()


def connect(port):
    stream = socket.create_connection(("127.0.0.1", port))
    stream.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    stream.recv(65536)
    stream.sendall(b'CONNECT {"verbose":false,"headers":true,"pedantic":false}\r\nPING\r\n')

    def drain():
        try:
            while data := stream.recv(65536):
                if b"-ERR" in data:
                    print(f"the server says {data!r}", file=sys.stderr)
                if b"PING" in data:
                    stream.sendall(b"PONG\r\n")
        except OSError:
            pass

    threading.Thread(target=drain, daemon=True).start()
    return stream


def send(stream, steps, begin, late):
    """Each step at its time; how late it was at most goes to `late`."""
    most = 0.0
    for index, data in enumerate(steps):
        pause = begin + index * STEP_S - time.monotonic()
        if pause > 0:
            time.sleep(pause)
        most = max(most, -pause)
        if data:
            stream.sendall(data)
    late.put(most)


class Client:
    """Follows one session, and notes when its facts come."""

    def __init__(self, session):
        self.session, self.latencies, self.ticks, self.numbers, self.lagged = session, [], 0, [], 0

    async def run(self, port, begin):
        reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=1 << 20)
        writer.write(f"GET /v1/events?session={self.session} HTTP/1.1\r\nHost: 127.0.0.1\r\n"
                     f"Authorization: Bearer {TOKEN}\r\n\r\n".encode())
        while line := await reader.readline():
            if not line.startswith(b"data: "):
                continue
            now = time.monotonic()
            event = json.loads(line[6:])
            if event["type"] == "speech.started":
                self.numbers.append(event["seq"])
                self.latencies.append(now - begin[0] - event["start_s"])
            elif event["type"] == "tick":
                self.ticks += 1
            elif event["type"] == "lagged":
                self.lagged += 1


def quantile(values, share):
    return values[min(len(values) - 1, int(len(values) * share))] * 1000


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("binaries")
    parser.add_argument("--facts", type=int, default=22_000)
    parser.add_argument("--ticks", type=int, default=40_000)
    parser.add_argument("--clients", type=int, default=500)
    parser.add_argument("--seconds", type=int, default=15)
    parser.add_argument("--server", default="debian")
    options = parser.parse_args()
    random.seed(1)
    folder = tempfile.mkdtemp(prefix="attune-load-")
    server = Server(folder, server_program(options.server))
    # One client more than are wanted, so that metrics can be asked for.
    gateway = Gateway(folder, options.binaries, "gateway", server, settings={"events.max_clients": "1000"})
    try:
        server.start()
        gateway.start()
        return measure(options, server, gateway)
    finally:
        gateway.stop()
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)


def cpu_seconds(pid):
    with open(f"/proc/{pid}/stat", encoding="ascii") as file:
        fields = file.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def measure(options, server, gateway):
    sessions = Sessions(max(options.clients, options.ticks // 2))
    count = len(sessions.names)
    stream = connect(server.port)
    start = time.monotonic()
    for index in range(count):
        stream.sendall(sessions.fact(index, "session.started", '"notice_id":"n","policy":"standard"'))
    wait_for(lambda: gateway.metric("attune_gateway_sessions") >= count, 120, "all sessions")
    print(f"{count} sessions were known after {time.monotonic() - start:.1f} s", flush=True)

    steps = int(options.seconds / STEP_S)
    per_step = options.facts * STEP_S
    facts, made = [], 0
    for step in range(steps):
        data = []
        while made < (step + 1) * per_step:
            index = made % count if options.facts >= count else random.randrange(count)
            data.append(sessions.fact(index, "speech.started", f'"start_s":{step * STEP_S:.3f}', SPEAKERS[made % 2]))
            made += 1
        facts.append(b"".join(data))
    bodies = [tick_body() for _ in range(200)]
    batches = [[] for _ in range(steps)]
    order = [(index, speaker) for index in range(options.ticks // 2) for speaker in SPEAKERS]
    for second in range(options.seconds):
        for begin in range(0, len(order), TICKS_PER_PARCEL):
            node = f"n{begin // 100 % NODES}"
            part = order[begin:begin + TICKS_PER_PARCEL]
            names = [sessions.names[index] for index in sorted({index for index, _ in part})]
            head = json.dumps({"v": 1, "node": node, "epoch": "e", "sessions": names}, separators=(",", ":")).encode()
            # The numbers of ticks are of the same run, and behind all facts.
            packed = head + b"\n" + zlib.compress(b"\n".join(
                sessions.tick(index, speaker, 1_000_000 + second, random.choice(bodies)) for index, speaker in part), 1)
            step = int((second + begin / len(order)) / STEP_S)
            batches[step].append(f"PUB attune.tick.{node} {len(packed)}\r\n".encode() + packed + b"\r\n")
    batches = [b"".join(step) for step in batches]
    print(f"made {made} facts, {len(order) * options.seconds} ticks in {sum(map(len, batches)) / 1e6:.0f} MB", flush=True)

    clients = [Client(sessions.names[index * count // options.clients]) for index in range(options.clients)]
    # Generators are processes of their own: in threads of this one the clients would wait for them.
    forked = multiprocessing.get_context("fork")
    begin, late = [0.0], forked.Queue()

    async def follow():
        tasks = [asyncio.create_task(client.run(gateway.port, begin)) for client in clients]
        while gateway_clients() < options.clients:
            await asyncio.sleep(0.1)
        begin[0] = time.monotonic() + 1
        senders = [forked.Process(target=send, args=(connect(server.port), steps, begin[0], late))
                   for steps in (facts, batches)]
        before = cpu_seconds(gateway.pid), cpu_seconds(server.pid)
        for sender in senders:
            sender.start()
        while any(sender.is_alive() for sender in senders):
            await asyncio.sleep(0.1)
        took = time.monotonic() - begin[0]
        after = cpu_seconds(gateway.pid), cpu_seconds(server.pid)
        await asyncio.sleep(3)
        for task in tasks:
            task.cancel()
        return took, after[0] - before[0], after[1] - before[1]

    def gateway_clients():
        return gateway.metric("attune_gateway_clients")

    took, gateway_cpu, server_cpu = asyncio.run(follow())
    latencies = sorted(latency for client in clients for latency in client.latencies)
    if not latencies:
        raise SystemExit("load: no client was told anything")
    wrong = sum(1 for client in clients if any(
        later != earlier + 1 for earlier, later in zip(client.numbers, client.numbers[1:])))
    p99 = quantile(latencies, 0.99)
    print(f"{made / took:.0f} facts and {len(order) * options.seconds / took:.0f} ticks a second for {took:.1f} s, to "
          f"{len(clients)} clients; server {options.server}")
    print(f"gateway {gateway_cpu / took:.2f} cores, server {server_cpu / took:.2f}; the generators were "
          f"{1000 * max(late.get(), late.get()):.0f} ms late at most")
    print(f"facts: median {quantile(latencies, 0.5):.1f} ms, p99 {p99:.1f} ms, longest {latencies[-1] * 1000:.0f} ms; "
          f"{len(latencies)} were told, {sum(client.ticks for client in clients)} ticks; "
          f"{wrong} clients with a hole, {sum(client.lagged for client in clients)} lagged")
    return 1 if wrong or p99 >= 50 else 0


if __name__ == "__main__":
    sys.exit(main())
