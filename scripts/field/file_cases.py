"""Recordings attached by channel, or a file each: they give what `attune analyze` gives."""

from . import media
from .world import MOST_LOSS_PCT, SAME_TALK_S, Check

FILE_TIMEOUT_S = media.SCENE_S + 30


def channels(world, name, rate_hz):
    """A call recording, a speaker per channel."""
    path = world.voices.file(f"{name}.wav", rate_hz, "anna", "ben")
    session = world.session(name)
    session.attach(path, {"speaker": "anna", "track": 0}, {"speaker": "ben", "track": 1})
    return compare(world, session.totals(FILE_TIMEOUT_S), anna=f"{path}#0", ben=f"{path}#1")


def two_files(world, name, rate_hz):
    """A recording per speaker."""
    paths = {speaker: world.voices.file(f"{name}-{speaker}.wav", rate_hz, speaker) for speaker in ("anna", "ben")}
    session = world.session(name)
    for speaker, path in paths.items():
        session.attach(path, {"speaker": speaker})
    return compare(world, session.totals(FILE_TIMEOUT_S), **paths)


def beside_live(world, name, rate_hz):
    """A recording by channel, and a live speaker in the same session."""
    path = world.voices.file(f"{name}.wav", rate_hz, "anna", "ben")
    session = world.session(name)
    port = session.rtp("live")
    # The live one is silent and there for longer than the file.
    payloads = world.voices.payloads("ben", "pcmu")
    world.play(session, live=(media.steady(payloads + 3 * payloads[-50:]), port))
    # Not the channel with the voice of the live one: that would be crosstalk.
    session.attach(path, {"speaker": "anna", "track": 0})
    world.daemon.wait(lambda: session.of("speaker.left", "anna"), FILE_TIMEOUT_S)
    totals = session.finish()
    check = compare(world, totals, anna=f"{path}#0")
    world.check_untouched(check, session, totals, "live", like="ben")
    return check


def compare(world, totals, **inputs):
    """Totals must be those that `attune analyze` finds."""
    check = Check()
    right = world.analyze(**inputs)
    for speaker in inputs:
        found = totals["speakers"][speaker]
        check.near(f"talk of {speaker}", found["speech_s"], right[speaker]["speech_s"], SAME_TALK_S)
        check.within(f"loss of {speaker}", found["audio"]["loss_pct"], 0, MOST_LOSS_PCT, " %")
    return check
