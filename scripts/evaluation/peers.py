"""Other programs on the same recordings and mixtures: measured in the same run where they are packages, else constants
that were measured once with the same definitions."""

import functools
import importlib.metadata
import types

import numpy as np

RATE_HZ = 16_000

# AUC of vad/ clean, 10 dB, 0 dB; F1 of pauses clean, 10 dB, 0 dB; AUC of meetings/ clean, 10 dB, 0 dB.
SPEECH = {"earshot 1.2.2": ((0.975, 0.923, 0.785), (0.87, 0.56, 0.38), (0.912, 0.876, 0.775))}

# F1 of the frames at a probability of 0.5, vad/ clean.
SPEECH_F1 = {"earshot 1.2.2": 0.944}

# F0 frame error and gross pitch error in percent, clean, 10 dB, 0 dB; noise of one draw.
PITCH = {"RAPT (pysptk 1.0.1), shifted by its best 5 ms": ((4.6, 12.6, 24.4), (2.0, 2.8, 9.3))}

# Correlation and mean error of the syllable rate in percent; on clips of 2.5 s of the acted sentences.
PACE = {"Praat 6.1.38 with the script of de Jong & Wempe": (0.55, 23)}

# The pitches that all are asked for.
LOWEST_HZ, HIGHEST_HZ = 60, 500


@functools.cache
def silero_session():
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    # Its package itself would import torch.
    path = importlib.metadata.distribution("silero-vad").locate_file("silero_vad/data/silero_vad.onnx")
    return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])


def silero(samples):
    """silero-vad 6.2.3 as a stream: chunks of 32 ms with 4 ms before each; a probability per hop of 10 ms, that of a
    chunk from its beginning on."""
    signal = np.asarray(samples, np.float32) / 32_768
    signal = np.pad(signal, (64, -len(signal) % 512))
    state, found = np.zeros((2, 1, 128), np.float32), []
    rate = np.array(RATE_HZ, np.int64)
    for at in range(0, len(signal) - 64, 512):
        chunk = signal[None, at : at + 576]
        probability, state = silero_session().run(None, {"input": chunk, "state": state, "sr": rate})
        found.append(probability[0, 0])
    hops = np.minimum(np.arange(len(samples) // 160) * 160 // 512, max(0, len(found) - 1))
    probability = np.array(found or [0.0])[hops]
    return types.SimpleNamespace(probability=probability, is_speech=probability >= 0.5)


@functools.cache
def swift_f0_detector():
    import swift_f0

    return swift_f0.SwiftF0(threads=1, spin=False)


def swift_f0(samples):
    """swift-f0 0.3.0 on a whole recording: times and pitches, 0 where unvoiced."""
    found = swift_f0_detector().detect(
        np.asarray(samples, np.float32) / 32_768, RATE_HZ, fmin=LOWEST_HZ, fmax=HIGHEST_HZ)
    return found.timestamps, np.where(found.confidence >= 0.5, found.pitch_hz, 0)


def praat(samples):
    """Praat's autocorrelation (Boersma 1993), its own settings but for the range of pitches."""
    import parselmouth

    sound = parselmouth.Sound(np.asarray(samples, float) / 32_768, RATE_HZ)
    found = sound.to_pitch_ac(time_step=0.01, pitch_floor=LOWEST_HZ, pitch_ceiling=HIGHEST_HZ)
    return found.xs(), found.selected_array["frequency"]


PITCH_PROGRAMS = {
    "swift-f0 0.3.0, whole recordings": swift_f0, "Praat 6.1.38 (parselmouth 0.4.7), autocorrelation": praat}
