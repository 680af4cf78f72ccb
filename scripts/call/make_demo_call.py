#!/usr/bin/env python3
"""Makes the demo's call: speaks demo_call.txt with two voices of Flite (FFmpeg's own source of it), places the
lines on two tracks at known times, and writes anna.wav, ben.wav (48 kHz mono), call.opus (a channel each) and
timeline.csv.

usage: make_demo_call.py FOLDER
"""
import array
import csv
import os
import random
import subprocess
import sys
import tempfile

RATE_HZ = 48_000
VOICES = {"anna": "slt", "ben": "rms"}
SCRIPT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "demo_call.txt")


def lines():
    with open(SCRIPT, encoding="utf-8") as file:
        for line in file:
            if line.strip() and not line.startswith("#"):
                speaker, start, kind, words = (part.strip() for part in line.split("|", 3))
                yield speaker, start, kind, words


def speak(words, voice, folder):
    """Returns the samples (s16) of a line, without the silence around it."""
    text = os.path.join(folder, "line.txt")
    with open(text, "w", encoding="utf-8") as file:
        file.write(words)
    trim = "silenceremove=start_periods=1:start_threshold=-45dB,areverse"
    result = subprocess.run(
        ["ffmpeg", "-loglevel", "error", "-f", "lavfi", "-i", f"flite=textfile={text}:voice={voice}",
         "-af", f"{trim},{trim}", "-ac", "1", "-ar", str(RATE_HZ), "-f", "s16le", "-"],
        stdout=subprocess.PIPE, check=True)
    samples = array.array("h")
    samples.frombytes(result.stdout)
    return samples


def main(folder):
    os.makedirs(folder, exist_ok=True)
    placed = []
    begin = end = 0
    with tempfile.TemporaryDirectory() as scratch:
        for speaker, start, kind, words in lines():
            samples = speak(words, VOICES[speaker], scratch)
            offset = int(start.lstrip("@")) * RATE_HZ // 1000
            at = begin + offset if start.startswith("@") else end + offset
            placed.append((speaker, at, samples, kind))
            if not start.startswith("@"):
                begin = at
            end = max(end, at + len(samples))
    total = end + RATE_HZ
    noise = random.Random(1)
    for speaker in VOICES:
        # A room is never digitally silent: about -70 dB.
        track = array.array("h", (int(noise.gauss(0, 10)) for _ in range(total)))
        for name, at, samples, _ in placed:
            if name == speaker:
                for index, value in enumerate(samples, at):
                    track[index] = max(-32768, min(32767, track[index] + value))
        path = os.path.join(folder, f"{speaker}.wav")
        subprocess.run(
            ["ffmpeg", "-loglevel", "error", "-y", "-f", "s16le", "-ar", str(RATE_HZ), "-ac", "1", "-i", "-", path],
            input=track.tobytes(), check=True)
    inputs = [word for speaker in VOICES for word in ("-i", os.path.join(folder, f"{speaker}.wav"))]
    subprocess.run(
        ["ffmpeg", "-loglevel", "error", "-y", *inputs, "-filter_complex", f"amerge=inputs={len(VOICES)}", "-c:a",
         "libopus", "-b:a", "64k", "-mapping_family", "255", os.path.join(folder, "call.opus")], check=True)
    with open(os.path.join(folder, "timeline.csv"), "w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["speaker", "start_s", "end_s", "kind"])
        for speaker, at, samples, kind in placed:
            writer.writerow([speaker, f"{at / RATE_HZ:.3f}", f"{(at + len(samples)) / RATE_HZ:.3f}", kind])


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(sys.argv[1])
