"""What the service tells of itself, and what it keeps to itself."""

import gzip
import hashlib
import json
import os
import re
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import ClassVar

import httpx2
import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span
from servers.server import free_port
from servers.service import Serving, Start, answering

from dedup.errors import MissingExtra
from service.app import create_app
from service.settings import Key, Settings

MARKER = "swordfish"


def figure(service: Serving, name: str) -> float:
    """Return one figure of /metrics."""
    found = re.search(rf"^{re.escape(name)} (\S+)$", service.http.get("/metrics").text, re.MULTILINE)
    assert found, name
    return float(found[1])


def test_metrics_count_what_happened(start: Start) -> None:
    """Requests, documents by outcome, look-ups by stage, and the index's size are counted."""
    with start() as service:
        service.put("a", "seven wizards box with liquor jugs")
        service.put("a", "seven wizards box with liquor jugs")
        service.lines(b'{"id": "b", "text": "seven wizards box with liquor jugs today"}\noops')
        service.http.post("/v1/resemble", json={"text": "seven wizards box with liquor jugs"})
        service.http.get("/v1/documents/nobody")
        for status, count in (("put", 2), ("unchanged", 1), ("rejected", 1)):
            assert figure(service, f'resembles_documents_total{{status="{status}"}}') == count
        for stage in ("sketch", "lookup", "rank", "fetch", "verify"):
            assert figure(service, f'resembles_lookup_seconds_count{{stage="{stage}"}}') == 1
        assert figure(service, 'resembles_lookup_seen_total{stage="fetch"}') == 2
        assert figure(service, 'resembles_index_size{of="documents"}') == 2
        missed = 'resembles_requests_total{method="GET",route="/v1/documents/{id:document}",status="404"}'
        assert figure(service, missed) == 1


def test_texts_metadata_ids_and_keys_are_in_no_log(start: Start, capfd: pytest.CaptureFixture[str]) -> None:
    """Log lines and metrics hold neither texts, metadata, ids nor keys, whether a request succeeds, fails or is cut."""
    key = Key.model_validate({"name": "k", "sha256": hashlib.sha256(MARKER.encode()).hexdigest(), "scopes": ["admin"]})
    text, form = f"{MARKER} seven wizards box with liquor jugs", {"Content-Type": "application/x-www-form-urlencoded"}
    with start(keys=(key,), body_seconds=0.2) as service, service.connect() as slow, service.connect() as nonsense:
        ask, own = service.http.request, f"/v1/documents/{MARKER}"
        service.http.headers |= {"Authorization": f"Bearer {MARKER}", "X-Request-ID": "good-one.1"}
        created = ask("PUT", own, json={"text": text, "metadata": {MARKER: MARKER}})
        asked = ask("POST", "/v1/resemble", json={"text": text, "filter": {MARKER: MARKER}, "explain": True})
        assert (created.status_code, asked.status_code) == (201, 200)
        body_lines = json.dumps({"id": MARKER, "text": text, MARKER: 1}).encode() + b"\n" + MARKER.encode()
        assert len(service.lines(body_lines)) == 3
        for method, path, body in (
            ("PUT", own, {"text": [text]}),
            ("POST", "/v1/resemble", {"text": text, MARKER: 1}),
            ("POST", "/v1/resemble", {"id": MARKER * 2, "filter": {MARKER: {MARKER: 1}}}),
            ("POST", "/v1/compare", {"a": text, "b": text, "explain": True}),
        ):
            ask(method, path, json=body)
        for path in (f"{own}/resembles?{MARKER}=1", f"/matches?id={MARKER}", f"/documents?q={MARKER}", f"/{MARKER}"):
            ask("GET", path)
        for path in ("/matches", "/passage", "/pair"):
            ask("POST", path, content=f"text={text}&with={MARKER}", headers=form)
        ask("SWORDFISH", f"/{MARKER}")
        ask("GET", "/v1/stats", headers={"Authorization": f"Basic {MARKER}", MARKER: MARKER})
        nonsense.sendall(f"{MARKER}\r\n\r\n".encode())
        slow.sendall(f"POST {own} HTTP/1.1\r\n{MARKER}: {MARKER}\r\nContent-Length: 99\r\n\r\n{MARKER}".encode())
        assert nonsense.recv(100).startswith(b"HTTP/1.1 400")
        assert slow.recv(100)
        metrics = ask("GET", "/metrics").text
        service.app.state.service.index.stats = lambda: int(MARKER)
        assert ask("GET", "/v1/stats").status_code == 500
    log = capfd.readouterr().err
    assert MARKER not in metrics + log
    lines = [json.loads(line) for line in log.splitlines()]
    requests = [line for line in lines if line["event"] == "request"]
    assert len(requests) > 15
    assert requests[0]["request_id"] == "good-one.1"
    assert requests[0].keys() >= {"method", "route", "status", "seconds", "key", "timestamp", "level"}


class Collector(BaseHTTPRequestHandler):
    """What OpenTelemetry sends to: keeps the spans, whole."""

    spans: ClassVar[list[Span]] = []

    def do_POST(self) -> None:
        """Keep what is sent as traces, take the rest."""
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.path == "/v1/traces":
            body = gzip.decompress(body) if self.headers.get("Content-Encoding") == "gzip" else body
            sent = ExportTraceServiceRequest.FromString(body)
            self.spans.extend(span for one in sent.resource_spans for scope in one.scope_spans for span in scope.spans)
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Say nothing."""


def test_spans_reach_a_collector(tmp_path: Path) -> None:
    """With `telemetry` on, spans go where OTEL_EXPORTER_OTLP_ENDPOINT says, without texts, metadata and keys."""
    collector = ThreadingHTTPServer(("127.0.0.1", 0), Collector)
    threading.Thread(target=collector.serve_forever).start()
    endpoint = f"http://127.0.0.1:{collector.server_address[1]}"
    own = {"DEDUP_TELEMETRY": "true", "OTEL_EXPORTER_OTLP_ENDPOINT": endpoint, "DEDUP_PORT": str(free_port())}
    command: list[str | Path] = [Path(sys.executable).parent / "dedup", "serve"]
    try:
        with subprocess.Popen(command, cwd=tmp_path, env=os.environ | own, stderr=subprocess.DEVNULL) as process:
            try:
                url = f"http://127.0.0.1:{own['DEDUP_PORT']}"
                answering(f"{url}/readyz")
                body = {"text": f"{MARKER} seven wizards", "metadata": {MARKER: MARKER}}
                httpx2.put(f"{url}/v1/documents/a", json=body, headers={"Authorization": f"Bearer {MARKER}"})
                httpx2.get(f"{url}/documents?q=b")
            finally:
                process.terminate()
    finally:
        collector.shutdown()
        collector.server_close()
    names = [span.name for span in Collector.spans]
    assert "PUT /v1/documents/{id}" in names
    assert "GET /documents" in names
    assert MARKER not in str(Collector.spans)


def test_telemetry_without_its_packages_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """Telemetry without OpenTelemetry installed is refused at the start, naming the extra."""
    monkeypatch.setitem(sys.modules, "opentelemetry.exporter.otlp.proto.http.trace_exporter", None)
    with pytest.raises(MissingExtra, match=r"resembles\[telemetry\]"):
        create_app(Settings(telemetry=True))


@pytest.mark.parametrize(("given", "kept"), [("abc-1.2_3", True), ("a b", False), ("x" * 65, False), ("ü", False)])
def test_a_request_id_is_kept_if_it_is_harmless(service: Serving, given: str, kept: bool) -> None:
    """A client's request id comes back if it could not forge a log line; else, and without one, a new one is made."""
    answer = service.http.get("/livez", headers=[(b"X-Request-ID", given.encode())])
    assert (answer.headers["x-request-id"] == given) == kept
    assert re.fullmatch(r"[0-9a-f]{32}", service.http.get("/livez").headers["x-request-id"])
