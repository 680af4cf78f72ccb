"""How the page carries load: ten people at five ticks a second."""
import threading
import time

from overlay.page_cases import expect, opened
from overlay.simulated import NAMES, Simulated, tick

TICKS_PER_S = 5


def feed(daemon, start, seconds, pause):
    """Ticks of all for so many seconds of stream time, and what else a call has; returns where it ended."""
    for step in range(seconds * TICKS_PER_S):
        t = round(start + step / TICKS_PER_S, 2)
        daemon.tick_all(NAMES, t)
        if step % (7 * TICKS_PER_S) == 0:
            turn(daemon, t, step)
        pause(step)
    return start + seconds


def turn(daemon, t, step):
    one, other = NAMES[step % 10], NAMES[(step + 3) % 10]
    daemon.publish("speech.started", speaker=other, t=t, start_s=t - .1)
    daemon.publish("speech.ended", speaker=one, t=t, start_s=t - 6, end_s=t)
    daemon.publish("turn", speaker=one, t=t, start_s=t - 6, end_s=t, fto_ms=200)
    daemon.publish("cue.raised", speaker=one, t=t, id=step + 1, cue="talk_ratio", severity="info", metric="talk_ratio",
                   value=.67, limit=.65, window_s=120)
    daemon.publish("cue.cleared", speaker=one, t=t + 2, id=step + 1, cue="talk_ratio", reason="back_to_normal",
                   value=.59, after_s=2)


def memory(browser):
    """Ten minutes of a feed, faster than it would be: the heap stays where it was."""
    daemon = Simulated()
    daemon.join(NAMES, ["teacher"] + ["student"] * 9)
    daemon.tick_all(NAMES, 0)
    page = opened(browser, daemon, 1400, 1000, theme="full", lang="en")

    def caught_up(t):
        shown = f"{t // 60}:{t % 60:02}"
        page.wait(f"document.querySelector('#disclosure .time').textContent === {shown!r}", f"{shown} is not shown")

    def at_the_page(step):
        # As fast as the page draws: now and then it is waited for.
        if step % 100 == 99:
            seen = daemon.seq
            page.wait(f"document.documentElement.dataset.seq >= {seen}", f"{seen} is not read")

    # The buffers of the browser itself are filled first.
    t = feed(daemon, 1, 120, at_the_page)
    before = page.heap()
    t = feed(daemon, t, 600, at_the_page)
    grown = (page.heap() - before) / 1e6
    frames = page.evaluate("Number(document.documentElement.dataset.frames)")
    print(f"  {grown:+.2f} MB after ten minutes of ten people ({before / 1e6:.1f} MB before), {frames} frames drawn")
    expect(grown < 1, f"the heap has grown by {grown:.2f} MB")
    daemon.end()


COUNT = """new Promise((done) => {
  let frames = 0;
  const begin = performance.now(), drawn = () => Number(document.documentElement.dataset.frames ?? 0), before = drawn();
  const count = (now) => {
    frames += 1;
    if (now - begin < 8000) requestAnimationFrame(count);
    else done([frames, drawn() - before].map((number) => number / (now - begin) * 1000));
  };
  requestAnimationFrame(count); })"""


def frames(browser):
    """Frames a second with ten people at five ticks a second, in real time, beside those of an empty page."""
    empty, _ = browser.page().evaluate(COUNT)
    print(f"  an empty page: {empty:.1f} frames/s")
    daemon = Simulated()
    daemon.join(NAMES, ["teacher"] + ["student"] * 9)
    # The lines are made before: the machine is the page's while it is looked at.
    ready = [[(name, tick(number, 10, 300 + step / TICKS_PER_S)) for number, name in enumerate(NAMES)]
             for step in range(60 * TICKS_PER_S)]
    for t in range(300):
        daemon.tick_all(NAMES, t)
    slow = []
    for theme in ("cards", "bar", "meeting", "full"):
        page = opened(browser, daemon, 1400, 1000, theme=theme, lang="en")
        is_over = threading.Event()

        def play():
            began = time.monotonic()
            for step, lines in enumerate(ready, 1):
                if is_over.is_set():
                    return
                for name, line in lines:
                    daemon.publish("tick", speaker=name, **line)
                time.sleep(max(0, began + step / TICKS_PER_S - time.monotonic()))

        player = threading.Thread(target=play)
        player.start()
        rate, drawn = page.evaluate(COUNT)
        is_over.set()
        player.join()
        print(f"  {theme}: {rate:.1f} frames/s, in {drawn:.1f} of them something was drawn")
        if rate < min(50, 0.85 * empty):
            slow.append(theme)
        page.close()
    daemon.end()
    expect(not slow, f"fewer than 50 frames/s: {', '.join(slow)}")


CASES = [memory]
BENCH = [frames]
