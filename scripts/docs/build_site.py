#!/usr/bin/env python3
"""Builds the pages of docs/ and README.md as a site, with the reference of AttuneClient, and checks every link and anchor
of it.

usage: build_site.py SITE_FOLDER

Needs Debian's package `mkdocs`, and a build. Exits 1 where a link of a page leads nowhere within the site; links to other
sites are not followed.
"""
import html.parser
import pathlib
import shutil
import subprocess
import sys
import urllib.parse

import reference

ROOT = pathlib.Path(__file__).resolve().parents[2]
SOURCES = ROOT / ".build/site-sources"
BESIDE = ["README.md", "SECURITY.md", "CONTRIBUTING.md", "CHANGELOG.md", "LICENSE", "NOTICE", "config", "docs", "monitoring"]


class Page(html.parser.HTMLParser):
    """The links and anchors of a page."""

    def __init__(self, text):
        super().__init__()
        self.links, self.anchors = [], set()
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        values = dict(attributes)
        self.anchors |= {values[name] for name in ("id", "name") if values.get(name)}
        self.links += [values[name] for name in ("href", "src") if values.get(name)]


def broken(site):
    """Links that lead nowhere, with their page."""
    pages = {path: Page(path.read_text(encoding="utf-8")) for path in site.rglob("*.html")}
    for path, page in sorted(pages.items()):
        # Pages that others make, with addresses of a server's root, and pages that are shipped as they are.
        if path.name == "404.html" or {"clients", reference.PLACE} & set(path.parts):
            continue
        for link in page.links:
            url = urllib.parse.urlsplit(link)
            if url.scheme or url.netloc:
                continue
            place = urllib.parse.unquote(url.path)
            # From the root of the server, or from the page.
            folder = site if place.startswith("/") else path.parent
            target = (folder / place.lstrip("/")).resolve() if place else path
            if target.is_dir():
                target = target / "index.html"
            if not target.exists():
                yield f"{path.relative_to(site)}: {link} leads nowhere"
            elif url.fragment and target in pages and urllib.parse.unquote(url.fragment) not in pages[target].anchors:
                yield f"{path.relative_to(site)}: {link} has no such anchor"


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    if not shutil.which("mkdocs"):
        sys.exit("build_site: there is no mkdocs; install the package 'mkdocs'")
    site = pathlib.Path(sys.argv[1]).absolute()
    shutil.rmtree(SOURCES, ignore_errors=True)
    SOURCES.mkdir(parents=True)
    for name in BESIDE:
        copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
        copy(ROOT / name, SOURCES / name)
    subprocess.run(["mkdocs", "build", "--quiet", "--clean", "--site-dir", site], cwd=ROOT, check=True)
    # A folder that is linked shows what is in it, as where the sources are shown.
    schemas = site / "docs/schema"
    (schemas / "index.html").write_text("<title>Schemas</title><ul>" + "".join(
        f'<li><a href="{name}">{name}</a></li>'
        for name in sorted(str(path.relative_to(schemas)) for path in schemas.rglob("*.json"))) + "</ul>", encoding="utf-8")
    references = reference.write(site)
    found = list(broken(site))
    print("\n".join(found) or f"{len(list(site.rglob('*.html'))) - references} pages in {site}, no broken link; "
          f"{references} of the reference")
    sys.exit(1 if found else 0)


main()
