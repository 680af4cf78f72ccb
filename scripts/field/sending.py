"""Packets that go out on time."""

import bisect
import collections
import heapq
import itertools
import os
import socket
import threading
import time

# Wall time less monotonic time.
WALL = time.time() - time.monotonic()
PACKET_S = 0.02
TARDY_S = 0.3


class Lateness:
    """When this machine was too busy to send what was due, over the last minutes: (moment, seconds)."""

    # Less than a jitter buffer takes out.
    NOTED_S = 0.03

    def __init__(self):
        self._noted = collections.deque(maxlen=100_000)

    def note(self, late_s):
        if late_s > self.NOTED_S:
            self._noted.append((time.monotonic(), late_s))

    def worst_s(self, since):
        """The worst from a monotonic moment on, 0 where everything went out when it was due."""
        return max((late_s for moment, late_s in list(self._noted) if moment >= since), default=0.0)


LATENESS = Lateness()


def favour(pid, by=10):
    """Lets a process keep up while others keep the machine busy, where that is allowed."""
    try:
        os.setpriority(os.PRIO_PROCESS, pid, -by)
    except OSError:
        pass


class Line:
    """What one sender sends: (due, media, data) in the order of going out.

    `due` counts from the beginning, `media` is the place of what it carries in the speaker's recording, None for what
    carries nothing.
    """

    def __init__(self, packets, send, start):
        self.packets, self.send, self.start = packets, send, start
        # When the first one really went out, and the media of those that this machine was too busy to send on time.
        self.began, self.tardy_s = None, 0.0
        self._number, self._done = 0, threading.Event()
        self._places = [(media, due) for due, media, _ in packets if media is not None]

    @property
    def end(self):
        """When the last one is due."""
        return self.start + self.packets[-1][0]

    def step(self):
        """Sends the next packet; returns when the one after is due, None at the end."""
        due, _, data = self.packets[self._number]
        try:
            self.send(data)
        except OSError:
            pass  # a daemon that hung up, or is gone, is the test's business
        now = time.monotonic()
        self.began = self.began or now
        LATENESS.note(now - self.start - due)
        if now - self.start - due > TARDY_S:
            self.tardy_s += PACKET_S
        self._number += 1
        if self._number < len(self.packets):
            return self.start + self.packets[self._number][0]
        self._done.set()
        return None

    def run(self):
        """Sends everything from this thread, as suits what can block."""
        due = self.start + self.packets[0][0]
        while due is not None:
            time.sleep(max(0, due - time.monotonic()))
            due = self.step()

    def wait(self):
        self._done.wait(self.packets[-1][0] + 60)

    def moment(self, media_s):
        """When the media at `media_s` is due, as monotonic time: a packet's end is when it is sent."""
        media, due = self._places[max(0, bisect.bisect_right(self._places, (media_s, float("inf"))) - 1)]
        return self.start + due + media_s - media - PACKET_S


class Player(threading.Thread):
    """Sends the datagrams of all lines from one thread: on a busy machine all are late alike."""

    def __init__(self):
        super().__init__(daemon=True)
        self._queue, self._order, self._changed = [], itertools.count(), threading.Condition()
        self.start()

    def play(self, packets, port, start):
        """Begins to send to `port` of this host at the monotonic time `start`."""
        out = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        line = Line(packets, lambda data: out.sendto(data, ("127.0.0.1", port)), start)
        with self._changed:
            heapq.heappush(self._queue, (start + packets[0][0], next(self._order), line))
            self._changed.notify()
        return line

    def run(self):
        while True:
            with self._changed:
                while not self._queue or self._queue[0][0] > time.monotonic():
                    self._changed.wait(self._queue[0][0] - time.monotonic() if self._queue else None)
                _, _, line = heapq.heappop(self._queue)
            following = line.step()
            if following is not None:
                with self._changed:
                    heapq.heappush(self._queue, (following, next(self._order), line))


def stream(packets, connection, start):
    """Sends pieces of a byte stream from a thread of its own."""
    line = Line(packets, connection.sendall, start)
    threading.Thread(target=line.run, daemon=True).start()
    return line
