#!/usr/bin/env python3
"""Writes what the original network gives, for the tests (NetworkTests.swift).

usage: silero-6.2.3.py MODEL.onnx        (silero_vad_16k_op15.onnx of the wheel silero-vad 6.2.3)
Needs numpy, onnxruntime, and ffmpeg with Flite for synthetic speech.

silero-6.2.3.txt: the probabilities along a synthetic signal, which the tests make again: pulses of changing period
through two resonances in syllables, with pauses, over noise that is now weak, now strong. Only additions and
multiplications of doubles in the same order, so that it is the same to the bit.

silero-6.2.3-steps.bin: single steps out of runs over several signals, each with the state before it. A step is 576
samples (16 bits: 64 of context, 512 new), then as 32-bit floating-point numbers, all little-endian: 128 values of the
hidden state and 128 of the cell before it, the probability, and both states after it.
"""

import subprocess
import sys
from pathlib import Path

import numpy
import onnxruntime


# Two resonances per syllable: 2 r cos(2 pi f / 16000) for 700 and 1200, 300 and 2200, 400 and 800, 500 and 1500 Hz.
VOWELS = [(1.886, 1.747), (1.947, 1.272), (1.932, 1.865), (1.921, 1.631)]


def signal(count):
    state, next_pulse, out = 1, 0, []
    a1 = a2 = b1 = b2 = 0.0
    for index in range(count):
        state = (state * 6364136223846793005 + 1442695040888963407) % 2**64
        noise = float(state >> 40) * 2.0**-23 - 1.0
        phase, syllable = index % 32000, index % 4000
        pulse = 0.0
        if index >= next_pulse:
            next_pulse = index + 110 + phase // 600 + (state >> 60)
            if phase < 20000:
                pulse = float(min(syllable, 4000 - syllable)) * 0.0005
        first, second = VOWELS[index // 4000 % 4]
        a = pulse + 0.02 * noise * pulse + first * a1 - 0.96 * a2
        a2, a1 = a1, a
        b = a + second * b1 - 0.93 * b2
        b2, b1 = b1, b
        level = 0.02 if index // 64000 % 2 == 1 else 0.0005
        out.append(0.03 * b + level * noise)
    return numpy.array(out, dtype=numpy.float64).astype(numpy.float32)


def run(session, samples):
    """Per chunk of float32 samples: its 576 samples, the state before it, the probability, the state after it."""
    samples = numpy.concatenate([numpy.zeros(64, numpy.float32), samples])
    state = numpy.zeros((2, 1, 128), numpy.float32)
    for start in range(0, len(samples) - 575, 512):
        chunk, before = samples[start : start + 576], state
        feed = {"input": chunk[None], "state": before, "sr": numpy.array(16000, numpy.int64)}
        probability, state = session.run(None, feed)
        yield chunk, before, probability[0, 0], state


def speech():
    """Five seconds of a synthetic voice as 16-bit values."""
    text = "The figures are in, and they look better than we hoped. Shall we go through them together now?"
    command = ["ffmpeg", "-v", "error", "-f", "lavfi", "-i", f"flite=text='{text}':voice=slt", "-ar", "16000"]
    raw = subprocess.run([*command, "-f", "s16le", "-"], check=True, stdout=subprocess.PIPE).stdout
    return numpy.frombuffer(raw, "<i2").astype(float)[: 160 * 512]


def steps(session, synthetic, voice):
    """Chunks of quiet, usual and loud signals, spread over their runs."""
    noise = numpy.random.default_rng(7).standard_normal(160 * 512)
    full = 32767.0
    places = numpy.arange(160 * 512)
    signals = [
        (voice, 20),
        (voice * 0.02, 5),
        (numpy.clip(voice * 20, -full, full), 6),
        (voice + 0.3 * voice.std() * noise[: len(voice)], 8),
        (synthetic * full, 8),
        (numpy.clip(synthetic * 30 * full, -full, full), 4),
        (noise * 3000, 3),
        (noise * 10, 2),
        (full * numpy.sign(numpy.sin(2 * numpy.pi * 220 * places / 16000)), 2),
        (3000 * numpy.sin(2 * numpy.pi * 1000 * places / 16000), 1),
        (numpy.zeros(160 * 512), 1),
    ]
    for signal, count in signals:
        whole = numpy.rint(signal).astype("<i2")
        results = list(run(session, whole.astype(numpy.float32) / 32768))
        for place in numpy.linspace(0, len(results) - 1, count + 1).astype(int)[1:]:
            chunk, before, probability, after = results[place]
            yield numpy.rint(chunk * 32768).astype("<i2").tobytes()
            yield before.astype("<f4").tobytes()
            yield probability.astype("<f4").tobytes()
            yield after.astype("<f4").tobytes()


def main():
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(sys.argv[1], options)
    synthetic = signal(400 * 512)
    here = Path(__file__)
    lines = [f"{float(probability):.9g}\n" for _, _, probability, _ in run(session, synthetic)]
    here.with_suffix(".txt").write_text("".join(lines))
    records = b"".join(steps(session, synthetic[: 160 * 512], speech()))
    here.with_name("silero-6.2.3-steps.bin").write_bytes(records)


if __name__ == "__main__":
    main()
