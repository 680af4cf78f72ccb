#!/usr/bin/env python3
"""Writes silero-6.2.3.txt: the probabilities that the original network gives to a synthetic signal.

usage: silero-6.2.3.py MODEL.onnx        (silero_vad_16k_op15.onnx of the wheel silero-vad 6.2.3)
Needs numpy and onnxruntime. The tests make the same signal (NetworkTests.swift): pulses of changing period
through two resonances in syllables, with pauses, over noise that is now weak, now strong. Only additions and
multiplications of doubles in the same order, so that it is the same to the bit.
"""

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


def main():
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(sys.argv[1], options)
    samples = numpy.concatenate([numpy.zeros(64, numpy.float32), signal(400 * 512)])
    state = numpy.zeros((2, 1, 128), numpy.float32)
    lines = []
    for start in range(0, len(samples) - 64, 512):
        feed = {"input": samples[None, start : start + 576], "state": state, "sr": numpy.array(16000, numpy.int64)}
        probability, state = session.run(None, feed)
        lines.append(f"{float(probability[0, 0]):.9g}\n")
    Path(__file__).with_suffix(".txt").write_text("".join(lines))


if __name__ == "__main__":
    main()
