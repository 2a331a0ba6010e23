"""What the service tells of itself, and what it keeps to itself."""

import json
import re

import pytest
from servers.service import Serving, Start

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
    """Log lines and metrics hold neither texts, metadata, ids nor keys, whether a request succeeds or fails."""
    with start() as service:
        headers = {"Authorization": f"Bearer {MARKER}", "X-Request-ID": "good-one.1"}
        text = f"{MARKER} seven wizards box"
        service.http.put(f"/v1/documents/{MARKER}", json={"text": text, "metadata": {MARKER: MARKER}}, headers=headers)
        service.http.put(f"/v1/documents/{MARKER}", json={"text": [text]}, headers=headers)
        service.http.get(f"/v1/documents/{MARKER}/resembles?{MARKER}=1")
        service.http.post("/v1/resemble", json={"text": text, MARKER: 1})
        service.http.request("SWORDFISH", f"/{MARKER}")
        metrics = service.http.get("/metrics").text
    log = capfd.readouterr().err
    assert MARKER not in metrics + log
    lines = [json.loads(line) for line in log.splitlines()]
    requests = [line for line in lines if line["event"] == "request"]
    assert requests[0]["request_id"] == "good-one.1"
    assert requests[0].keys() >= {"method", "route", "status", "seconds", "key", "timestamp", "level"}


@pytest.mark.parametrize(("given", "kept"), [("abc-1.2_3", True), ("a b", False), ("x" * 65, False), ("ü", False)])
def test_a_request_id_is_kept_if_it_is_harmless(service: Serving, given: str, kept: bool) -> None:
    """A client's request id comes back if it could not forge a log line; else, and without one, a new one is made."""
    answer = service.http.get("/livez", headers={"X-Request-ID": given.encode()})
    assert (answer.headers["x-request-id"] == given) == kept
    assert re.fullmatch(r"[0-9a-f]{32}", service.http.get("/livez").headers["x-request-id"])
