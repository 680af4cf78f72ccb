"""Scores of speech detection, pitch and pace, each as counts per recording that can be summed.

A figure is computed from the sum over recordings, so that a bootstrap over recordings only has to draw them.
"""

import numpy as np

STEP_S = 0.01
# Probabilities are compared as they are printed, with four decimals.
LEVELS = 10_001


def total(recordings):
    """The counts of all recordings together."""
    return {key: np.sum([recording[key] for recording in recordings], 0) for key in recordings[0]}


def interval(recordings, figure, draws=1000, seed=7):
    """The figure of all recordings and its 95 % interval (percentile bootstrap over recordings)."""
    random = np.random.default_rng(seed)
    stacked = {key: np.array([recording[key] for recording in recordings]) for key in recordings[0]}
    value = figure({key: rows.sum(0) for key, rows in stacked.items()})
    drawn = []
    for _ in range(draws):
        weights = np.bincount(random.integers(0, len(recordings), len(recordings)), minlength=len(recordings))
        drawn.append(figure({key: np.tensordot(weights, rows, 1) for key, rows in stacked.items()}))
    return value, *np.nanpercentile(drawn, [2.5, 97.5])


# Speech. Labels and hops share a grid of 10 ms; a frame belongs to the label at its centre.


def frame_labels(segments, everything_known):
    """Per frame up to the last label: speech or not, and whether anybody said."""
    count = int(round(max(end for _, end, _ in segments) / STEP_S))
    centre = (np.arange(count) + 0.5) * STEP_S
    speech = np.zeros(count, bool)
    known = np.full(count, everything_known)
    for start, end, is_speech in segments:
        inside = (centre >= start) & (centre < end)
        known |= inside
        if is_speech:
            speech |= inside
    return speech, known


def speech_counts(segments, everything_known, probability, is_speech):
    """What one recording adds to the speech figures; `probability` and `is_speech` are per hop."""
    truth, known = frame_labels(segments, everything_known)
    truth = truth[known]
    probability = _fit(probability, len(known))[known]
    labels = _fit(is_speech, len(known))[known].astype(bool)
    level = np.clip(np.rint(probability * (LEVELS - 1)).astype(int), 0, LEVELS - 1)
    counts = {
        "speech_levels": np.bincount(level[truth], minlength=LEVELS).astype(float),
        "other_levels": np.bincount(level[~truth], minlength=LEVELS).astype(float),
        "label": np.array([(labels & truth).sum(), (labels & ~truth).sum(), (~labels & truth).sum()], float),
    }
    for name, active in (("pauses", probability >= 0.5), ("ipu_pauses", labels)):
        counts[name] = np.array(_matched_pauses(truth, active), float)
    counts["edges"] = _edge_histograms(truth, labels)
    return counts


def _fit(values, count):
    return np.concatenate([values, np.zeros(max(0, count - len(values)))])[:count]


def area_under_curve(counts):
    """Probability that a speech frame scores above another one; ties count half."""
    speech, other = counts["speech_levels"], counts["other_levels"]
    below = np.cumsum(other) - other
    pairs = speech.sum() * other.sum()
    return float((speech * (below + other / 2)).sum() / pairs) if pairs else float("nan")


def label_f1(counts):
    hit, false, missed = counts["label"]
    return 2 * hit / max(2 * hit + false + missed, 1)


def threshold_f1(counts):
    """F1 of the frames at a probability of 0.5."""
    first = (LEVELS - 1) // 2
    hit = counts["speech_levels"][first:].sum()
    missed = counts["speech_levels"][:first].sum()
    return 2 * hit / max(2 * hit + missed + counts["other_levels"][first:].sum(), 1)


def pause_f1(counts, name="pauses"):
    matched, found, labelled = counts[name]
    return 2 * matched / max(found + labelled, 1)


def _runs(mask):
    change = np.diff(np.concatenate([[0], mask.astype(int), [0]]))
    return list(zip(np.flatnonzero(change == 1), np.flatnonzero(change == -1)))


def _inner_pauses(active):
    return [
        (start, end) for start, end in _runs(~active) if start > 0 and end < len(active) and end - start >= 20
    ]


def _matched_pauses(truth, active):
    """Pauses of 200 ms or more that overlap by half of the longer one, those found, those labelled."""
    labelled, found = _inner_pauses(truth), _inner_pauses(active)
    taken, matched = set(), 0
    for start, end in labelled:
        for index, (first, last) in enumerate(found):
            overlap = min(end, last) - max(start, first)
            if index not in taken and overlap >= 0.5 * max(end - start, last - first):
                taken.add(index)
                matched += 1
                break
    return matched, len(found), len(labelled)


REACH = 50


def _edge_histograms(truth, labels):
    """How many onsets, and ends, were told so many frames late (-REACH…REACH)."""
    histograms = np.zeros((2, 2 * REACH + 1))
    for row, rising in enumerate((True, False)):
        expected, told = (
            np.flatnonzero((mask[:-1] != rising) & (mask[1:] == rising)) + 1 for mask in (truth, labels)
        )
        for edge in expected:
            near = told[np.abs(told - edge) <= REACH]
            if len(near):
                histograms[row, near[np.argmin(np.abs(near - edge))] - edge + REACH] += 1
    return histograms


def edge_lateness_ms(counts, row):
    """Median lateness of onsets (row 0) or ends (row 1) in milliseconds."""
    histogram = counts["edges"][row]
    if histogram.sum() == 0:
        return float("nan")
    lateness = np.repeat(np.arange(-REACH, REACH + 1), np.rint(histogram).astype(int))
    return float(np.median(lateness)) * STEP_S * 1000


# Pitch. Every reference frame is compared with the nearest hop.


def pitch_counts(reference_hz, frame_s, hop_times, f0_hz):
    """Frames, frames voiced in both, voicing errors and gross errors (over 20 %) of one recording."""
    reference_hz = np.asarray(reference_hz)
    times = np.arange(len(reference_hz)) * frame_s
    nearest = np.abs(hop_times[None, :] - times[:, None]).argmin(1)
    near = np.abs(hop_times[nearest] - times) <= 0.03
    estimate = np.where(near, f0_hz[nearest], 0)
    both = (estimate > 0) & (reference_hz > 0)
    gross = both & (np.abs(estimate / np.where(reference_hz > 0, reference_hz, 1) - 1) > 0.2)
    voicing = ((estimate > 0) != (reference_hz > 0)).sum()
    return {"pitch": np.array([len(times), both.sum(), voicing, gross.sum()], float)}


def frame_error(counts):
    """F0 frame error in percent: voicing and gross errors among all frames."""
    frames, _, voicing, gross = counts["pitch"]
    return 100 * (voicing + gross) / max(frames, 1)


def gross_error(counts):
    """Gross pitch error in percent: among the frames voiced in both."""
    _, both, _, gross = counts["pitch"]
    return 100 * gross / max(both, 1)


# Pace. A recording is a window: seconds, syllables that were spoken, nuclei that were found.


def pace_moments(seconds, spoken, found):
    """Sums from which the correlation of the two rates, and the bias, follow."""
    true, told = spoken / seconds, found / seconds
    moments = [1, true, told, true * true, told * told, true * told, spoken, found, abs(told / true - 1)]
    return {"pace": np.array(moments, float)}


def pace_correlation(counts):
    count, true, told, true_square, told_square, product = counts["pace"][:6]
    spread = (count * true_square - true**2) * (count * told_square - told**2)
    return float((count * product - true * told) / np.sqrt(spread)) if spread > 0 else float("nan")


def pace_bias(counts):
    """Surplus of nuclei over syllables in percent."""
    return 100 * (counts["pace"][7] / counts["pace"][6] - 1)


def pace_error(counts):
    """Mean error of the rate of a window in percent."""
    return 100 * counts["pace"][8] / counts["pace"][0]
