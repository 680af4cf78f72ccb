"""Speech put together from recordings, in all the ways in which it comes: one speaker or several, near and in rooms, in
noise, through a telephone, loud and quiet. What is speech in it is told by the speech network, which hears it before
anything is done to it. Made voices (made_sounds.py) are among it, which the network does not judge, and made sounds
that are no voices."""

import numpy as np

from evaluation import made_sounds, material

RATE_HZ = 16_000
SECONDS = 12
FULL_SCALE = 32_000
# Samples below this are taken for a pause when levels are measured.
QUIET = 50
# The share of scenes with made voices.
MADE = 0.3


def speakers():
    """Lists of utterances, one list per speaker or per kind of recording."""
    pools = {}
    for path in material.audio_files(material.DATA / "emotion" / "wav"):
        samples = material.decode(path, RATE_HZ)[: 2 * RATE_HZ]
        samples = samples[: np.flatnonzero(samples)[-1] + 1] if samples.any() else samples[:0]
        pools.setdefault("acted " + path.stem[:2], []).append(samples)
    for voice in sorted(path for path in (material.DATA / "prompts").iterdir() if path.is_dir() and "_" in path.name):
        pools[voice.name] = [material.decode(path, RATE_HZ) for path in material.audio_files(voice)]
    for path in material.audio_files(material.DATA / "accents"):
        pools.setdefault("accents " + path.parent.name, []).append(material.decode(path, RATE_HZ))
    for path in material.audio_files(material.DATA / "calls"):
        samples = material.decode(path, RATE_HZ)
        step = 6 * RATE_HZ
        pools[path.stem] = [samples[at : at + step] for at in range(0, len(samples) - step // 2, step)]
    return list(pools.values())


def noises():
    """Every second clip of noise."""
    return [material.decode(path, RATE_HZ) for path in material.audio_files(material.DATA / "noise")[::2]]


def scene(seed, pools, clips):
    """Samples of one scene as a microphone has them, `SECONDS` of them; of its recorded speech alone; and per hop
    whether a made voice speaks."""
    random = np.random.default_rng(seed)
    count = SECONDS * RATE_HZ
    voices = int(random.integers(1, 3)) if random.random() < MADE else 0
    people = 1 if random.random() < 0.7 else int(random.integers(2, 5))
    if random.random() < (0.8 if voices else 0.04):
        people = 0
    dry, wet, near = np.zeros(count), np.zeros(count), np.zeros(count)
    for _ in range(people):
        track = _track(random, pools[random.integers(len(pools))], people, count)
        dry += track
        near += track
        wet += _in_a_room(random, track) if random.random() < (0.3 if people == 1 else 0.8) else track
    made = np.zeros(count // made_sounds.HOP, np.float32)
    for _ in range(voices):
        track, speaks = made_sounds.voice(random, count)
        track *= 10 ** (random.uniform(-6, 3) / 20) * 2_000 / max(np.sqrt((track**2).mean()), 1e-9)
        made = np.maximum(made, speaks)
        near += track
        wet += _in_a_room(random, track) if random.random() < 0.2 else track
    level = _level(wet, near)
    mixed = wet
    if random.random() < (0.45 if voices else 0.15):
        mixed = mixed + _other(random, count, level)
    if not voices or random.random() < 0.6:
        mixed = mixed + _noise(random, clips, count, level)
    if random.random() < 0.3:
        mixed = _telephone(mixed)
    mixed = mixed * 10 ** (random.uniform(-30, 10) / 20)
    if voices and random.random() < 0.3:
        mixed += random.uniform(-1, 1, size=count) * random.uniform(0.8, 3)
    if random.random() < 0.15:
        _lose(random, mixed)
    return np.clip(mixed, -FULL_SCALE, FULL_SCALE), np.clip(dry, -FULL_SCALE, FULL_SCALE), made


def made_scene(seed, clips):
    """Samples of a scene in which a made voice, if any, and a made sound take turns or are on top of each other, and
    per hop whether the voice speaks."""
    random = np.random.default_rng([seed, 1])
    count = SECONDS * RATE_HZ
    mixed, made = np.zeros(count), np.zeros(count // made_sounds.HOP, np.float32)
    if random.random() < 0.6:
        track, made = made_sounds.voice(random, count)
        mixed += track * 2_000 / max(np.sqrt((track**2).mean()), 1e-9)
    sound = made_sounds.other(random, count) if random.random() < 0.8 else random.normal(size=count)
    sound *= 2_000 / 10 ** (random.uniform(-6, 20) / 20) / max(np.sqrt((sound**2).mean()), 1e-9)
    if random.random() < 0.7:
        # In turns: it waits until the voice is over.
        sound *= np.repeat(1 - made, made_sounds.HOP)
    mixed += sound
    if random.random() < 0.5:
        mixed += _noise(random, clips, count, 2_000)
    if random.random() < 0.3:
        mixed = _telephone(mixed)
    mixed *= 10 ** (random.uniform(-30, 10) / 20)
    if random.random() < 0.4:
        mixed += random.uniform(-1, 1, size=count) * random.uniform(0.8, 3)
    if random.random() < 0.25:
        _lose(random, mixed)
    return np.clip(mixed, -FULL_SCALE, FULL_SCALE), made


def _other(random, count, level):
    """A made sound that is no voice, 25 dB below the level to 10 dB above it, at times for a part of the scene only."""
    sound = made_sounds.other(random, count)
    sound = sound * level / 10 ** (random.uniform(-10, 25) / 20) / max(np.sqrt((sound**2).mean()), 1e-9)
    if random.random() < 0.3:
        start, end = sorted(random.integers(count, size=2))
        sound[:start] = 0
        sound[end:] = 0
    return sound


def _track(random, pool, people, count):
    """What one speaker says: utterances with pauses between them, longer ones where there are others."""
    track = np.zeros(count)
    at = int(random.exponential(0.7 if people == 1 else 3) * RATE_HZ)
    while at < count:
        utterance = pool[random.integers(len(pool))].astype(float)
        length = min(len(utterance), count - at)
        track[at : at + length] += utterance[:length]
        usual = random.exponential(0.6 if people == 1 else 2.5)
        at += len(utterance) + int((usual if random.random() < 0.85 else random.uniform(2, 5)) * RATE_HZ)
    return track * 10 ** (random.uniform(-6, 3) / 20) * 2_000 / max(_level(track, track), 1)


def _level(samples, speech):
    """Root mean square where there is speech; 500 where there is none."""
    loud = np.abs(speech) > QUIET
    return np.sqrt((samples[loud] ** 2).mean()) if loud.any() else 500


def _in_a_room(random, track):
    """With the reverberation of noise that decays (Moorer 1979), 0.2 to 0.9 s long, over and under the direct sound."""
    length_s = random.uniform(0.2, 0.9)
    times = np.arange(int(length_s * RATE_HZ)) / RATE_HZ
    response = random.normal(size=len(times)) * 10 ** (-3 * times / length_s)
    response *= 10 ** (random.uniform(-12, 3) / 20) / np.sqrt((response**2).sum())
    response[0] += 1
    points = len(track) + len(response)
    return np.fft.irfft(np.fft.rfft(track, points) * np.fft.rfft(response, points), points)[: len(track)]


def _noise(random, clips, count, level):
    """Noise at -3 to 45 dB below the level: a clip, or one whose spectrum falls; at times none, or only from some time
    on."""
    if random.random() < 0.25:
        spectrum = np.fft.rfft(random.normal(size=count))
        noise = np.fft.irfft(spectrum / (np.arange(len(spectrum)) + 1) ** random.uniform(0, 1), count)
    else:
        clip = clips[random.integers(len(clips))].astype(float)
        noise = np.resize(np.roll(clip, -random.integers(len(clip))), count)
    noise *= level / 10 ** (random.uniform(-3, 45) / 20) / max(np.sqrt((noise**2).mean()), 1e-9)
    if random.random() < 0.1:
        noise[:] = 0
    if random.random() < 0.1:
        noise[: random.integers(count)] *= 10 ** (-random.uniform(5, 25) / 20)
    return noise


def _lose(random, samples):
    """Takes out some hops, up to four in a row, as a network does; what is lost is silence."""
    hop = RATE_HZ // 100
    share = random.uniform(0.2, 4)
    at = 0
    while (at := at + 1 + int(random.exponential(share) * 25)) * hop < len(samples):
        lost = int(random.integers(1, 5))
        samples[at * hop : (at + lost) * hop] = 0
        at += lost


def _telephone(samples):
    """What a telephone lets through."""
    spectrum = np.fft.rfft(samples)
    hz = np.fft.rfftfreq(len(samples), 1 / RATE_HZ)
    spectrum[(hz < 250) | (hz > 3_500)] = 0
    return np.fft.irfft(spectrum, len(samples))
