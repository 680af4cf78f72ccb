"""The control socket of a daemon that is measured."""

import http.client
import json
import socket


def ask(path, method, target, body=None):
    """A request to the control socket at `path`; the answer's text."""
    connection = http.client.HTTPConnection("localhost")
    connection.sock = socket.socket(socket.AF_UNIX)
    connection.sock.connect(path)
    connection.request(method, target, None if body is None else json.dumps(body))
    answer = connection.getresponse()
    text = answer.read().decode()
    connection.close()
    if answer.status >= 300:
        raise SystemExit(f"{method} {target}: {answer.status} {text}")
    return text
