// Made from docs/model-card.md by scripts/config/embed_figures.py (`make schemas`); a test compares. Not to be edited.
// swift-format-ignore-file

/// Figures that `make evaluate` has measured, as docs/model-card.md has them: heading and Markdown.
let modelCardFigures: [(title: String, markdown: String)] = [
    ("Activation and valence of speakers that the fit has not seen", #"""
    | | activation | valence |
    |---|---|---|
    | concordance (CCC; Lin, 1989) | 0.809 | 0.164 |
    | correlation | 0.81 | 0.29 |
    | mean absolute error, on a scale of −1 to 1 | 0.22 | 0.383 |
    | share of the 80 % intervals that hold the label | 0.798 | 0.794 |
    | the same of the speakers with the least and the most | 0.629 to 0.959 | 0.661 to 0.841 |
    | AUC, anger, fear, joy against boredom, neutral, sadness | 0.992 | – |
    | AUC, the same with disgust among the low | 0.975 | – |
    | AUC, joy against anger | – | 0.514 |
    """#),
    ("The same, with more that is new", #"""
    | new to the weights | activation, CCC | AUC | 80 % intervals that hold the label | valence, correlation | 80 % intervals that hold the label |
    |---|---|---|---|---|---|
    | speaker and sentence | 0.804 | 0.991 | 0.8 | 0.288 | 0.798 |
    | the other sex | 0.808 | 0.991 | 0.809 | 0.26 | 0.763 |
    | speaker, and 8 kHz, µ-law | 0.806 | 0.99 | 0.793 | 0.292 | 0.791 |
    | speaker, and Opus at 16 kbit/s | 0.808 | 0.991 | 0.806 | 0.289 | 0.793 |
    | speaker, and noise at 10 dB | 0.68 | 0.918 | 0.713 | 0.267 | 0.749 |
    """#),
    ("Read speech, for which 0 is right", #"""
    | set | speakers | recordings | without an estimate | activation, mean | its standard deviation | 80 % intervals that hold 0 | valence, standard deviation | 80 % intervals that hold 0 |
    |---|---|---|---|---|---|---|---|---|
    | names and digits, English | 20 | 59 | 2 | +0.01 | 0.17 | 96 % | 0.09 | 100 % |
    | sentences, English | 2 | 50 | 0 | +0.01 | 0.15 | 96 % | 0.09 | 100 % |
    | telephone prompts, English | 1 | 125 | 12 | -0.03 | 0.18 | 94 % | 0.14 | 100 % |
    | telephone prompts, Spanish | 1 | 111 | 7 | -0.02 | 0.19 | 93 % | 0.13 | 100 % |
    | telephone prompts, French | 1 | 124 | 13 | -0.02 | 0.24 | 90 % | 0.16 | 100 % |
    | telephone prompts, Italian | 1 | 131 | 18 | -0.09 | 0.32 | 77 % | 0.12 | 100 % |
    | telephone prompts, Russian | 1 | 124 | 23 | -0.02 | 0.18 | 92 % | 0.11 | 100 % |
    """#),
    ("By groups of speakers: read speech", #"""
    #### all

    | group | speakers | recordings | engagement, points | sentiment, points | unscored, % | abstained, % |
    |---|---|---|---|---|---|---|
    | all | 20 | 59 | 49.9 (49.6…50.1) | 49.9 (49.7…50) | 0.8 (0.2…1.5) | 3.4 (0…10.5) |

    #### gender

    | group | speakers | recordings | engagement, points | sentiment, points | unscored, % | abstained, % |
    |---|---|---|---|---|---|---|
    | female | 10 | 29 | 49.9 (49.5…50.2), +0.1 | 49.9 (49.9…50), +0.1 | 0.9 (0…1.9), +0.1 | 6.9 (0…22.2), +6.9 |
    | male | 9 | 27 | 49.8 (49.4…50.2), -0.1 | 49.8 (49.6…50), -0.1 | 0.8 (0…1.9), -0.1 | 0 (0…0), -6.9 |

    #### age_band

    | group | speakers | recordings | engagement, points | sentiment, points | unscored, % | abstained, % |
    |---|---|---|---|---|---|---|
    | 25 and over | 9 | 26 | 49.9 (49.6…50.3), +0 | 49.8 (49.5…50), -0.2 | 1.5 (0.4…2.8), +1.3 | 7.7 (0…25), +7.7 |
    | under 25 | 10 | 30 | 49.9 (49.5…50.2), 0 | 50 (49.9…50.1), +0.2 | 0.2 (0…0.6), -1.3 | 0 (0…0), -7.7 |

    #### native_language

    | group | speakers | recordings | engagement, points | sentiment, points | unscored, % | abstained, % |
    |---|---|---|---|---|---|---|
    | English | 3 | 9 | 49.7 (49.3…50), -0.2 | 50.1 (50…50.3), +0.2 | 0 (0…0), -0.9 | 0 (0…0), -4 |
    | Hindi | 6 | 17 | 49.7 (49.4…50), -0.2 | 49.8 (49.5…50.1), -0.1 | 0.8 (0…2.5), +0.1 | 11.8 (0…40), +11.8 |
    | other | 11 | 33 | 50 (49.6…50.3), +0.3 | 49.9 (49.8…49.9), -0.1 | 1 (0.2…2), +0.4 | 0 (0…0), -7.7 |

    #### accent

    | group | speakers | recordings | engagement, points | sentiment, points | unscored, % | abstained, % |
    |---|---|---|---|---|---|---|
    | 0-3 | 6 | 18 | 50 (49.5…50.3), +0.1 | 49.9 (49.7…50.1), +0 | 0 (0…0), -1.1 | 0 (0…0), -4.9 |
    | 4-6 | 6 | 18 | 49.9 (49.5…50.4), +0.1 | 50 (49.8…50.1), +0.1 | 0.3 (0…0.9), -0.7 | 0 (0…0), -4.9 |
    | 7 and over | 8 | 23 | 49.7 (49.4…50.1), -0.2 | 49.8 (49.6…50), -0.1 | 1.7 (0.5…3.2), +1.5 | 8.7 (0…28.6), +8.7 |

    #### device

    | group | speakers | recordings | engagement, points | sentiment, points | unscored, % | abstained, % |
    |---|---|---|---|---|---|---|
    | laptop | 1 | 3 | 50.6 (50.6…50.6), +0.8 | 49.9 (49.9…49.9), +0.1 | 0 (0…0), -0.8 | 0 (0…0), -3.6 |
    | phone recorder | 19 | 56 | 49.8 (49.6…50.1), -0.8 | 49.9 (49.8…50), -0.1 | 0.8 (0.2…1.7), +0.8 | 3.6 (0…11.1), +3.6 |

    Largest gaps: engagement, points +0.8 (device: laptop); sentiment, points +0.2 (native_language: English); unscored, % +1.5 (accent: 7 and over); abstained, % +11.8 (native_language: Hindi).
    """#),
    ("By groups of speakers: acted emotion", #"""
    #### agreement with the labels

    | | recordings | CCC | correlation | AUC |
    |---|---|---|---|---|
    | activation | 535 | 0.817 (0.778…0.848) | 0.817 (0.779…0.85) | 0.976 (0.961…0.988) |
    | valence | 535 | 0.185 (0.152…0.209) | 0.327 (0.258…0.373) | 0.565 (0.501…0.619) |

    #### all

    | group | speakers | recordings | engagement, points | sentiment, points | unscored, % | abstained, % | activation error, points | activation bias, points | valence error, points | valence bias, points | activation coverage, % | valence coverage, % | missed speech, % | false alarms, % |
    |---|---|---|---|---|---|---|---|---|---|---|---|---|---|---|
    | all | 10 | 535 | 49.8 (49.5…50.3) | 49.8 (49.5…50.1) | 0 (0…0) | 0 (0…0) | 10.8 (9.8…11.8) | 0.6 (-1.8…2.7) | 18.9 (18.2…19.5) | 0 (-1.7…1.6) | 81.3 (76.9…85.7) | 80.9 (78.6…83.1) | 6.2 (4.9…7.4) | 3 (2.2…4.1) |

    #### gender

    | group | speakers | recordings | engagement, points | sentiment, points | unscored, % | abstained, % | activation error, points | activation bias, points | valence error, points | valence bias, points | activation coverage, % | valence coverage, % | missed speech, % | false alarms, % |
    |---|---|---|---|---|---|---|---|---|---|---|---|---|---|---|
    | female | 5 | 302 | 50 (49.4…50.7), +0.2 | 50.1 (49.8…50.4), +0.5 | 0 (0…0), +0 | 0 (0…0), +0 | 11.1 (10.5…11.7), +0.6 | 0.7 (-3.1…4.1), +0.2 | 19.1 (18.2…20), +0.5 | -0.5 (-3…1.2), -1.1 | 80.8 (76.8…83.4), -1.2 | 82.5 (80.9…83.9), +3.5 | 7.3 (5.7…9), +2.5 | 2.7 (1.9…3.3), -0.8 |
    | male | 5 | 233 | 49.7 (49.3…50.2), -0.2 | 49.6 (49.2…50.1), -0.5 | 0 (0…0), +0 | 0 (0…0), +0 | 10.4 (8.7…12.8), -0.6 | 0.5 (-2.2…2.9), -0.2 | 18.6 (17.4…19.5), -0.5 | 0.6 (-2.4…3.6), +1.1 | 82 (71.8…90.4), +1.2 | 79 (75.6…83.7), -3.5 | 4.8 (3.9…5.8), -2.5 | 3.5 (1.9…5.7), +0.8 |

    #### age_band

    | group | speakers | recordings | engagement, points | sentiment, points | unscored, % | abstained, % | activation error, points | activation bias, points | valence error, points | valence bias, points | activation coverage, % | valence coverage, % | missed speech, % | false alarms, % |
    |---|---|---|---|---|---|---|---|---|---|---|---|---|---|---|
    | 30 and over | 7 | 381 | 50 (49.5…50.5), +0.5 | 50 (49.6…50.4), +0.5 | 0 (0…0), +0 | 0 (0…0), +0 | 10.8 (9.4…12.1), -0.1 | 0.2 (-2.8…3), -1.4 | 18.8 (17.9…19.6), -0.2 | -0.2 (-2.6…2), -0.8 | 82.7 (76.5…87.8), +4.8 | 81.9 (79.3…84.3), +3.3 | 6.6 (5…8.2), +1.3 | 2.8 (1.8…4.3), -0.6 |
    | under 30 | 3 | 154 | 49.5 (49.3…49.7), -0.5 | 49.5 (49.1…49.8), -0.5 | 0 (0…0), +0 | 0 (0…0), +0 | 10.9 (10.1…11.3), +0.1 | 1.7 (-2.5…4.3), +1.4 | 19 (17.4…19.8), +0.2 | 0.6 (-0.5…2), +0.8 | 77.9 (72.1…82.1), -4.8 | 78.6 (76.4…83.7), -3.3 | 5.3 (4.1…6.6), -1.3 | 3.5 (2.2…5), +0.6 |

    Largest gaps: engagement, points +0.5 (age_band: 30 and over); sentiment, points +0.5 (age_band: 30 and over); unscored, % +0 (gender: female); abstained, % +0 (gender: female); activation error, points +0.6 (gender: female); activation bias, points -1.4 (age_band: 30 and over); valence error, points +0.5 (gender: female); valence bias, points -1.1 (gender: female); activation coverage, % +4.8 (age_band: 30 and over); valence coverage, % +3.5 (gender: female); missed speech, % +2.5 (gender: female); false alarms, % -0.8 (gender: female).
    """#),
    ("Pitch by groups of speakers", #"""
    #### all

    | group | speakers | recordings | engagement, points | sentiment, points | unscored, % | abstained, % | f0 error, % |
    |---|---|---|---|---|---|---|---|
    | all | 2 | 50 | 49.9 (49.8…50) | 49.6 (49.4…49.8) | 0 (0…0) | 0 (0…0) | 0.4 (0.4…0.4) |

    #### gender

    | group | speakers | recordings | engagement, points | sentiment, points | unscored, % | abstained, % | f0 error, % |
    |---|---|---|---|---|---|---|---|
    | female | 1 | 25 | 49.8 (49.8…49.8), -0.2 | 49.8 (49.8…49.8), +0.4 | 0 (0…0), +0 | 0 (0…0), +0 | 0.4 (0.4…0.4), +0 |
    | male | 1 | 25 | 50 (50…50), +0.2 | 49.4 (49.4…49.4), -0.4 | 0 (0…0), +0 | 0 (0…0), +0 | 0.4 (0.4…0.4), 0 |

    Largest gaps: engagement, points -0.2 (gender: female); sentiment, points +0.4 (gender: female); unscored, % +0 (gender: female); abstained, % +0 (gender: female); f0 error, % +0 (gender: female).
    """#),
    ("What must not move a score", #"""
    | | agent, engagement | agent, sentiment | customer, engagement | customer, sentiment |
    |---|---|---|---|---|
    | as it is, mean score | 49.6 | 47.4 | 49.5 | 53.7 |
    | level +12 dB | -0.3 | +0.0 | -0.2 | -0.2 |
    | level −12 dB | -0.5 | +0.1 | -0.2 | +0.0 |
    | pitch +6 st | +0.0 | +0.5 | +0.2 | -1.0 |
    | pitch −6 st | -0.5 | -0.1 | +0.6 | +0.4 |
    | tempo × 1.25 | -0.4 | -0.1 | -0.1 | -1.9 |
    | tempo × 0.8 | +0.7 | +0.0 | +0.2 | -0.4 |
    """#),
]
