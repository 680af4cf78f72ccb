// Made from docs/model-card.md by scripts/config/embed_figures.py (`make schemas`); a test compares. Not to be edited.
// swift-format-ignore-file

/// Figures that `make evaluate` has measured, as docs/model-card.md has them: heading and Markdown.
let modelCardFigures: [(title: String, markdown: String)] = [
    ("Activation and valence of speakers that the fit has not seen", #"""
    | | activation | valence |
    |---|---|---|
    | concordance (CCC; Lin, 1989) | 0.806 | 0.141 |
    | correlation | 0.807 | 0.278 |
    | mean absolute error, on a scale of −1 to 1 | 0.223 | 0.386 |
    | share of the 80 % intervals that hold the label | 0.802 | 0.794 |
    | the same of the speakers with the least and the most | 0.657 to 0.959 | 0.696 to 0.886 |
    | AUC, anger, fear, joy against boredom, neutral, sadness | 0.993 | – |
    | AUC, the same with disgust among the low | 0.978 | – |
    | AUC, joy against anger | – | 0.46 |
    """#),
    ("The same, with more that is new", #"""
    | new to the weights | activation, CCC | AUC | 80 % intervals that hold the label | valence, correlation | 80 % intervals that hold the label |
    |---|---|---|---|---|---|
    | speaker and sentence | 0.802 | 0.992 | 0.791 | 0.278 | 0.796 |
    | the same, by median pitch alone | 0.74 | 0.984 | 0.802 | 0.233 | 0.804 |
    | the other sex | 0.8 | 0.992 | 0.789 | 0.252 | 0.774 |
    | speaker, and 8 kHz, µ-law | 0.803 | 0.992 | 0.789 | 0.29 | 0.798 |
    | speaker, and Opus at 16 kbit/s | 0.805 | 0.992 | 0.806 | 0.283 | 0.793 |
    | speaker, and noise at 10 dB | 0.719 | 0.942 | 0.742 | 0.277 | 0.759 |
    """#),
    ("Read speech, for which 0 is right", #"""
    | set | speakers | recordings | without an estimate | activation, mean | its standard deviation | 80 % intervals that hold 0 | valence, standard deviation | 80 % intervals that hold 0 |
    |---|---|---|---|---|---|---|---|---|
    | names and digits, English | 20 | 59 | 2 | +0.01 | 0.13 | 100 % | 0.06 | 100 % |
    | sentences, English | 2 | 50 | 0 | +0.00 | 0.14 | 96 % | 0.07 | 100 % |
    | telephone prompts, English | 1 | 125 | 12 | -0.03 | 0.17 | 92 % | 0.11 | 100 % |
    | telephone prompts, Spanish | 1 | 111 | 7 | -0.01 | 0.19 | 92 % | 0.11 | 100 % |
    | telephone prompts, French | 1 | 124 | 13 | -0.02 | 0.23 | 90 % | 0.13 | 100 % |
    | telephone prompts, Italian | 1 | 131 | 18 | -0.08 | 0.31 | 78 % | 0.10 | 100 % |
    | telephone prompts, Russian | 1 | 124 | 23 | -0.02 | 0.17 | 92 % | 0.09 | 100 % |
    """#),
    ("By groups of speakers: read speech", #"""
    #### all

    | group | speakers | recordings | engagement, points | unscored, % | abstained, % |
    |---|---|---|---|---|---|
    | all | 20 | 59 | 49.7 (49.4…50.1) | 1.4 (0.5…2.3) | 3.4 (0…10.5) |

    #### gender

    | group | speakers | recordings | engagement, points | unscored, % | abstained, % |
    |---|---|---|---|---|---|
    | female | 10 | 29 | 49.7 (49.3…50.2), -0.1 | 1.8 (0.5…3.3), +0.8 | 6.9 (0…22.2), +6.9 |
    | male | 9 | 27 | 49.7 (49.2…50.4), +0.1 | 1.1 (0…2.6), -0.8 | 0 (0…0), -6.9 |

    #### age_band

    | group | speakers | recordings | engagement, points | unscored, % | abstained, % |
    |---|---|---|---|---|---|
    | 25 and over | 9 | 26 | 49.8 (49.4…50.3), +0 | 2.5 (1.1…4), +2 | 7.7 (0…25), +7.7 |
    | under 25 | 10 | 30 | 49.8 (49.4…50.2), 0 | 0.5 (0…1.5), -2 | 0 (0…0), -7.7 |

    #### native_language

    | group | speakers | recordings | engagement, points | unscored, % | abstained, % |
    |---|---|---|---|---|---|
    | English | 3 | 9 | 49.4 (49…49.6), -0.4 | 0.5 (0…1.5), -1 | 0 (0…0), -4 |
    | Hindi | 6 | 17 | 49.4 (48.9…49.8), -0.5 | 1 (0…2.7), -0.5 | 11.8 (0…40), +11.8 |
    | other | 11 | 33 | 50 (49.5…50.5), +0.6 | 1.8 (0.4…3.3), +1 | 0 (0…0), -7.7 |

    #### accent

    | group | speakers | recordings | engagement, points | unscored, % | abstained, % |
    |---|---|---|---|---|---|
    | 0-3 | 6 | 18 | 49.8 (49.4…50.1), +0.1 | 0 (0…0), -2 | 0 (0…0), -4.9 |
    | 4-6 | 6 | 18 | 49.8 (49.1…50.5), +0.1 | 1.1 (0…2.7), -0.4 | 0 (0…0), -4.9 |
    | 7 and over | 8 | 23 | 49.7 (49.1…50.3), -0.1 | 2.7 (0.9…4.3), +2.1 | 8.7 (0…28.6), +8.7 |

    #### device

    | group | speakers | recordings | engagement, points | unscored, % | abstained, % |
    |---|---|---|---|---|---|
    | laptop | 1 | 3 | 49.7 (49.7…49.7), 0 | 0 (0…0), -1.5 | 0 (0…0), -3.6 |
    | phone recorder | 19 | 56 | 49.7 (49.4…50.1), +0 | 1.5 (0.5…2.5), +1.5 | 3.6 (0…11.1), +3.6 |

    Largest gaps: engagement, points +0.6 (native_language: other); unscored, % +2.1 (accent: 7 and over); abstained, % +11.8 (native_language: Hindi).
    """#),
    ("By groups of speakers: acted emotion", #"""
    #### agreement with the labels

    | | recordings | CCC | correlation | AUC |
    |---|---|---|---|---|
    | activation | 535 | 0.813 (0.775…0.842) | 0.814 (0.777…0.846) | 0.976 (0.961…0.989) |
    | valence | 535 | 0.16 (0.133…0.18) | 0.313 (0.252…0.355) | 0.552 (0.495…0.601) |

    #### all

    | group | speakers | recordings | engagement, points | unscored, % | abstained, % | activation error, points | activation bias, points | valence error, points | valence bias, points | activation coverage, % | valence coverage, % | missed speech, % | false alarms, % |
    |---|---|---|---|---|---|---|---|---|---|---|---|---|---|
    | all | 10 | 535 | 49.7 (49.2…50.3) | 0 (0…0) | 0 (0…0) | 11 (10…12) | 0.7 (-1.5…2.6) | 19.1 (18.3…19.8) | 0.1 (-1.6…1.7) | 80.9 (76.9…85.2) | 80.2 (78.1…82.2) | 6.2 (4.9…7.4) | 3 (2.2…4.1) |

    #### gender

    | group | speakers | recordings | engagement, points | unscored, % | abstained, % | activation error, points | activation bias, points | valence error, points | valence bias, points | activation coverage, % | valence coverage, % | missed speech, % | false alarms, % |
    |---|---|---|---|---|---|---|---|---|---|---|---|---|---|
    | female | 5 | 302 | 49.6 (48.9…50.4), -0.2 | 0 (0…0), +0 | 0 (0…0), +0 | 11.2 (10.6…11.8), +0.6 | 0.8 (-2.7…3.8), +0.1 | 19.4 (18.4…20.4), +0.7 | -0.3 (-3…1.4), -0.9 | 80.5 (77…82.2), -1.1 | 81.1 (80.4…82), +2.2 | 7.3 (5.7…9), +2.5 | 2.7 (1.9…3.3), -0.8 |
    | male | 5 | 233 | 49.8 (49.1…50.8), +0.2 | 0 (0…0), +0 | 0 (0…0), +0 | 10.6 (8.7…13.1), -0.6 | 0.6 (-2.1…3.2), -0.1 | 18.7 (17.5…19.5), -0.7 | 0.6 (-2.3…3.7), +0.9 | 81.5 (73.2…90.4), +1.1 | 79 (75.6…83.7), -2.2 | 4.8 (3.9…5.8), -2.5 | 3.5 (1.9…5.7), +0.8 |

    #### age_band

    | group | speakers | recordings | engagement, points | unscored, % | abstained, % | activation error, points | activation bias, points | valence error, points | valence bias, points | activation coverage, % | valence coverage, % | missed speech, % | false alarms, % |
    |---|---|---|---|---|---|---|---|---|---|---|---|---|---|
    | 30 and over | 7 | 381 | 49.9 (49.2…50.7), +0.8 | 0 (0…0), +0 | 0 (0…0), +0 | 10.9 (9.5…12.2), -0.3 | 0.2 (-2.6…2.8), -1.9 | 19.1 (18.1…20), +0.1 | 0 (-2.4…2.2), -0.4 | 82.7 (77.3…87.6), +6.1 | 81.1 (78.9…83.5), +3.2 | 6.6 (5…8.2), +1.3 | 2.8 (1.8…4.3), -0.6 |
    | under 30 | 3 | 154 | 49.2 (49.1…49.3), -0.8 | 0 (0…0), +0 | 0 (0…0), +0 | 11.2 (10.6…11.8), +0.3 | 2.1 (-1.5…4.8), +1.9 | 19 (17.6…19.8), -0.1 | 0.4 (-0.6…1.8), +0.4 | 76.6 (72.1…78.6), -6.1 | 77.9 (76.4…81.4), -3.2 | 5.3 (4.1…6.6), -1.3 | 3.5 (2.2…5), +0.6 |

    Largest gaps: engagement, points +0.8 (age_band: 30 and over); unscored, % +0 (gender: female); abstained, % +0 (gender: female); activation error, points +0.6 (gender: female); activation bias, points -1.9 (age_band: 30 and over); valence error, points +0.7 (gender: female); valence bias, points -0.9 (gender: female); activation coverage, % +6.1 (age_band: 30 and over); valence coverage, % +3.2 (age_band: 30 and over); missed speech, % +2.5 (gender: female); false alarms, % -0.8 (gender: female).
    """#),
    ("Pitch by groups of speakers", #"""
    #### all

    | group | speakers | recordings | engagement, points | unscored, % | abstained, % | f0 error, % |
    |---|---|---|---|---|---|---|
    | all | 2 | 50 | 50 (49.9…50.1) | 0 (0…0) | 0 (0…0) | 0.4 (0.4…0.5) |

    #### gender

    | group | speakers | recordings | engagement, points | unscored, % | abstained, % | f0 error, % |
    |---|---|---|---|---|---|---|
    | female | 1 | 25 | 50.1 (50.1…50.1), +0.2 | 0 (0…0), +0 | 0 (0…0), +0 | 0.5 (0.5…0.5), +0.1 |
    | male | 1 | 25 | 49.9 (49.9…49.9), -0.2 | 0 (0…0), +0 | 0 (0…0), +0 | 0.4 (0.4…0.4), -0.1 |

    Largest gaps: engagement, points +0.2 (gender: female); unscored, % +0 (gender: female); abstained, % +0 (gender: female); f0 error, % +0.1 (gender: female).
    """#),
    ("What must not move a score", #"""
    | | agent, engagement | agent, activation | customer, engagement | customer, activation |
    |---|---|---|---|---|
    | as it is, mean score | 49.6 | -0.2 | 49.6 | 5.9 |
    | level +12 dB | -0.2 | -0.2 | -0.5 | -0.5 |
    | level −12 dB | -0.4 | +0.4 | -0.3 | +0.1 |
    | pitch +6 st | -0.5 | -3.9 | +0.0 | -2.1 |
    | pitch −6 st | -0.4 | +0.2 | +0.3 | +1.1 |
    | tempo × 1.25 | -0.1 | +2.2 | -0.3 | -2.0 |
    | tempo × 0.8 | +0.8 | +1.9 | +0.1 | -1.1 |
    """#),
]
