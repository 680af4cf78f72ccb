"""Sounds that are computed: voices as machines and tests speak with, and what is near to a voice and is none. What is
speech among them is known from how they are made."""

import numpy as np

RATE_HZ = 16_000
HOP = RATE_HZ // 100
# A hop so much quieter than the loudest of its voice is a pause, where so many are in a row.
QUIET_DB = -34
PAUSE_HOPS = 15
# Hz and width of the resonances of some vowels (Peterson & Barney 1952), and of what tests take for them.
VOWELS = (
    ((270, 60), (2_290, 130), (3_010, 180)), ((530, 70), (1_840, 120), (2_480, 170)),
    ((660, 80), (1_720, 110), (2_410, 160)), ((730, 90), (1_090, 110), (2_440, 160)),
    ((570, 80), (840, 100), (2_410, 160)), ((300, 60), (870, 100), (2_240, 150)),
    ((490, 70), (1_350, 110), (1_690, 150)), ((640, 90), (1_190, 110), (2_390, 160)),
    ((600, 90), (1_400, 120)), ((500, 80), (1_500, 120)),
)
DTMF_HZ = ((697, 770, 852, 941), (1_209, 1_336, 1_477))


def spurts(random, count):
    """Where somebody speaks: first samples and ends, at times from the begin on."""
    places = []
    at = 0 if random.random() < 0.25 else int(random.exponential(0.8) * RATE_HZ)
    usual_s = random.choice([0.8, 1.5, 3, 6])
    while at < count:
        end = at + int(random.uniform(0.4, 1.6) * usual_s * RATE_HZ)
        places.append((at, min(end, count)))
        at = end + int((0.25 + random.exponential(0.7)) * RATE_HZ)
    return places


def voice(random, count):
    """Samples of a made voice, and per hop whether it speaks."""
    source = _source(random, _pitch(random, count))
    vowels = random.choice(len(VOWELS), size=2, replace=False)
    kind = random.random()
    if kind < 0.65:
        first, second = (_resonant(random, source, VOWELS[vowel]) for vowel in vowels)
        if kind < 0.35:
            second = first
        times = np.arange(count) / RATE_HZ
        openness = 0.5 + 0.5 * np.sin(2 * np.pi * random.uniform(0.5, 3) * times + random.uniform(0, 6))
        source = first * openness + second * (1 - openness)
    samples = source * _syllables(random, count)
    gate = np.zeros(count)
    for start, end in spurts(random, count):
        gate[start:end] = 10 ** (random.uniform(-4, 2) / 20)
    if random.random() < 0.5:
        # Neither begins nor ends within a sample.
        rise = int(random.uniform(0.002, 0.03) * RATE_HZ)
        gate = np.convolve(gate, np.full(rise, 1 / rise))[:count]
    samples = samples * gate
    return samples, spoken(samples)


def spoken(samples):
    """Per hop whether a made voice speaks: by its level, short pauses included."""
    hops = len(samples) // HOP
    power = (samples[: hops * HOP].reshape(hops, HOP) ** 2).mean(1)
    # A low voice has hops without a pulse.
    power = np.maximum(power, np.maximum(np.append(power[1:], 0), np.append(0, power[:-1])) / 4)
    loud = power > max(power.max(), 1e-9) * 10 ** (QUIET_DB / 10)
    edges = np.flatnonzero(np.diff(np.concatenate([[1], loud, [1]]).astype(int)))
    for start, end in zip(edges[::2], edges[1::2]):
        if end - start < PAUSE_HOPS and start > 0 and end < hops:
            loud[start:end] = True
    return loud.astype(np.float32)


def _pitch(random, count):
    """Hz per sample: constant, or gliding and trembling."""
    times = np.arange(count) / RATE_HZ
    hz = np.full(count, np.exp(random.uniform(np.log(60), np.log(400))))
    if random.random() < 0.3:
        # A whole number of samples from pulse to pulse.
        return RATE_HZ / np.rint(RATE_HZ / hz)
    for rate in (random.uniform(0.2, 1.2), random.uniform(3, 7)):
        if random.random() < 0.6:
            hz *= 1 + random.uniform(0, 0.17 if rate < 2 else 0.04) * np.sin(2 * np.pi * rate * times)
    if random.random() < 0.3:
        step = RATE_HZ // 100
        jitter = random.normal(size=count // step + 2) * random.uniform(0.002, 0.02)
        hz *= 1 + np.interp(np.arange(count) / step, np.arange(len(jitter)), jitter)
    return np.clip(hz, 55, 450)


def _source(random, hz):
    """Pulses of one of several shapes."""
    phase = np.cumsum(hz) / RATE_HZ + random.random()
    turn = phase % 1
    kind = random.integers(5)
    if kind == 0:
        # Rectangles of some samples.
        source = (turn * RATE_HZ / hz < random.integers(1, 12)).astype(float)
    elif kind == 1:
        source = turn - 0.5
    elif kind == 2:
        # The flow through a throat: it opens slowly and closes fast (Rosenberg 1971), by its slope.
        opening = random.uniform(0.3, 0.6)
        closing = random.uniform(0.08, 0.25)
        source = np.where(turn < opening, np.sin(np.pi * turn / opening) * closing / opening,
                          np.where(turn < opening + closing, -np.sin(np.pi / 2 * (turn - opening) / closing), 0))
    else:
        # Harmonics that fall by some power, up to some Hz.
        fall, most = random.uniform(0.3, 1.5), random.integers(5, 40)
        first = 1 if random.random() < 0.8 else random.integers(2, 5)
        offsets = random.uniform(0, 6.3) * np.arange(most + 1) ** (2 * random.integers(2))
        source = np.zeros(len(hz))
        for harmonic in range(first, int(min(most, 7_000 // hz.max())) + 1):
            source += np.sin(2 * np.pi * harmonic * phase + offsets[harmonic]) / harmonic**fall
    if random.random() < 0.3:
        source = source + random.normal(size=len(hz)) * np.abs(source) * random.uniform(0, 0.2)
    return source - (source.mean() if random.random() < 0.7 else 0)


def _resonant(random, source, resonances):
    """What resonances make of it, some of them one after the other, with others' length of the throat."""
    scale = random.uniform(0.85, 1.25)
    turns = np.exp(-2j * np.pi * np.fft.rfftfreq(len(source), 1))
    spectrum = np.fft.rfft(source)
    for hz, width_hz in resonances[: random.integers(2, 4)]:
        radius = np.exp(-np.pi * width_hz / RATE_HZ)
        spectrum /= 1 - 2 * radius * np.cos(2 * np.pi * scale * hz / RATE_HZ) * turns + radius**2 * turns**2
    filtered = np.fft.irfft(spectrum, len(source))
    return filtered / max(np.sqrt((filtered**2).mean()), 1e-9)


def _syllables(random, count):
    """The course of loudness: two to seven syllables a second of some shape, or a vowel that is held."""
    place = np.arange(count) / RATE_HZ * random.uniform(2, 7) + random.random()
    if random.random() < 0.3:
        place = place + 0.3 * np.sin(2 * np.pi * random.uniform(0.1, 0.4) * place)
    within = place % 1
    kind = random.integers(6)
    if kind == 0:
        course = np.abs(np.sin(np.pi * within))
    elif kind == 1:
        deep = random.uniform(0.3, 0.95)
        course = 1 - deep + deep * np.sin(np.pi * within) ** 2
    elif kind == 2:
        course = 1 - np.abs(2 * within - 1)
    elif kind == 3:
        course = (within < random.uniform(0.5, 0.9)).astype(float)
    elif kind == 4:
        return np.ones(count)
    else:
        course = np.minimum(1, 8 * np.minimum(within, 1 - within))
    loudness = 10 ** (random.uniform(-8, 0, size=int(place[-1]) + 2) / 20)
    return course * (loudness[place.astype(int)] if random.random() < 0.5 else 1)


# What is no speech.


def other(random, count):
    """Sounds of one kind that nobody speaks with."""
    kind = random.integers(7)
    return (_hum, _tones, _telephone_tones, _keys, _clicks, _music, _bursts)[kind](random, count)


def _hum(random, count):
    """Mains or a motor: it does not move, and does not stop."""
    hz = random.choice([50, 60, 100, 120, random.uniform(40, 400)]) * random.uniform(0.998, 1.002)
    phase = np.cumsum(np.full(count, hz)) / RATE_HZ
    loudness = 10 ** (random.uniform(-25, 0, size=random.integers(3, 30)) / 20)
    loudness[0] = 1
    return sum(gain * np.sin(2 * np.pi * ((place + 1) * phase + random.random()))
               for place, gain in enumerate(loudness) if (place + 1) * hz < 7_500)


def _stretches(random, count, shortest_s, longest_s):
    at = int(random.uniform(0, 2) * RATE_HZ)
    while at < count:
        end = at + int(random.uniform(shortest_s, longest_s) * RATE_HZ)
        yield slice(at, min(end, count)), np.arange(min(end, count) - at) / RATE_HZ
        at = end + int(random.uniform(0.02, 1) * RATE_HZ)


def _tones(random, count):
    """Sines, some that rise or fall: beeps, alarms, whistles."""
    samples = np.zeros(count)
    held_s, glides = random.choice([0.2, 1, 8]), random.random() < 0.3
    for part, times in _stretches(random, count, 0.3 * held_s, held_s):
        hz = np.exp(random.uniform(np.log(250), np.log(4_000)))
        slope = random.uniform(-1, 1) if glides else 0
        samples[part] = np.sin(2 * np.pi * hz * times * (1 + 0.5 * slope * times))
    return samples


def _telephone_tones(random, count):
    """It rings, is engaged, or may be dialled."""
    pairs = ((440, 480), (350, 440), (480, 620), (425, 425), (400, 450), (440, 440), (950, 1_400))
    one, two = pairs[random.integers(len(pairs))]
    times = np.arange(count) / RATE_HZ
    on, off = ((2, 4), (1, 4), (0.5, 0.5), (0.25, 0.25), (0.4, 0.2), (99, 0))[random.integers(6)]
    sound = np.sin(2 * np.pi * one * times) + np.sin(2 * np.pi * two * times)
    return sound * ((times + random.uniform(0, on)) % (on + off) < on)


def _keys(random, count):
    samples = np.zeros(count)
    for part, times in _stretches(random, count, 0.05, 0.3):
        samples[part] = sum(np.sin(2 * np.pi * random.choice(hz) * times) for hz in DTMF_HZ)
    return samples


def _clicks(random, count):
    """Knocks, keys and ticks, regular or not, up to 20 a second."""
    samples = np.zeros(count)
    rate, is_regular = np.exp(random.uniform(np.log(0.5), np.log(20))), random.random() < 0.4
    length = int(random.uniform(0.001, 0.03) * RATE_HZ)
    at = 0
    while (at := at + int((1 if is_regular else random.exponential()) * RATE_HZ / rate) + 1) < count - length:
        click = random.normal(size=length) * np.exp(-5 * np.arange(length) / length)
        samples[at : at + length] += click * random.uniform(0.3, 1)
    return samples


def _music(random, count):
    """Chords of what is plucked or struck, in a scale, with a beat."""
    samples = np.zeros(count)
    beat = int(random.uniform(0.15, 0.6) * RATE_HZ)
    root = random.uniform(60, 130)
    fall, decay_s, most = random.uniform(0.8, 2), random.uniform(0.15, 1.5), random.integers(2, 12)
    scale = (0, 2, 4, 5, 7, 9, 11) if random.random() < 0.5 else (0, 2, 3, 5, 7, 8, 10)
    for at in range(int(random.uniform(0, 1) * RATE_HZ), count, beat):
        times = np.arange(min(count - at, 3 * int(decay_s * RATE_HZ))) / RATE_HZ
        for _ in range(random.integers(0, 4) if at % (4 * beat) else 4):
            hz = root * 2 ** ((random.choice(scale) + 12 * random.integers(0, 4)) / 12)
            note = sum(np.sin(2 * np.pi * harmonic * hz * times) / harmonic**fall
                       for harmonic in range(1, most) if harmonic * hz < 7_000)
            samples[at : at + len(times)] += note * np.exp(-times / decay_s) * np.minimum(1, 200 * times)
        if random.random() < 0.3:
            length = min(count - at, RATE_HZ // 20)
            samples[at : at + length] += random.normal(size=length) * np.exp(-6 * np.arange(length) / length)
    return samples


def _bursts(random, count):
    """Noise that comes and goes as fast as syllables do, or slowly: wind, breath, rustling."""
    spectrum = np.fft.rfft(random.normal(size=count))
    hz = np.fft.rfftfreq(count, 1 / RATE_HZ)
    low = np.exp(random.uniform(np.log(60), np.log(2_000)))
    spectrum *= 1 / (1 + (low / np.maximum(hz, 1)) ** 4) / (1 + hz / 1_000) ** random.uniform(0, 1.5)
    course = np.interp(np.arange(count) / RATE_HZ * np.exp(random.uniform(0, np.log(8))), np.arange(200),
                       random.uniform(0, 1, size=200) ** random.uniform(1, 6))
    return np.fft.irfft(spectrum, count) * course
