"""Contours of faces on the page: only where the address asks for them, over an empty frame, and gone with the consent."""
import math
import urllib.parse

from overlay.page_cases import expect, opened, running

COUNTS = {"oval": 18, "brow_right": 5, "brow_left": 5, "nose": 5, "nostrils": 5, "eye_right": 8, "eye_left": 8, "lips": 12,
          "mouth": 8}
# Far more than it takes, and less than after which the page takes a feed that says nothing for lost, and shows nobody.
SOON_S = 30
PATHS = "[...document.querySelectorAll('.face path')].map((path) => path.getAttribute('d'))"


def tell(daemon, speaker, t, **more):
    """Ellipses in the places of contours."""
    contours = {name: [[round(.5 + .1 * math.cos(at), 4), round(.5 + .2 * math.sin(at), 4)] for at in range(count)]
                for name, count in COUNTS.items()}
    daemon.publish("face.points", speaker=speaker, t=t, **{"aspect_ratio": 1.7778, **contours, **more})


def shown_to(daemon, page, speaker):
    """Tells of a face until it is drawn: what is told lingers for a second only."""
    for t in range(400, 460):
        tell(daemon, speaker, t)
        if page.evaluate("document.querySelectorAll('.face').length"):
            return
        page.evaluate("new Promise((done) => setTimeout(done, 100))")
    raise AssertionError("no face is drawn")


def faces(browser):
    """Contours are drawn where the address asks for them, over no picture, as lines only, and not for long."""
    daemon = running()
    name = next(iter(daemon.speakers))
    daemon.publish("consent", speaker=name, t=331, consent="granted", previous="granted", lanes=["voice", "face"])
    plain = opened(browser, daemon, theme="cards", lang="en")
    page = opened(browser, daemon, theme="cards", lang="en", points="on")
    shown_to(daemon, page, name)
    paths = page.evaluate(PATHS)
    expect(len(paths) == len(COUNTS) and all(path.startswith("M") for path in paths), f"paths are {paths}")
    expect([path.endswith("Z") for path in paths] == [True] + [False] * 4 + [True] * 4, "the wrong contours are closed")
    expect(page.evaluate("document.querySelectorAll('img, image, video, .face canvas').length") == 0,
           "a face is drawn over a picture")
    expect(page.evaluate("document.querySelector('.face svg').getAttribute('aria-label').includes('Anna Berg')"),
           "it is not said whose face it is")
    expect(not page.complaints, f"{page.complaints}")
    expect(plain.evaluate("document.querySelectorAll('.face').length") == 0, "a face is shown to who did not ask")
    asked = [urllib.parse.parse_qs(path.partition("?")[2]) for path in daemon.asked if path.startswith("/v1/events")]
    expect([("face.points" in query.get("type", [])) for query in asked[:2]] == [False, True],
           f"types asked for are {[query.get('type') for query in asked]}")
    page.wait("document.querySelectorAll('.face').length === 0 && document.getElementById('faces').hidden",
              "a face that is not told any more stays", SOON_S)
    # What is no contour is not drawn, and disturbs nothing.
    tell(daemon, name, 470, oval="<b>", nose=[["x", 0], None, [1]], lips=[[.1, .1]] * 5000, aspect_ratio="wide")
    page.evaluate("new Promise((done) => setTimeout(done, 300))")
    expect(not page.complaints, f"{page.complaints}")
    shown_to(daemon, page, name)
    # With a clock that stands still nothing grows old: what goes now goes with the consent.
    page.evaluate("""(() => { const now = performance.now();
      performance.now = () => now;
      window.requestAnimationFrame = (draw) => setTimeout(() => draw(now), 16); })()""")
    tell(daemon, name, 475)
    page.evaluate("new Promise((done) => setTimeout(done, 1500))")
    expect(page.evaluate("document.querySelectorAll('.face').length") == 1, "the clock does not stand still")
    daemon.publish("consent", speaker=name, t=480, consent="granted", previous="granted",
                   previous_lanes=["voice", "face"])
    page.wait("document.querySelectorAll('.face').length === 0", "a face is left without consent", SOON_S)
    daemon.end()


CASES = [faces]
