"""What looking at pictures costs, for measure.py."""

import resource
import subprocess

import numpy as np


def spent(command):
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def measure(bench, source, films):
    """CPU seconds per hour of stream, in one run beside ffmpeg's decoder on one thread.

    source: a film of somebody who talks; films: the folder for what is made of it."""
    table = []
    for name, width, height, limit in (("360p30", 640, 360, 60), ("720p30", 1280, 720, 100)):
        path = films / f"cost-{name}.mp4"
        if not path.exists():
            subprocess.run(["ffmpeg", "-v", "error", "-y", "-i", str(source), "-t", "60", "-vf",
                            f"minterpolate=fps=30:mi_mode=blend,scale={width}:{height},noise=alls=6:allf=t", "-c:v", "libx264",
                            "-preset", "medium", "-b:v", "800k" if height == 360 else "1800k", str(path)], check=True)
        rounds = []
        for _ in range(3):
            decode = spent(["ffmpeg", "-v", "error", "-threads", "1", "-i", str(path), "-f", "null", "-"])
            watch = spent([bench.command, "watch", str(path)])
            start = spent([bench.command, "watch", str(films / "tiny.mp4")]) if (films / "tiny.mp4").exists() else 0
            rounds.append((decode * 60, (watch - start) * 60))
        decode, watch = np.median(np.array(rounds), axis=0)
        table.append([f"H.264 {name}", f"{decode:.0f}", f"{watch:.0f}",
                      bench.judge(f"behaviour at {name}", watch - decode, limit, False), limit])
    bench.lines += ["Cost in CPU seconds per hour of stream at ten looks a second, beside ffmpeg's decoder on one thread in the "
                    "same run (medians of three; the start of the program is left out):", ""]
    bench.table(["", "ffmpeg decodes", "attune watch", "difference", "limit"], table)
