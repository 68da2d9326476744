"""A collector: takes groups of events over HTTP, and puts each on Kafka, keyed by its tab.

    pip install confluent-kafka
    KAFKA_BROKERS=localhost:9092 KAFKA_TOPIC=raw-events PORT=8080 python collector.py

204 is answered when the broker has acknowledged all events of a group.
"""

import json
import os
import signal
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from confluent_kafka import Producer

MAX_BYTES = 128 * 1024
MAX_EVENT_BYTES = 64 * 1024
TOPIC = os.environ.get("KAFKA_TOPIC", "raw-events")

producer = Producer(
    {
        "bootstrap.servers": os.environ.get("KAFKA_BROKERS", "localhost:9092"),
        "enable.idempotence": True,
        # The one that other clients use, so that a tab reaches the same partition from all of them.
        "partitioner": "murmur2_random",
    }
)


def messages_of(group, ip):
    """A group's events as keys and values. What has no tab has no place: it is left out."""
    received_at = int(time.time() * 1000)
    for event in group["events"]:
        if not isinstance(event, dict) or not isinstance(event.get("tabId"), str) or not event["tabId"]:
            continue
        context = event.get("context")
        context = {**(context if isinstance(context, dict) else {}), "ip": ip}
        whole = {**event, "context": context, "sentAt": group.get("sentAt"), "receivedAt": received_at}
        value = json.dumps(whole, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")
        if len(value) <= MAX_EVENT_BYTES:
            yield event["tabId"].encode("utf-8", "replace"), value


def send(messages):
    """Whether the broker has acknowledged all of them."""
    outcomes = []
    for key, value in messages:
        producer.produce(TOPIC, value, key, on_delivery=lambda error, _: outcomes.append(error))
    producer.flush(30)
    return len(outcomes) == len(messages) and all(error is None for error in outcomes)


class Collector(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        group = self.group() if self.path == "/events" else None
        if group is None:
            return self.answer(404 if self.path != "/events" else 400)
        messages = list(messages_of(group, self.client_address[0]))
        self.answer(204 if send(messages) else 503)

    def group(self):
        length = int(self.headers.get("Content-Length") or MAX_BYTES + 1)
        if length > MAX_BYTES:
            self.close_connection = True
            return None
        try:
            group = json.loads(self.rfile.read(length))
        except (ValueError, RecursionError):
            return None
        return group if isinstance(group, dict) and isinstance(group.get("events"), list) else None

    def answer(self, status):
        self.send_response(status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass


if __name__ == "__main__":
    server = ThreadingHTTPServer(("", int(os.environ.get("PORT", "8080"))), Collector)
    signal.signal(signal.SIGTERM, lambda *_: threading.Thread(target=server.shutdown).start())
    print(f"listening on port {server.server_port}", flush=True)
    server.serve_forever()
    producer.flush(30)
