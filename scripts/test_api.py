#!/usr/bin/env python3
"""Holds a running daemon's control socket against docs/openapi.yaml, with generated requests (Schemathesis).

usage: test_api.py BIN_FOLDER [SCHEMATHESIS_OPTION ...]

Starts BIN_FOLDER/attuned with sockets of its own. Schemathesis speaks TCP, so a port of the loopback interface leads
to the Unix socket meanwhile. /v1/events is left out: its answer does not end. Exits 0 if every answer is as described
and the daemon ends in order.
"""
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time

HERE = os.path.dirname(os.path.abspath(__file__))
OPENAPI = os.path.join(HERE, "..", "docs", "openapi.yaml")
START_S, STOP_S = 30, 10
CHECKS = ("not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance,"
          "negative_data_rejection,unsupported_method")


def copy(source, sink):
    """Carries bytes until one side has nothing more."""
    try:
        while data := source.recv(1 << 16):
            sink.sendall(data)
        sink.shutdown(socket.SHUT_WR)
    except OSError:
        pass


def bridge(connection, path):
    with connection, socket.socket(socket.AF_UNIX) as control:
        try:
            control.connect(path)
        except OSError:
            return
        back = threading.Thread(target=copy, args=(control, connection), daemon=True)
        back.start()
        copy(connection, control)
        back.join()


def accept(listener, path):
    while True:
        connection, _ = listener.accept()
        threading.Thread(target=bridge, args=(connection, path), daemon=True).start()


def wait_for(path, daemon):
    deadline = time.monotonic() + START_S
    while time.monotonic() < deadline and daemon.poll() is None:
        with socket.socket(socket.AF_UNIX) as probe:
            if probe.connect_ex(path) == 0:
                return
        time.sleep(0.05)
    sys.exit(f"test_api: attuned did not open {path}; its output is above")


def main():
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    attuned = os.path.join(os.path.abspath(sys.argv[1]), "attuned")
    schemathesis = shutil.which("schemathesis", path=os.path.dirname(sys.executable))
    if not schemathesis:
        sys.exit("test_api: no schemathesis beside this Python; run `make test-api`")
    with tempfile.TemporaryDirectory() as folder:
        control = os.path.join(folder, "control.sock")
        config = os.path.join(folder, "attune.yaml")
        with open(config, "w", encoding="utf-8") as file:
            file.write(f"sockets:\n  events: {folder}/events.sock\n  control: {control}\n  http: 127.0.0.1:0\n"
                       f"store:\n  path: {folder}/store.sqlite\nlog:\n  level: error\n")
        daemon = subprocess.Popen([attuned, "--config", config], stdin=subprocess.DEVNULL, cwd=folder)
        try:
            wait_for(control, daemon)
            listener = socket.create_server(("127.0.0.1", 0))
            threading.Thread(target=accept, args=(listener, control), daemon=True).start()
            url = "http://127.0.0.1:%d" % listener.getsockname()[1]
            hooks = {**os.environ, "SCHEMATHESIS_HOOKS": os.path.join(HERE, "api_hooks.py")}
            failed = subprocess.run(
                [schemathesis, "run", OPENAPI, "--url", url, "--exclude-path", "/v1/events",
                 # It ends the daemon.
                 "--exclude-path", "/v1/drain", "--checks", CHECKS,
                 "--seed", "1", "--no-shrink", "--request-timeout", "20", *sys.argv[2:]],
                cwd=folder, env=hooks, check=False).returncode
            if daemon.poll() is not None:
                sys.exit(f"test_api: attuned has ended with {daemon.returncode}")
        finally:
            daemon.send_signal(signal.SIGTERM)
            try:
                status = daemon.wait(STOP_S)
            except subprocess.TimeoutExpired:
                daemon.kill()
                daemon.wait()
                status = f"no end within {STOP_S} s"
        if status != 0:
            sys.exit(f"test_api: attuned after SIGTERM: {status}")
        sys.exit(failed)


if __name__ == "__main__":
    main()
