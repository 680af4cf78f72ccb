#!/usr/bin/env python3
"""Tries what lies in monitoring/ with a real Prometheus that reads a real daemon.

usage: test_monitoring.py BIN_FOLDER

promtool checks the rules, runs their tests, and checks the scrape recipe and what the daemon answers. Prometheus reads a
daemon by the recipe, and every query of the dashboard and of the rules must be one that it understands, of metrics that
the daemon has. Skipped, saying so, where Debian's package `prometheus` is not installed.
"""
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.parse
import urllib.request

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
from peers.peer import free_port  # noqa: E402

FOLDER = pathlib.Path(__file__).resolve().parent.parent.parent / "monitoring"
METRIC = re.compile(r"\b(?:attune|process)_[a-z_]+\b")


def run(*command, folder=None, text=None):
    ended = subprocess.run(command, cwd=folder, input=text, text=True, capture_output=True, check=False)
    if ended.returncode:
        sys.exit(f"{' '.join(map(str, command))}: {ended.stdout}{ended.stderr}")
    return ended.stdout


def queries():
    """Every query, with where it stands."""
    dashboard = json.loads((FOLDER / "grafana-dashboard.json").read_text())
    for panel in dashboard["panels"]:
        for target in panel.get("targets", []):
            yield panel["title"], target["expr"].replace("$instance", ".*")
    for line in (FOLDER / "attune.rules.yml").read_text().splitlines():
        if line.strip().startswith("expr: "):
            yield "rules", line.strip().removeprefix("expr: ")


def ask(port, query):
    url = f"http://127.0.0.1:{port}/api/v1/query?" + urllib.parse.urlencode({"query": query})
    try:
        with urllib.request.urlopen(url, timeout=10) as answer:
            return json.load(answer)["data"]["result"]
    except urllib.error.HTTPError as error:
        sys.exit(f"test_monitoring: {query}: {error.read().decode()}")


def wait(what, condition):
    ends = time.monotonic() + 60
    while not condition():
        if time.monotonic() > ends:
            sys.exit(f"test_monitoring: still waiting: {what}")
        time.sleep(0.2)


def live(attuned, attune, folder):
    """Has Prometheus read a daemon by the recipe, and asks it everything."""
    port, own = free_port(), free_port()
    secret = "0123456789abcdef" * 4
    for name in ("tokens", "attune.token"):
        (folder / name).write_text(secret + "\n")
        os.chmod(folder / name, 0o600)
    (folder / "attune.yaml").write_text(
        f"sockets:\n  events: {folder}/events.sock\n  control: {folder}/control.sock\n  http: 127.0.0.1:{port}\n"
        f"  http_tokens: {folder}/tokens\nlog: {{level: error}}\n")
    recipe = (FOLDER / "prometheus.yml").read_text()
    assert "127.0.0.1:8480" in recipe
    (folder / "prometheus.yml").write_text(recipe.replace("127.0.0.1:8480", f"127.0.0.1:{port}").replace("15s", "1s"))
    shutil.copy(FOLDER / "attune.rules.yml", folder)
    run("promtool", "check", "config", "prometheus.yml", folder=folder)
    programs = [subprocess.Popen([attuned, "--config", folder / "attune.yaml"]), subprocess.Popen(
        ["prometheus", "--config.file=prometheus.yml", f"--storage.tsdb.path={folder}/data",
         f"--web.listen-address=127.0.0.1:{own}", "--log.level=error"], cwd=folder)]
    try:
        environment = {**os.environ, "ATTUNE_RUNTIME_DIR": str(folder)}
        arguments = ["attach", "rtp://127.0.0.1:0", "--session", "s", "--speaker", "a", "--consent", "granted"]
        wait("the daemon", lambda: subprocess.run(
            [attune, *arguments], env=environment, capture_output=True, check=False).returncode == 0)
        text = run("curl", "-sS", "--unix-socket", folder / "control.sock", "http://localhost/metrics")
        run("promtool", "check", "metrics", text=text)
        # Those of gateways, which are other programs, are as the documentation has them.
        told = set(METRIC.findall(text)) | {
            name for name in METRIC.findall((FOLDER.parent / "docs" / "fleet.md").read_text())
            if name.startswith(("attune_gateway_", "attune_fleet_"))}
        wait("Prometheus", lambda: subprocess.run(
            ["curl", "-sf", f"http://127.0.0.1:{own}/-/ready"], capture_output=True, check=False).returncode == 0)
        wait("a sample", lambda: bool(ask(own, 'attune_sources{state="connecting"} == 1')))
        count = 0
        for place, query in queries():
            unknown = set(METRIC.findall(query)) - told
            assert not unknown, f"{place}: the daemon has no {unknown}"
            ask(own, query)
            count += 1
        wait("no alert", lambda: not ask(own, 'ALERTS{alertstate="firing"}'))
        print(f"monitoring: {count} queries understood, no alert on a daemon that does well")
        programs[0].send_signal(signal.SIGTERM)
        wait("that it is missed", lambda: bool(ask(own, 'ALERTS{alertname="AttuneDown"}')))
        print("monitoring: a daemon that has ended is missed")
    finally:
        for program in programs:
            program.terminate()
            program.wait()


def main():
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    if not shutil.which("promtool") or not shutil.which("prometheus"):
        print("monitoring: skipped, there is no prometheus; install the package 'prometheus'")
        return
    run("promtool", "check", "rules", "attune.rules.yml", folder=FOLDER)
    run("promtool", "test", "rules", "attune.rules.test.yml", folder=FOLDER)
    print("monitoring: the rules fire where they should")
    binaries = pathlib.Path(sys.argv[1]).absolute()
    with tempfile.TemporaryDirectory(prefix="attune-monitoring-") as folder:
        live(binaries / "attuned", binaries / "attune", pathlib.Path(folder))


main()
