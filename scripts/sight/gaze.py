"""How well gaze is told, for measure.py."""

import numpy as np

import render


def measure(bench, room):
    """Irises painted at known places, against what is seen of them; `room` is what lies behind the face."""
    places = [(x, y) for y in (-0.1, 0, 0.1) for x in np.linspace(-0.45, 0.45, 7)]
    held = 10

    def frames():
        for index, (x, y) in enumerate(places):
            face = bench.face.looking(x, y)
            for part in range(held):
                frame = room.copy()
                render.draw(face, frame, 6 * np.sin(index + part / held), 3 * np.cos(index / 2 + part / held), width=0.24)
                yield frame

    rows = bench.watch(bench.film("eyes", frames, rate=10, options=("-crf", "12")), "--eyes")
    truth, seen = [], []
    for row in rows:
        at = int(float(row["time_s"]) * 10 + 0.5)
        # The first looks after a jump still show the place before, where the codec is slow.
        if row["gaze_x"] and at % held >= 3 and at // held < len(places):
            truth.append(places[at // held])
            seen.append((float(row["gaze_x"]), float(row["gaze_y"])))
    truth, seen = np.array(truth), np.array(seen)
    table = []
    for axis, name in enumerate(("across", "up")):
        slope, offset = np.polyfit(truth[:, axis], seen[:, axis], 1)
        table.append([name, len(truth), f"{np.corrcoef(truth[:, axis], seen[:, axis])[0, 1]:.3f}", f"{slope:.2f}",
                      f"{offset:.3f}", f"{np.abs(seen[:, axis] - truth[:, axis]).mean():.3f}"])
    bench.lines += ["Gaze (`attune watch --eyes`), on a rendered face with painted irises at 21 known places, in halves of the "
                    "distance of an eye's corners; nothing is decided by it, so it has no limit:", ""]
    bench.table(["direction", "pictures", "correlation", "slope", "offset", "mean absolute error"], table)
