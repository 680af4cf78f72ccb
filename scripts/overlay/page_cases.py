"""What the page does with a made-up feed: words, consent, staleness, hostile names, keyboard, accessibility."""
import base64
import io
import json
import re
import time
import zipfile
import zlib
from pathlib import Path

from models.pinned_wheel import checked, wheel
from overlay.page import FOLDER
from overlay.simulated import NAMES, Simulated, call, tick

THEMES = ["bar", "cards", "full", "meeting", "self"]
LANGUAGES = ["de", "en", "es", "fr"]
# axe-core (MPL-2.0), from a wheel that carries it; of the package nothing is run but this file.
AXE = ("axe-playwright-python", "0.1.8", "fdd263c998388f1a8e67cad02677e612d946248bd44d163be5e8650ea31f95f8")


class Failure(Exception):
    """What the page did not do."""


def expect(condition, what):
    if not condition:
        raise Failure(what)


def opened(browser, daemon, width=1000, height=800, **query):
    page = browser.page(daemon.url(**query), width, height)
    page.wait("!!document.querySelector('.card, .part, .row, .tile')", "nobody is shown")
    return page


def text(page):
    return re.sub("[\u2066-\u2069]", "", page.evaluate("document.body.innerText"))


def running(**options):
    daemon = Simulated()
    call(daemon, NAMES[:2], ["rep", "customer"], **options)
    daemon.join(["Carla Díaz"], consent="withheld")
    return daemon


def languages(browser):
    """Every text is there in every language, and every theme fills all its places."""
    parts = "\n".join((FOLDER / name).read_text(encoding="utf-8") for name in ("texts.en-de.js", "texts.fr-es.js"))
    shapes = browser.page().evaluate(f"""(() => {{ {parts}
      const places = (text) => (text.match(/\\{{\\w+\\}}/g) ?? []).sort();
      const shape = (value, path) => typeof value === "string" ? [path + " " + places(value)]
        : Object.entries(value).flatMap(([key, inner]) => shape(inner, path + "." + key));
      const shapes = Object.entries(TEXTS).map(([name, texts]) => [name, shape(texts, "").sort()]);
      return Object.fromEntries(shapes); }})()""")
    expect(sorted(shapes) == LANGUAGES, f"languages are {sorted(shapes)}")
    for language, shape in shapes.items():
        # Units of a share and a time are the page's own.
        different = sorted(set(shape) ^ set(shapes["en"]))
        expect(not different, f"{language} differs from en in {different}")
    daemon = running()
    for theme in THEMES:
        for language in LANGUAGES:
            page = opened(browser, daemon, theme=theme, lang=language)
            said = text(page)
            expect(page.evaluate("document.documentElement.lang") == language, f"the language is not {language}")
            for fault in ("undefined", "NaN", "null", "{", "_ratio", "_lag"):
                expect(fault not in said, f"{theme} in {language} says {fault!r}: {said!r}")
            expect(not page.complaints, f"{theme}: {page.complaints}")
            page.close()
    daemon.end()


def first_moment(browser):
    """Before the daemon has told of a session, the page says how it stands to the daemon, and nothing of people."""
    parts = "\n".join((FOLDER / name).read_text(encoding="utf-8") for name in ("texts.en-de.js", "texts.fr-es.js"))
    texts = browser.page().evaluate(f"(() => {{ {parts} return TEXTS; }})()")
    daemon = running()
    for language in LANGUAGES:
        for mood, key in (("silent", "connecting"), ("gone", "away"), ("refuses", "denied")):
            daemon.change(mood)
            page = browser.page(daemon.url(lang=language))
            expected = json.dumps(texts[language][key])
            page.wait(f"document.getElementById('disclosure')?.innerText.trim() === {expected}",
                      f"in {language} it does not say {expected} alone")
            daemon.change(None)
            page.wait("document.querySelectorAll('.card').length === 2", f"{mood}: it does not go on by itself")
            page.close()
    daemon.end()


def disclosure(browser):
    """Every theme says who is measured, who is not, and with which notice; of the latter nothing but the name."""
    daemon = running()
    for theme in THEMES:
        page = opened(browser, daemon, theme=theme, lang="en")
        said = page.wait("document.getElementById('disclosure').innerText.includes('Not measured') && "
                         "document.getElementById('disclosure').innerText", f"{theme} does not say who is not measured")
        said = re.sub("[\u2066-\u2069]", "", said)
        for part in ("Measured: Anna Berg, Ben Osei", "Not measured: Carla Díaz", "Notice notice-2026-11"):
            expect(part in said, f"{theme} does not say {part!r}: {said!r}")
        expect(text(page).count("Carla") == 1, f"{theme} says more of who has not consented")
        page.close()
    daemon.end()


def consent(browser):
    """Consent taken back: every value goes, the name stays."""
    daemon = running()
    page = opened(browser, daemon, theme="full", lang="en")
    page.wait("document.querySelector('#spoken').textContent.includes('Anna')", "the cue is not said")
    daemon.publish("consent", speaker=NAMES[0], t=331, consent="withheld", previous="granted")
    page.wait("document.querySelectorAll('.card').length === 1 && !document.querySelector('#spoken').textContent",
              "the card of who withdrew is still there, or what was said")
    said = text(page)
    expect(said.count("Anna Berg") == 1 and "Not measured: Anna Berg, Carla Díaz" in said.replace("\n", " "),
           f"more than a name is left: {said!r}")
    daemon.end()


def abstention(browser):
    """Where there is no score, its place says why, in words; where the policy forbids one, there is no place."""
    daemon = Simulated()
    daemon.join(NAMES[:2], ["rep", "customer"])
    for number, reason in enumerate(["not_enough_speech", "one_speaker"]):
        line = tick(number, 2, 40)
        line["engagement"] = {"score": None, "abstained": reason}
        line.pop("sentiment")
        daemon.publish("tick", speaker=NAMES[number], **line)
    page = opened(browser, daemon, theme="cards", lang="en")
    said = text(page)
    expect("not enough speech yet" in said and "nobody to talk with yet" in said, f"no reason is told: {said!r}")
    expect("Sentiment" not in said, "there is a place for a score that the policy forbids")
    daemon.end()


def staleness(browser):
    """What is old is grey, and comes back by itself."""
    daemon = running()
    page = opened(browser, daemon, theme="cards", lang="en")
    page.evaluate("""(() => { const card = document.querySelector('.card'), root = document.documentElement;
      let seq = root.dataset.seq;
      new MutationObserver(() => {
        if (card.classList.contains('stale')) window.greyAt ??= performance.now();
        if (root.dataset.seq !== seq) [seq, window.cameAt] = [root.dataset.seq, performance.now()];
      }).observe(root, {attributes: true, subtree: true, attributeFilter: ['class', 'data-seq']}); })()""")
    daemon.tick_all(NAMES[:2], 331)
    page.wait("!!window.cameAt && (window.greyAt = null, true)", "the tick is not shown")
    came = page.evaluate("window.cameAt")
    page.wait("document.querySelector('.card').classList.contains('stale')", "what is old is not grey")
    daemon.tick_all(NAMES[:2], 332)
    page.wait("!document.querySelector('.card').classList.contains('stale')", "what is new is still grey")
    print(f"  grey {(page.evaluate('window.greyAt') - came) / 1000:.2f} s after the last tick")
    daemon.end()


def cues(browser):
    """A cue comes with its numbers and goes with its end; it is said to screen readers."""
    daemon = running()
    page = opened(browser, daemon, theme="cards", lang="en")
    statement = "Anna Berg has 67% of the talk (limit 65% in 2:00)"
    isolated = "[\\u2066-\\u2069]"
    for place in (".cue", "#spoken"):
        page.wait(f"document.querySelector({place!r})?.textContent.replace(/{isolated}/g, '').includes({statement!r})",
                  f"{place} does not say the cue")
    daemon.publish("cue.cleared", speaker=NAMES[0], t=332, id=1, cue="talk_ratio", reason="back_to_normal",
                   value=.598, after_s=19)
    page.wait("document.querySelector('.cue.gone .end')?.textContent === 'back to normal, 60%'", "the cue does not end")
    page.wait("!document.querySelector('.cue')", "the cue stays")
    page.close()
    # One that was raised before anything that is kept.
    daemon.standing_cues = [{"id": 9, "speaker": NAMES[1], "t": 12, "cue": "monologue", "severity": "info",
                             "metric": "monologue_s", "value": 95, "limit": 90, "state": "raised"}]
    page = opened(browser, daemon, theme="cards", lang="en")
    page.wait("document.querySelector('.cue:not(.gone)')?.textContent.includes('1:35')",
              "the cue that stands is not there")
    daemon.publish("cue.cleared", speaker=NAMES[1], t=340, id=9, cue="monologue", reason="back_to_normal", value=0,
                   after_s=328)
    page.wait("!!document.querySelector('.cue.gone')", "the cue that stood does not end")
    daemon.end()


def names(browser):
    """A name is text: no markup, no change of direction, no width without end."""
    daemon = Simulated()
    hostile = ["<img src=x onerror=alert(1)>", "\u202eevil\u202c\u0007", "A" * 500, "{value} {limit}", "__proto__",
               "</script><script>alert(1)</script>"]
    daemon.join(hostile, ["<b>rep</b>"])
    daemon.tick_all(hostile, 40)
    daemon.publish("cue.raised", speaker=hostile[0], t=40, id=1, cue="<i>x</i>", severity="info", metric="<u>",
                   value=1, limit=0)
    for theme in THEMES:
        page = opened(browser, daemon, width=400, theme=theme, lang="en", speaker=hostile[0])
        counted = page.evaluate("document.querySelectorAll('img, b, i, u, script:not([type=module])').length")
        expect(counted == 0, f"{theme}: a name became markup")
        said = page.evaluate("document.body.innerText")
        expect("\u202e" not in said and "\u0007" not in said, f"{theme}: a name turns the text")
        wide = page.evaluate("""[...document.querySelectorAll('body *')].filter((one) => !one.closest('.spoken') &&
          one.getBoundingClientRect().right > innerWidth).map((one) => one.className)""")
        expect(not wide, f"{theme}: a name is too wide: {wide}")
        expect(not page.complaints, f"{theme}: {page.complaints}")
        page.close()
    daemon.end()


def corner(page):
    """Opacity of the page's last pixel, over nothing."""
    page.call("Emulation.setDefaultBackgroundColorOverride", color={"r": 0, "g": 0, "b": 0, "a": 0})
    png = base64.b64decode(page.call("Page.captureScreenshot", clip={
        "x": 999, "y": 799, "width": 1, "height": 1, "scale": 1})["data"])
    data, at = b"", 8
    while at < len(png):
        length = int.from_bytes(png[at:at + 4], "big")
        if png[at + 4:at + 8] == b"IDAT":
            data += png[at + 8:at + 8 + length]
        at += length + 12
    # A filter byte, then three or four samples.
    row = zlib.decompress(data)
    return row[4] if len(row) == 5 else 255


def ground(browser):
    """Over a video the page has no ground, in a window it has one."""
    daemon = running()
    for query, opacity in (({"background": "transparent"}, 0), ({}, 255), ({"background": "#123"}, 255)):
        page = opened(browser, daemon, **query)
        expect(corner(page) == opacity, f"{query}: the opacity is {corner(page)}")
        page.close()
    daemon.end()


def address(browser):
    """The address says size, light or dark, theme and whose voice; what it can't mean is left alone."""
    daemon = running()
    for query, root in (({"size": "2", "mode": "light", "theme": "bar"}, ["32px", "light", "bar"]),
                        ({"size": "900", "mode": "dark", "theme": "nonsense"}, ["64px", "dark", "cards"]),
                        ({"size": "x", "mode": "dark", "background": "url(x)"}, ["16px", "dark", "cards"])):
        page = opened(browser, daemon, **query)
        found = page.evaluate("""(() => { const {style, dataset} = document.documentElement;
          return [style.fontSize, dataset.mode, dataset.theme]; })()""")
        expect(found == root, f"{query} gives {found}")
        page.close()
    page = opened(browser, daemon, theme="self", speaker=NAMES[1])
    page.wait(f"document.querySelector('.self-name .name').textContent === {NAMES[1]!r}", "another's voice is shown")
    daemon.end()


def following(browser):
    """After the end of a call its last values stay, grey; the next call is taken as soon as it runs."""
    daemon = running()
    page = opened(browser, daemon, lang="en")
    daemon.publish("session.ended", t=332, duration_s=332, speakers={})
    page.wait("document.getElementById('disclosure').innerText.includes('The call has ended')", "its end is not said")
    expect(page.evaluate("document.querySelectorAll('.card.stale').length") == 2, "the last values are not grey")
    daemon.begin("acme-8")
    daemon.join(["Zoë"], ["host"])
    daemon.tick_all(["Zoë"], 3)
    page.wait("document.querySelectorAll('.card').length === 1 && document.body.innerText.includes('Zoë')",
              "the next call is not shown")
    expect("Anna" not in text(page), "values of the call before are left")
    daemon.end()


def keyboard(browser):
    """What moves a score opens with the keyboard, which reads curves, too; motion ends where it is not wanted."""
    daemon = running()
    page = opened(browser, daemon, theme="cards", lang="en")

    def press(key, code):
        for state in ("keyDown", "keyUp"):
            page.call("Input.dispatchKeyEvent", type=state, key=key, code=key, windowsVirtualKeyCode=code,
                      **({"text": "\r"} if key == "Enter" and state == "keyDown" else {}))

    press("Tab", 9)
    press("Enter", 13)
    page.wait("document.querySelector('.why:not([hidden])')?.innerText.includes('As usual')",
              "the keyboard opens nothing")
    expect(page.evaluate("document.activeElement.getAttribute('aria-expanded')") == "true", "it is not said to be open")
    press("Tab", 9)
    press("ArrowLeft", 37)
    page.wait("document.querySelector('.reading').textContent.startsWith('0:05 ago: ')", "no key reads the curve")
    page.wait("document.activeElement.getAttribute('aria-valuetext').startsWith('0:05 ago: ')", "it is not said")
    press("Escape", 27)
    page.wait("!document.querySelector('.reading').textContent", "the reading stays")
    page.call("Emulation.setEmulatedMedia", features=[{"name": "prefers-reduced-motion", "value": "reduce"}])
    moving = page.evaluate("""[...document.querySelectorAll('*')].filter((one) => {
      const style = getComputedStyle(one);
      return style.animationName !== 'none' || parseFloat(style.transitionDuration) > 0; }).length""")
    expect(moving == 0, f"{moving} elements move though motion is not wanted")
    daemon.end()


def accessibility(browser):
    """The rules of axe-core, in every theme, light and dark, with contrast as it is computed."""
    package, version, digest = AXE
    cache = Path(FOLDER).parents[2] / f".build-overlay/axe-{version}.whl"
    if not cache.exists():
        cache.parent.mkdir(exist_ok=True)
        cache.write_bytes(wheel(package, version, digest))
    with zipfile.ZipFile(io.BytesIO(checked(cache.read_bytes(), digest, "the wheel of axe-core"))) as archive:
        axe = archive.read("axe_playwright_python/axe.min.js").decode()
    daemon = running()
    for theme in THEMES:
        for mode in ("dark", "light"):
            page = opened(browser, daemon, theme=theme, mode=mode, lang="en", background="#808080")
            # The rules need to see the page as it is left.
            page.call("Emulation.setEmulatedMedia", features=[{"name": "prefers-reduced-motion", "value": "reduce"}])
            page.wait("!!document.querySelector('#spoken').textContent", "nothing is said")
            page.evaluate(axe + ";0")
            answer = page.evaluate("axe.run().then((found) => JSON.stringify({passes: found.passes.length, "
                                   "violations: found.violations.map((one) => [one.id, one.nodes[0].html])}))")
            found = json.loads(answer)
            expect(not found["violations"], f"{theme}, {mode}: {found['violations']}")
            page.close()
            print(f"  {theme}, {mode}: {found['passes']} rules pass")
    daemon.end()


def network(browser):
    """Nothing is asked of anybody but the daemon, and the Content-Security-Policy lets all of the page be."""
    daemon = running()
    for theme in THEMES:
        page = opened(browser, daemon, theme=theme)
        for path in ("/overlay", "/v1/sessions", "/v1/history", "/v1/events"):
            page.log_of(path)
        strangers = [url for url in page.requests if not url.startswith((daemon.origin + "/", "data:"))]
        expect(not strangers, f"{theme} asks {strangers}")
        expect(not page.complaints, f"{theme}: {page.complaints}")
        page.close()
    daemon.end()


COLUMNS = """[...document.querySelectorAll('.engagement canvas')].map((canvas) => {
  const {width, height} = canvas, pixels = canvas.getContext('2d').getImageData(0, 0, width, height).data;
  let filled = 0;
  for (let x = 0; x < width; x++) {
    let opaque = 0;
    for (let y = 0; y < height; y++) if (pixels[4 * (y * width + x) + 3] > 200) opaque++;
    filled += opaque > 0;
  }
  return filled / width; })"""


def reload(browser):
    """After a reload the whole curve is there: five minutes, from history."""
    daemon = running()
    page = opened(browser, daemon, theme="cards")
    page.wait(f"{COLUMNS}.every((part) => part > .95)", "the curve does not span five minutes")
    # The stream keeps a minute; the rest can come from history only.
    while len(daemon.lines) > 100:
        daemon.lines.popleft()
    page.call("Page.reload")
    page.wait(f"{COLUMNS}.length === 2 && {COLUMNS}.every((part) => part > .95)",
              "the curve is not whole after a reload")
    print(f"  curve drawn over {100 * min(page.evaluate(COLUMNS)):.0f} % of its width")
    daemon.end()


def epoch(browser):
    """Another epoch: what was before is gone, what comes is shown."""
    daemon = running()
    page = opened(browser, daemon, theme="cards", lang="en")
    page.evaluate("window.isSame = true")
    with daemon.changed:
        daemon.epoch, daemon.seq, daemon.is_open = "e2", 0, False
        daemon.forget()
    time.sleep(.2)
    daemon.is_open = True
    daemon.join(["Zoë"], ["host"])
    daemon.tick_all(["Zoë"], 3)
    page.wait("document.querySelectorAll('.card').length === 1 && document.body.innerText.includes('Zoë')",
              "the page does not find the new epoch")
    expect("Anna" not in text(page), "values of the old epoch are left")
    expect(page.evaluate("window.isSame"), "the page was loaded anew")
    daemon.end()


CASES = [languages, first_moment, disclosure, consent, abstention, staleness, cues, names, ground, address, following,
         keyboard, accessibility, network, reload, epoch]
