"""Other programs' figures on the same recordings and mixtures: constants, measured once, same definitions."""

# AUC of vad/ clean, 10 dB, 0 dB; F1 of pauses clean, 10 dB, 0 dB; AUC of meetings/ clean, 10 dB, 0 dB.
SPEECH = {
    "silero-vad 6.2.3, streaming": ((0.984, 0.981, 0.961), (0.87, 0.84, 0.81), (0.971, 0.957, 0.935)),
    "earshot 1.2.2": ((0.975, 0.923, 0.785), (0.87, 0.56, 0.38), (0.912, 0.876, 0.775)),
}

# F1 of the frames at a probability of 0.5, vad/ clean.
SPEECH_F1 = {"silero-vad 6.2.3, streaming": 0.953, "earshot 1.2.2": 0.944}

# F0 frame error and gross pitch error in percent, clean, 10 dB, 0 dB.
PITCH = {
    "swift-f0 0.3.0, whole recordings": ((4.6, 11.5, 16.6), (0.47, 2.2, 5.7)),
    "Praat 6.1.38, autocorrelation": ((5.1, 13.5, 25.7), (0.91, 2.7, 11.4)),
    "RAPT (pysptk 1.0.1), shifted by its best 5 ms": ((4.6, 12.6, 24.4), (2.0, 2.8, 9.3)),
}

# Correlation and mean error of the syllable rate in percent; on clips of 2.5 s of the acted sentences.
PACE = {"Praat 6.1.38 with the script of de Jong & Wempe": (0.55, 23)}
