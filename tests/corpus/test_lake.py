"""Collections that lie in a bucket, and results that go there."""

import io
import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import trustme
from corpus.conftest import Command, Process
from corpus.test_command import STORY
from servers.buckets import Put
from servers.web import running_web

from dedup.corpus import results_lake
from dedup.formats import lakes

OTHER = "Seven wizards box with liquor jugs at noon, and nobody minds."
RESULTS = ["clusters.parquet", "kept.parquet", "pairs.parquet", "removed.jsonl.zst", "report.html", "summary.json"]


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Give up soon."""
    monkeypatch.setattr(lakes, "SECONDS", 0.5)
    monkeypatch.setattr(lakes, "PAUSES", (0.01, 0.05))


@pytest.fixture
def collection(bucket: Put) -> Put:
    """Two Parquet files of three documents in a bucket."""
    for name, texts in (("1", {"a": STORY, "b": STORY.upper()}), ("2", {"c": OTHER})):
        file = io.BytesIO()
        pq.write_table(pa.table({"id": list(texts), "text": list(texts.values())}), file)
        bucket(f"in/{name}.parquet", file.getvalue())
    return bucket


def held(s3: Any) -> list[str]:
    """Return the names of what lies in the folder for results."""
    found = s3.list_objects_v2(Bucket="data", Prefix="out/").get("Contents", [])
    return [one["Key"].removeprefix("out/") for one in found]


def content(s3: Any, name: str) -> bytes:
    """Return one of the results."""
    return bytes(s3.get_object(Bucket="data", Key=f"out/{name}")["Body"].read())


def test_from_bucket_to_bucket(collection: Put, s3: Any, tmp_path: Path, command: Command) -> None:
    """What a run writes into a bucket is what it writes into a folder, and `ingest` and --previous read it there."""
    done = command("corpus", "s3://data/in", "--out", "s3://data/out", "--index", "lmdb:kept", "--json")
    assert (json.loads(done.stdout)["put"], json.loads(done.stdout)["out"]) == (2, "s3://data/out")
    assert held(s3) == RESULTS
    command("corpus", "s3://data/in", "--out", "here")
    for name in RESULTS:
        if name != "report.html":  # it tells the time
            assert content(s3, name) == (tmp_path / "here" / name).read_bytes()
    again = command("ingest", "s3://data/out/kept.parquet", "--index", "lmdb:kept", "--json")
    assert json.loads(again.stdout)["unchanged"] == 2
    command("corpus", "s3://data/in", "--out", "s3://data/cut", "--level", "runs", "--cut")
    said = command("corpus", "s3://data/in", "--out", "no", "--previous", "s3://data/cut", code=2).stderr
    assert "s3://data/cut: holds results of runs" in said
    told = command("corpus", "s3://data/in", "--out", "next", "--keep", "longest", "--previous", "s3://data/out").stderr
    assert "2 documents that the earlier run kept" in told
    command("tune", "s3://data/in/*.parquet")


def test_results_in_a_bucket_are_written_over_only_if_asked(collection: Put, s3: Any, command: Command) -> None:
    """Results are replaced with --force, what a run of another form left included; anything else is never touched."""
    command("corpus", "s3://data/in", "--out", "s3://data/out")
    assert "error[output_exists]" in command("corpus", "s3://data/in", "--out", "s3://data/out", code=2).stderr
    command("corpus", "s3://data/in", "--out", "s3://data/out/", "--force", "--ids")
    assert {"kept_ids.parquet", "removed_ids.parquet"} < set(held(s3))
    assert "kept.parquet" not in held(s3)
    collection("out/mine", b"precious")
    assert "'mine'" in command("corpus", "s3://data/in", "--out", "s3://data/out", "--force", code=2).stderr
    assert content(s3, "mine") == b"precious"


def test_no_reader_takes_half_for_results(
    collection: Put, s3: Any, command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The summary comes last and goes first: an upload that breaks off leaves none, and the next run goes over it."""
    put, order = results_lake._put, list[str]()

    def breaks_off(filesystem: Any, file: Path, path: str) -> None:
        order.append(file.name)
        if file.name == "report.html":
            raise OSError("the line is dead")
        put(filesystem, file, path)

    for force in ((), ("--force",)):
        monkeypatch.setattr(results_lake, "_put", breaks_off)
        said = command("corpus", "s3://data/in", "--out", "s3://data/out", *force, code=4).stderr
        assert "error[store_unreachable]" in said
        assert "the line is dead" in said
        assert "summary.json" not in held(s3)
        monkeypatch.setattr(results_lake, "_put", put)
        command("corpus", "s3://data/in", "--out", "s3://data/out")
        assert held(s3) == RESULTS
    assert "summary.json" not in order


def test_ingest_over_tls_goes_on(tmp_path: Path, process: Process) -> None:
    """The command trusts the authority that SSL_CERT_FILE names; after a break that stays, the next run goes on."""
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(tmp_path / "authority.pem"))
    before = (
        f"import os; os.environ['SSL_CERT_FILE'] = {str(tmp_path / 'authority.pem')!r}; "
        "from dedup.formats import lakes; lakes.SECONDS = 0"
    )
    texts = [{"id": f"{i:05}", "text": f"{STORY} {i}"} for i in range(8_000)]
    with running_web(authority.issue_cert("127.0.0.1")) as web:
        web.files = {"/a.jsonl": "".join(json.dumps(one) + "\n" for one in texts).encode()}
        web.break_at = [400_000]
        arguments = ("ingest", f"{web.url}/a.jsonl?sig=s3cret", "--index", "lmdb:kept", "--json")
        broken = process(before, *arguments, code=3)
        whole = process(before, *arguments, code=0)
        refused = process("", *arguments, code=4)
    first, second = json.loads(broken.stdout), json.loads(whole.stdout)
    assert 0 < first["put"] < 8_000
    assert (second["unchanged"], second["put"]) == (first["put"], 8_000 - first["put"])
    assert "rejected[unreadable_file]" in broken.stderr
    assert whole.stderr == ""
    assert "certificate" in refused.stderr.lower()
    assert "s3cret" not in broken.stderr + refused.stderr


def test_a_bucket_without_credentials(s3: Any, process: Process) -> None:
    """Where no credentials are to be found the message says so, and which code it is."""
    before = "import os; [os.environ.pop(name) for name in ('AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY')]"
    said = process(before, "ingest", "s3://data/a.jsonl", "--index", "lmdb:kept", code=4).stderr
    assert "error[store_denied]" in said
    assert "check the credentials" in said


def test_where_nothing_can_be_written(collection: Put, command: Command, tmp_path: Path) -> None:
    """A web server and a bucket that is not there are refused, in one line."""
    said = command("corpus", "s3://data/in", "--out", "https://127.0.0.1:9/out", code=2).stderr
    assert "web servers take no files" in said
    said = command("corpus", "s3://data/in", "--out", "s3://no-such-bucket/out", code=2).stderr
    assert "no such" in said
    assert not list(tmp_path.iterdir())
    (tmp_path / "a.txt").write_text(STORY)
    said = command("corpus", "a.txt", "--out", "out", "--rejects", "s3://u:s3cret@data/no", code=2).stderr
    assert "s3://***@data/no: --rejects writes a file on this machine; give a path" in said
    assert "s3cret" not in said
