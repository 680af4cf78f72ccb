"""What happens in rendered clips: poses, nods, shakes, speech, and what else people do that is none of these."""

import numpy as np

RATE = 12.5


class Course:
    """A course of pose and mouth over time, with what is true of it."""

    def __init__(self, seconds, seed):
        self.draw = np.random.default_rng(seed)
        self.times = np.arange(int(seconds * RATE)) / RATE
        self.seconds = seconds
        self.values = {name: np.zeros(len(self.times)) for name in ("yaw", "pitch", "roll", "mouth", "lids")}
        self.values["x"] = np.full(len(self.times), 0.5)
        self.values["y"] = np.full(len(self.times), 0.45)
        self.nods, self.shakes = [], []

    def drift(self, degrees=1.5):
        """Slow wandering, as nobody holds still."""
        for name, size in (("yaw", degrees * 1.5), ("pitch", degrees), ("roll", degrees)):
            for _ in range(3):
                rate, phase = self.draw.uniform(0.03, 0.25), self.draw.uniform(0, 2 * np.pi)
                self.values[name] += size / 2 * np.sin(2 * np.pi * rate * self.times + phase)
        for name in ("x", "y"):
            rate, phase = self.draw.uniform(0.03, 0.15), self.draw.uniform(0, 2 * np.pi)
            self.values[name] += 0.01 * np.sin(2 * np.pi * rate * self.times + phase)
        return self

    def blinks(self):
        at = 0.0
        while (at := at + self.draw.exponential(4.0) + 0.5) < self.seconds:
            self.values["lids"] = np.maximum(self.values["lids"], np.clip(1 - abs(self.times - at) / 0.12, 0, 1))
        return self

    def _wave(self, name, other, start, length, size, hertz, first):
        """Swings that begin and end softly; the other axis moves a little with them."""
        inside = (self.times >= start) & (self.times <= start + length)
        phase = self.times[inside] - start
        envelope = np.minimum(1, np.minimum(phase, length - phase) / (0.25 * length))
        # Later swings are smaller.
        wave = size * first * np.sin(2 * np.pi * hertz * phase) * envelope * (1 - 0.4 * phase / length)
        self.values[name][inside] += wave
        self.values[other][inside] += wave * self.draw.uniform(-0.25, 0.25)

    def gestures(self, kind, pause=(3.0, 7.0)):
        """Nods (0.9 to 1.8 s) or shakes (1.0 to 1.6 s), whose sizes and rates are those that listeners have."""
        at = self.draw.uniform(2, 4)
        while True:
            length = self.draw.uniform(0.9, 1.8) if kind == "nod" else self.draw.uniform(1.0, 1.6)
            if at + length > self.seconds - 1.5:
                return self
            if kind == "nod":
                self._wave("pitch", "yaw", at, length, self.draw.uniform(2.5, 8), self.draw.uniform(1.2, 2.6), -1)
                self.nods.append((at, at + length))
            else:
                self._wave("yaw", "pitch", at, length, self.draw.uniform(4, 10), self.draw.uniform(1.6, 2.6),
                           self.draw.choice([-1, 1]))
                self.shakes.append((at, at + length))
            at += length + self.draw.uniform(*pause)

    def glances(self, pause=(3.0, 8.0)):
        """Turns to the side, looks down at notes, and quick looks aside and back: neither nods nor shakes."""
        at = self.draw.uniform(1, 3)
        while at < self.seconds - 4:
            name = self.draw.choice(["yaw", "yaw", "pitch"])
            size = self.draw.uniform(8, 25) * self.draw.choice([-1, 1]) if name == "yaw" else -self.draw.uniform(8, 18)
            rise, hold = self.draw.uniform(0.3, 0.8), self.draw.choice([0.4, 1.5, 3.0]) * self.draw.uniform(0.8, 1.2)
            up = np.clip((self.times - at) / rise, 0, 1)
            down = np.clip((self.times - at - rise - hold) / rise, 0, 1)
            soft = [0.5 - 0.5 * np.cos(np.pi * part) for part in (up, down)]
            self.values[name] += size * (soft[0] - soft[1])
            at += 2 * rise + hold + self.draw.uniform(*pause)
        return self

    def speech(self, spans):
        """Syllables at some 4.5 a second, with beats of the head."""
        self.spoken = spans
        for begin, end in spans:
            at = begin
            while at < end:
                size, length = self.draw.uniform(0.25, 0.9), self.draw.uniform(0.16, 0.28)
                self.values["mouth"] = np.maximum(
                    self.values["mouth"], size * np.clip(1 - abs(self.times - at - length / 2) / (length / 2), 0, 1))
                at += length
            inside = (self.times >= begin) & (self.times <= end)
            self.values["pitch"][inside] += 0.8 * np.sin(2 * np.pi * self.draw.uniform(0.4, 0.8) * self.times[inside])
        return self
