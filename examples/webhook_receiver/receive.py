"""Takes webhook deliveries and prints each event once: ``python receive.py`` (see README.md)."""

import hashlib
import hmac
import json
import os
import time
from collections import OrderedDict
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

REPLAY_WINDOW = 300  # seconds: whoever recorded a request cannot send it again later
REMEMBERED = 10_000  # events; an event may come again, after a lost answer or a crash
LARGEST = 1_000_000  # bytes


def is_genuine(secret: str, timestamp: str, signature: str, body: bytes) -> bool:
    """Tell whether the service signed these bytes just now."""
    if not timestamp.isdecimal() or abs(time.time() - int(timestamp)) > REPLAY_WINDOW:
        return False
    signed = timestamp.encode() + b"." + body
    expected = "v1=" + hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()
    return hmac.compare_digest(expected.encode(), signature.encode())


class Events:
    """The events that have come, each taken once."""

    def __init__(self) -> None:
        self._taken: OrderedDict[tuple[str, str], None] = OrderedDict()

    def take(self, event: dict[str, Any]) -> None:
        """Print an event, unless it has come before. The id is unique within its source."""
        name = event["source"], event["id"]
        if name in self._taken:
            return
        data = event["data"]
        print(event["id"], event["type"], data["learner"]["userId"], data["after"], flush=True)
        self._taken[name] = None
        if len(self._taken) > REMEMBERED:
            self._taken.popitem(last=False)


class Receiver(BaseHTTPRequestHandler):
    """Answers 204 to what was taken; whatever else is answered is sent again."""

    protocol_version = "HTTP/1.1"
    secret = os.environ.get("WEBHOOK_SECRET", "")
    events = Events()

    def do_POST(self) -> None:
        """Take one event, or an array of them."""
        size = int(self.headers.get("Content-Length", "0"))
        if size > LARGEST:
            self.close_connection = True  # with the rest of it unread
            self._answer(413)
            return
        body = self.rfile.read(size)
        timestamp = self.headers.get("CourseGrade-Timestamp", "")
        signature = self.headers.get("CourseGrade-Signature", "")
        if not is_genuine(self.secret, timestamp, signature, body):
            self._answer(401)
            return
        told = json.loads(body)
        for event in told if isinstance(told, list) else [told]:
            self.events.take(event)
        self._answer(204)

    def _answer(self, status: int) -> None:
        self.send_response(status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing but the events."""


def main() -> None:
    """Receive until it is stopped."""
    if not Receiver.secret:
        raise SystemExit("Set WEBHOOK_SECRET to the secret that registerWebhook answered with.")
    address = "127.0.0.1", int(os.environ.get("PORT", "8080"))
    ThreadingHTTPServer(address, Receiver).serve_forever()


if __name__ == "__main__":
    main()
