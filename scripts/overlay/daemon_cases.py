"""The page at a daemon to which a call is played: what the event socket says, history, a restart, strangers."""
import functools
import http.server
import json
import os
import shutil
import socket
import subprocess
import tempfile
import threading
import time

from overlay.page_cases import COLUMNS, expect, text
from peers.peer import free_port, wait_for_port

CLIENTS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../docs/clients")
ROLES = {"anna": "rep", "ben": "customer"}
RELOAD_AT_S = 100
TOKEN = "0123456789abcdef0123456789abcdef"
# What the cards show, at every frame: when, of whom, the talk share and the score.
RECORD = """(() => { window.shown = [];
  const look = () => {
    const now = performance.timeOrigin + performance.now();
    const [minutes, seconds] = document.querySelector(".time").textContent.split(":");
    for (const card of document.querySelectorAll(".card")) {
      const of = (name) => card.querySelector(name).textContent;
      const seen = [of(".name"), of(".share .value"), of(".engagement .number")];
      window.shown.push([now / 1000, ...seen, 60 * minutes + Number(seconds)]);
    }
    if (window.shown.length > 40000) window.shown.splice(0, 20000);
    requestAnimationFrame(look);
  };
  look(); })()"""


def serve(folder):
    """A web server of one's own."""
    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=folder))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server


class Daemon:
    """attuned with a listener for browsers, on a port that stays the same over restarts."""

    def __init__(self, binaries, call):
        self.binaries, self.call = os.path.abspath(binaries), os.path.abspath(call)
        self.folder = tempfile.mkdtemp(prefix="attune-overlay-")
        self.own = serve(CLIENTS)
        self.port = free_port()
        self.origin = f"http://127.0.0.1:{self.port}"
        self.ticks, self.senders = [], []
        tokens, self.config = (os.path.join(self.folder, name) for name in ("tokens", "attune.yaml"))
        with open(os.open(tokens, os.O_CREAT | os.O_WRONLY, 0o600), "w", encoding="utf-8") as file:
            file.write(f"{TOKEN} write\n")
        with open(self.config, "w", encoding="utf-8") as file:
            # The call is over when the daemon is: what is shown is the next one.
            file.write("state: {max_age_s: 0}\n"
                       f"sockets:\n  events: {self.folder}/events.sock\n  control: {self.folder}/control.sock\n"
                       f"  http: 127.0.0.1:{self.port}\n  http_tokens: {tokens}\n"
                       f"  http_origins: [http://127.0.0.1:{self.own.server_port}]\n")
        self.start()

    def start(self):
        self.log = open(os.path.join(self.folder, "log"), "a", encoding="utf-8")
        self.process = subprocess.Popen(
            [os.path.join(self.binaries, "attuned"), "--config", self.config], stderr=self.log, stdout=self.log)
        wait_for_port(self.port)

    def command(self, *arguments):
        answer = subprocess.run([os.path.join(self.binaries, "attune"), *arguments, "--runtime-dir", self.folder],
                                capture_output=True, text=True)
        if answer.returncode != 0:
            raise RuntimeError(f"attune {' '.join(arguments)}: {answer.stderr.strip()}")
        return answer.stdout

    def url(self, **query):
        return f"{self.origin}/overlay?" + "&".join(f"{key}={value}" for key, value in
                                                    {"token": TOKEN, **query}.items())

    def play(self, session):
        inputs, outputs = [], []
        for index, (name, role) in enumerate(ROLES.items()):
            answer = self.command("attach", "rtp://127.0.0.1:0", "--session", session, "--speaker", f"{name}:{role}",
                                  "--consent", "granted", "--notice-id", "demo")
            inputs += ["-re", "-i", os.path.join(self.call, f"{name}.wav")]
            outputs += ["-map", f"{index}:a:0", "-c:a", "libopus", "-ac", "1", "-f", "rtp", answer.split()[-1]]
        self.senders.append(subprocess.Popen(["ffmpeg", "-nostdin", "-loglevel", "error", *inputs, *outputs],
                                             stdout=subprocess.DEVNULL))

    def listen(self):
        """Ticks as the event socket tells them, each with the time of the machine at which it came."""
        def read():
            with socket.socket(socket.AF_UNIX) as events:
                events.connect(os.path.join(self.folder, "events.sock"))
                for line in events.makefile(encoding="utf-8"):
                    came, event = time.time(), json.loads(line)
                    if event["type"] == "tick":
                        self.ticks.append((came, event))
        threading.Thread(target=read, daemon=True).start()

    def stop(self):
        self.process.terminate()
        self.process.wait()
        self.log.close()

    def end(self):
        for sender in self.senders:
            sender.kill()
            sender.wait()
        self.stop()
        self.own.shutdown()
        self.own.server_close()
        shutil.rmtree(self.folder, ignore_errors=True)


def says(text, value):
    """Whether a text is the value, rounded; a dash where there is none."""
    return text == "–" if value is None else text.isdigit() and abs(int(text) - value) < .51


def compare(ticks, shown):
    """That ticks are shown before the next but one comes, and by how much later than on the socket.

    The measure is the stream's own pace. Up to half may be later: a machine that has other things to do is no fault of
    the page, and what never shows the values is late with all.
    """
    delays, late = [], []
    for name in ROLES:
        own = [(came, event) for came, event in ticks if event["speaker"] == name]
        rows = [row for row in shown if row[1] == name]
        expect(len(own) > 10 and rows, f"{name} has {len(own)} ticks and {len(rows)} rows")
        for (came, event), (until, _) in zip(own[:-2], own[2:]):
            if came < rows[0][0]:
                continue
            ratio, score = event["windows"]["120s"]["talk_ratio"], event["engagement"]["score"]
            # The page's way is another one: it may have a line before it is read here.
            seen = [row[0] for row in rows if came - 1 <= row[0] <= until
                    and says(row[2].rstrip("%\u00a0 "), ratio and 100 * ratio) and says(row[3], score)]
            delays.append(max(0, seen[0] - came) if seen else None)
            if not seen:
                late.append(f"{name} at {event['t']} s: {ratio}, {score}")
    expect(len(late) <= len(delays) / 2, f"not shown before the next tick but one: {late[:5]}")
    if late:
        print(f"  {len(late)} of {len(delays)} were shown later than the next tick but one")
    return sorted(delay for delay in delays if delay is not None)


def live(browser, daemon):
    """The page shows what the event socket says, and asks nobody else; a reload draws the curve again."""
    daemon.listen()
    page = browser.page(daemon.url(theme="cards", lang="en", mode="dark"), 1000, 700)
    page.wait("document.getElementById('disclosure')?.innerText.includes('Waiting for a call')", "it does not wait")
    daemon.play("first")
    page.wait("document.querySelectorAll('.card').length === 2", "two people are not shown")
    page.evaluate(RECORD)
    # Past the minute that the daemon keeps of events: what a reload draws of before is from history.
    page.wait(f"Math.max(0, ...window.shown.map((row) => row[4])) >= {RELOAD_AT_S}", "the call does not go on", 300)
    delays = compare(list(daemon.ticks), page.evaluate("window.shown"))
    print(f"  {len(delays)} ticks, shown {1000 * delays[len(delays) // 2]:.0f} ms (median), "
          f"{1000 * delays[-1]:.0f} ms (most) after they came on the event socket")
    strangers = [url for url in page.requests if not url.startswith((daemon.origin + "/", "data:"))]
    expect(not strangers, f"it asks {strangers}")
    expect(not page.complaints, f"it complains: {page.complaints}")
    drawn = page.evaluate(COLUMNS)
    expect(min(drawn) > .15, f"there is no curve: {drawn}")
    page.call("Page.reload")
    page.wait(f"{COLUMNS}.length === 2 && {COLUMNS}.every((part, index) => part > .9 * {drawn}[index])",
              f"the curve is not whole after a reload: it was {drawn}")
    print(f"  curves over {', '.join(f'{100 * part:.0f} %' for part in drawn)} of their width, as before the reload")
    expect("Measured: anna, ben" in text(page) and "Notice demo" in text(page), "who is measured is not said")


def client(browser, daemon):
    """A page of one's own, of an origin that is listed: docs/clients/ticks.html, and the overlay in a frame."""
    page = browser.page(f"http://127.0.0.1:{daemon.own.server_port}/ticks.html?daemon={daemon.origin}&token={TOKEN}")
    page.wait("/^first(anna|ben)[0-9.]+ /.test(document.querySelector('tr')?.textContent)", "it shows no score")
    page.evaluate(f"(() => {{ const frame = document.createElement('iframe'); frame.src = '{daemon.url()}'; "
                  "frame.width = 700; frame.height = 300; document.body.append(frame); })()")
    # The client itself does not ask for it.
    page.log_of("/v1/history")
    expect(not page.complaints, f"it complains: {page.complaints}")


def restart(browser, daemon):
    """The daemon is started anew under the page: the page goes on by itself, with the next call."""
    page, own = (next(page for page in browser.pages.values() if page.target and path in page.requests[0])
                 for path in ("/overlay?", "/ticks.html?"))
    page.evaluate("window.isSame = true")
    daemon.stop()
    page.wait("document.querySelector('.card')?.classList.contains('stale') && "
              "document.getElementById('disclosure')?.innerText.includes('Connection lost')", "nothing is said of it")
    daemon.start()
    page.wait("document.getElementById('disclosure')?.innerText.includes('Waiting for a call')",
              "it does not come back")
    daemon.play("second")
    page.wait("document.getElementById('disclosure')?.innerText.includes('second') && "
              "document.querySelectorAll('.card:not(.stale)').length === 2", "the next call is not shown")
    expect(page.evaluate("window.isSame"), "the page was loaded anew")
    own.wait("[...document.querySelectorAll('tr')].some((row) => row.textContent.startsWith('second'))",
             "the client does not come back")


STRANGER = """<!DOCTYPE html><title>stranger</title><iframe name="hole"></iframe>
<form method="post" enctype="text/plain" target="hole"><input name='{"text":"x","a":"' value='"}'></form>"""


def stranger(browser, daemon):
    """A page of another origin that knows the token can neither read nor write nor show the page."""
    folder = os.path.join(daemon.folder, "stranger")
    os.mkdir(folder)
    with open(os.path.join(folder, "index.html"), "w", encoding="utf-8") as file:
        file.write(STRANGER)
    server = serve(folder)
    session = json.loads(daemon.command("sessions", "--json"))[-1]["session"]
    path = f"{daemon.origin}/v1/sessions/{session}/speakers/anna"
    page = browser.page(f"http://127.0.0.1:{server.server_port}/")
    page.wait("!!document.forms[0]", "the stranger's page does not come")

    def tries(what, expression):
        answer = page.evaluate(f"({expression}).then((value) => 'got ' + value, (problem) => 'refused')")
        expect(answer == "refused", f"{what}: {answer}")

    for name in ("sessions", "events", "policy"):
        tries(f"fetch of {name}", f"fetch('{daemon.origin}/v1/{name}?token={TOKEN}').then((a) => a.status)")
    tries("EventSource", f"""new Promise((done, fail) => {{
      const source = new EventSource('{daemon.origin}/v1/events?token={TOKEN}');
      source.onmessage = () => done('a message'); source.onerror = () => {{ source.close(); fail(); }}; }})""")
    tries("PUT of consent", f"""fetch('{path}/consent?token={TOKEN}', {{method: 'PUT', body: '{{"consent":"withheld"}}',
      headers: {{'Content-Type': 'application/json'}}}}).then((a) => a.status)""")
    tries("POST as a form would", f"""fetch('{daemon.origin}/v1/sessions/{session}/captions?token={TOKEN}',
      {{method: 'POST', mode: 'no-cors', body: '{{}}', headers: {{'Content-Type': 'text/plain'}}}})
      .then((a) => a.type === 'opaque' ? Promise.reject() : a.status)""")
    before = sum(event["speaker"] == "anna" for _, event in daemon.ticks)
    page.evaluate(f"(() => {{ const form = document.forms[0]; form.action = '{daemon.origin}/v1/sessions/{session}"
                  f"/captions?token={TOKEN}'; form.submit(); }})()")
    page.evaluate(f"(() => {{ const frame = document.createElement('iframe'); frame.id = 'theft'; "
                  f"frame.src = '{daemon.url()}'; document.body.append(frame); }})()")
    page.wait("!!document.getElementById('theft')", "no frame")
    for _ in range(200):
        if any("frame" in one for one in page.complaints):
            break
        time.sleep(.05)
    else:
        expect(False, f"the page can be shown in a stranger's frame: {page.complaints}")
    daemon.listen()
    for _ in range(400):
        if sum(event["speaker"] == "anna" for _, event in daemon.ticks) > before:
            break
        time.sleep(.05)
    else:
        expect(False, "anna is not measured any more: the stranger has withdrawn her consent")
    words = [event["windows"]["session"].get("words") for _, event in daemon.ticks]
    expect(not any(words), "a caption of the stranger was counted")
    server.shutdown()
    server.server_close()


def rebinding(browser, daemon):
    """A name that was made to point to the daemon gets nothing."""
    page = browser.page(f"http://evil.test:{daemon.port}/overlay?token={TOKEN}")
    page.wait("document.readyState === 'complete' && location.href !== 'about:blank'", "no answer")
    expect(not page.evaluate("!!document.getElementById('disclosure')"), "the page is served to another name")
    for host, is_good in ((f"evil.test:{daemon.port}", False), (f"127.0.0.1:{daemon.port}", True),
                          (f"localhost:{daemon.port}", True)):
        with socket.create_connection(("127.0.0.1", daemon.port)) as connection:
            connection.sendall(f"GET /v1/policy?token={TOKEN} HTTP/1.1\r\nHost: {host}\r\n"
                               "Connection: close\r\n\r\n".encode())
            status = int(connection.makefile("rb").readline().split()[1])
        expect((status == 200) == is_good, f"Host: {host} is answered with {status}")


CASES = [live, client, restart, stranger, rebinding]
