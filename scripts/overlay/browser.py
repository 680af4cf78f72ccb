"""Debian's Chromium without a window, driven by the DevTools protocol over a pair of pipes."""
import json
import os
import subprocess
import threading
import time

TIMEOUT_S = 60


class Page:
    """A tab: what it asked of the network, what it complained of, and its JavaScript."""

    def __init__(self, browser, session, target):
        self.browser, self.session, self.target = browser, session, target
        self.requests, self.complaints = [], []

    def call(self, method, **parameters):
        return self.browser.call(method, self.session, **parameters)

    def go(self, url):
        self.call("Page.navigate", url=url)

    def evaluate(self, expression):
        """The value of an expression or a promise, as JSON carries it."""
        answer = self.call("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        if "exceptionDetails" in answer:
            details = answer["exceptionDetails"]
            raise RuntimeError(details.get("exception", {}).get("description") or details["text"])
        return answer["result"].get("value")

    def wait(self, expression, what, limit_s=TIMEOUT_S):
        """Waits until an expression is true; the limit is a safety net."""
        end = time.monotonic() + limit_s
        while True:
            value = self.evaluate(expression)
            if value:
                return value
            if time.monotonic() > end:
                raise RuntimeError(f"{what}: not after {limit_s} s; the page says "
                                   f"{self.evaluate('document.body.innerText')!r}, {self.complaints[-3:]}")
            time.sleep(0.05)

    def size(self, width, height, scale=1):
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=scale,
                  mobile=False)

    def log_of(self, path):
        """Waits until a request to the path is in the network log, which is told apart from what scripts see."""
        for _ in range(20 * TIMEOUT_S):
            if any(path in url for url in self.requests):
                return
            time.sleep(0.05)
        raise RuntimeError(f"{path} is not in the network log: {self.requests}")

    def heap(self):
        """Bytes of live objects: what is left after the garbage was collected."""
        for _ in range(3):
            self.call("HeapProfiler.collectGarbage")
        return self.call("Runtime.getHeapUsage")["usedSize"]

    def note(self, method, parameters):
        if method == "Network.requestWillBeSent":
            self.requests.append(parameters["request"]["url"])
        elif method == "Runtime.exceptionThrown":
            details = parameters["exceptionDetails"]
            self.complaints.append(details.get("exception", {}).get("description") or details["text"])
        elif method == "Log.entryAdded" and parameters["entry"]["level"] == "error":
            self.complaints.append(parameters["entry"]["text"])

    def close(self):
        self.browser.call("Target.closeTarget", targetId=self.target)
        self.target = None


class Browser:
    def __init__(self, folder, *options):
        to_read, self.sink = os.pipe()
        self.source, to_write = os.pipe()

        # The browser reads commands from descriptor 3 and answers on 4, each message with a zero byte at its end.
        command = ["sh", "-c", f'exec "$@" 3<&{to_read} 4>&{to_write}', "sh", "chromium-headless-shell",
                   "--no-sandbox", "--disable-gpu", "--remote-debugging-pipe", f"--user-data-dir={folder}",
                   "--no-first-run", "--disable-background-networking", *options, "about:blank"]
        self.log = open(os.path.join(folder, "log"), "w", encoding="utf-8")
        self.process = subprocess.Popen(
            command, pass_fds=(to_read, to_write), stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log)
        os.close(to_read)
        os.close(to_write)
        self.count, self.answers, self.pages = 0, {}, {}
        self.condition = threading.Condition()
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self):
        rest = b""
        while data := os.read(self.source, 1 << 16):
            *messages, rest = (rest + data).split(b"\0")
            for message in map(json.loads, messages):
                with self.condition:
                    if "id" in message:
                        self.answers[message["id"]] = message
                        self.condition.notify_all()
                    elif page := self.pages.get(message.get("sessionId")):
                        page.note(message["method"], message["params"])

    def call(self, method, session=None, **parameters):
        with self.condition:
            self.count += 1
            number = self.count
        message = {"id": number, "method": method, "params": parameters, **({"sessionId": session} if session else {})}
        os.write(self.sink, json.dumps(message).encode() + b"\0")
        with self.condition:
            if not self.condition.wait_for(lambda: number in self.answers, TIMEOUT_S):
                raise RuntimeError(f"the browser does not answer {method}")
            answer = self.answers.pop(number)
        if "error" in answer:
            raise RuntimeError(f"{method}: {answer['error']['message']}")
        return answer["result"]

    def page(self, url="about:blank", width=1000, height=700, scale=1):
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        page = self.pages[session] = Page(self, session, target)
        for domain in ("Page", "Runtime", "Network", "Log"):
            page.call(f"{domain}.enable")
        page.size(width, height, scale)
        if url != "about:blank":
            page.go(url)
        return page

    def close_pages(self):
        for page in list(self.pages.values()):
            if page.target is not None:
                page.close()

    def end(self):
        self.process.terminate()
        self.process.wait()
        os.close(self.sink)
        self.log.close()
