"""The overlay page as the listener sends it, put together from its parts by the rule in overlay.html."""
import base64
import hashlib
import re
from pathlib import Path

FOLDER = Path(__file__).resolve().parent.parent.parent / "Sources/Overlay/Page"
TAGS = {"style": ("<style>", "</style>"), "script": ('<script type="module">', "</script>")}


def page():
    """The page's text and its Content-Security-Policy."""
    policy = ["default-src 'none'", "connect-src 'self'", "img-src data:", "base-uri 'none'", "form-action 'none'"]

    def joined(match):
        kind, names = match[1], match[2].split()
        text = "\n" + "\n".join((FOLDER / name).read_text(encoding="utf-8") for name in names)
        digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        policy.append(f"{kind}-src 'sha256-{digest}'")
        return TAGS[kind][0] + text + TAGS[kind][1]

    markup = (FOLDER / "overlay.html").read_text(encoding="utf-8")
    return re.sub(r"^<!-- (style|script): (.*) -->$", joined, markup, flags=re.M), "; ".join(policy)
