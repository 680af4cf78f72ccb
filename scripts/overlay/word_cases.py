"""What is said, on the page: only where the address asks for it, and gone with the consent."""
from overlay.page_cases import expect, opened, running, text

SAID = "[...document.querySelectorAll('.caption')].map((line) => line.textContent)"


def words(daemon, number, said, final=True, revision=0, speaker="Anna"):
    fields = {"text": said} if said else {}
    daemon.publish("words", speaker=speaker, t=60 + number, id=f"w{number}", revision=revision, final=final,
                   start_s=58 + number, end_s=60 + number, by="recogniser", words=len((said or "").split()), fillers=0,
                   questions=0, **fields)


def captions(browser):
    """What is said is there where the address asks for it, revised, bounded, as text, and gone with the consent."""
    daemon = running()
    name = next(iter(daemon.speakers))
    page = opened(browser, daemon, theme="cards", lang="en", captions="on")
    silent = opened(browser, daemon, theme="cards", lang="en")
    words(daemon, 1, "<b>How</b> much is", final=False, speaker=name)
    page.wait(f"{SAID}.length === 1 && !!document.querySelector('.caption.open')", "what is being said is not shown")
    words(daemon, 1, "<b>How</b> much is it?", revision=1, speaker=name)
    page.wait(f"{SAID}[0].endsWith('<b>How</b> much is it?') && !document.querySelector('.caption.open, .caption b')",
              "what was said is not revised, or is no text")
    words(daemon, 2, "Um", final=False, speaker=name)
    page.wait(f"{SAID}.length === 2", "the next line is not shown")
    words(daemon, 2, None, revision=1, speaker=name)
    page.wait(f"{SAID}.length === 1", "what is taken back is still there")
    for number in range(3, 12):
        words(daemon, number, f"line {number}", speaker=name)
    page.wait(f"{SAID}.length === 4 && {SAID}[3].endsWith('line 11')", "there are not the newest four lines")
    expect("line 11" not in text(silent), "what is said is shown to who did not ask for it")
    daemon.publish("consent", speaker=name, t=80, consent="granted", previous="granted",
                   previous_lanes=["voice", "words"])
    page.wait(f"{SAID}.length === 0 && document.getElementById('captions').hidden", "words are left without consent")
    daemon.end()


CASES = [captions]
