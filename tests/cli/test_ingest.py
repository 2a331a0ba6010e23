"""`dedup ingest`: which records are put, what is told, and that memory is bounded."""

import gzip
import json
import os
import subprocess  # noqa: TC003 - with the others
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest
import typer
import zstandard
from cli.running import Records, Run, rows
from servers.server import Server, running

import dedup
from dedup.cli.ingest import Selection
from dedup.cli.ingest import run as run_ingest
from dedup.errors import StoreError, StoreUnreachable
from dedup.formats import FORMATS, Reading

MOST_MEMORY = 1 << 30
LINES = [
    {"id": "a", "text": "one two three four five", "lang": "en", "year": 2019},
    {"id": "b", "text": "six seven eight nine ten", "lang": "de", "year": 2020},
    {"id": "c", "text": "eleven twelve thirteen fourteen", "lang": "fr", "year": 2021},
]


def ids(url: str = "lmdb:./index") -> list[str]:
    """Return the ids in the index."""
    with dedup.open(url, read_only=True) as index:
        return [document.id for document in index.documents()]


@pytest.mark.parametrize(
    ("conditions", "expected"),
    [
        (["lang=en"], ["a"]),
        (["lang=en", "lang=fr"], ["a", "c"]),
        (['lang=["de", "fr"]'], ["b", "c"]),
        (["year=2020"], ["b"]),
        (['year={">=": 2020}', "lang=de"], ["b"]),
        (['lang={"not": "en"}'], ["b", "c"]),
        (["place=here"], []),
    ],
)
def test_where_selects_by_metadata(run: Run, write: Records, conditions: list[str], expected: list[str]) -> None:
    """`--where` has the conditions of the filter of look-ups; values of one field are alternatives, fields are not."""
    where = [part for condition in conditions for part in ("--where", condition)]
    counts = rows(run("ingest", write(*LINES), *where, "--json").stdout)[-1]
    assert (counts["put"], counts["rejected"], counts["left_out"]) == (len(expected), 0, 3 - len(expected))
    assert ids() == expected
    assert f", 0 rejected, {3 - len(expected)} left out in " in run("ingest", "data.jsonl", *where).stdout


def test_number_in_csv_is_met_by_a_value(run: Run, here: Path) -> None:
    """Where all values are strings, as in CSV, `--where year=2020` is met by "2020"."""
    (here / "a.csv").write_text("id,text,year\na,some words here,2020\nb,some other words,2021\n")
    run("ingest", "a.csv", "--where", "year=2020")
    assert ids() == ["a"]


@pytest.mark.parametrize("condition", ["lang", "=en", 'lang={"like": "e"}', 'lang={"same": true}'])
def test_bad_condition_is_refused(run: Run, write: Records, condition: str) -> None:
    """A condition that makes no sense is wrong usage, and no index is made."""
    result = run("ingest", write(*LINES), "--where", condition, code=2)
    assert "error[invalid_input]" in result.stderr
    assert not Path("index").exists()


def test_limit_counts_what_is_selected(run: Run, write: Records, here: Path) -> None:
    """`--limit N` puts the first N documents that meet the conditions; a setting of that name is for look-ups."""
    (here / "dedup.toml").write_text("limit = 1")
    run("ingest", write({"no": "id"}, *LINES), "--where", 'year={">": 2019}', "--limit", "1", code=3)
    assert ids() == ["b"]
    run("ingest", "data.jsonl", code=3)
    assert ids() == ["a", "b", "c"]


def test_limit_counts_no_document_that_is_rejected(run: Run, write: Records) -> None:
    """`--limit N` goes on until N documents are in, whatever was rejected before them, and puts none beyond."""
    data = write({"id": "0", "text": "?"}, LINES[0], {"id": "1", "text": "!"}, *LINES[1:])
    assert run("ingest", data, "--limit", "2", code=3).stdout.startswith(
        "2 put, 0 unchanged, 0 replaced, 2 rejected in"
    )
    assert ids() == ["a", "b"]
    assert run("ingest", data, "--limit", "9", code=3).stdout.startswith(
        "1 put, 2 unchanged, 0 replaced, 2 rejected in"
    )


def test_unchanged_documents_that_keep_their_time_are_told(run: Run, write: Records) -> None:
    """With --ttl the command says how many documents were unchanged, whose time stays as it was."""
    data = write(*LINES)
    assert "time" not in run("ingest", data, "--ttl", "30d").stderr
    again = run("ingest", data, "--ttl", "60d")
    assert again.stderr == "3 unchanged documents keep their time: --ttl is for those put or replaced\n"
    assert "time" not in run("ingest", data).stderr


def test_fields_and_format_are_named(run: Run, here: Path) -> None:
    """`--id-field`, `--text-field` and `--format` tell what neither names nor endings do; standard input too."""
    (here / "dump.txt").write_text("key,body,n\na,some words,7\n")
    run("ingest", "dump.txt", "--format", "csv", "--id-field", "key", "--text-field", "body")
    assert rows(run("get", "a", "--json").stdout) == [{"id": "a", "text": "some words", "n": "7"}]
    run("ingest", "-", "--format", "text", stdin=b"plain words on standard input")
    assert "-" in ids()
    assert "not one of 'jsonl', 'csv'" in run("ingest", "dump.txt", "--format", "docx", code=2).stderr


def test_missing_package_is_named(run: Run, here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A format whose package is not installed is refused at once, with the command that installs it."""
    monkeypatch.setitem(FORMATS, "parquet", FORMATS["parquet"]._replace(needs=("no_such_package",)))
    (here / "texts").mkdir()
    (here / "texts/a.parquet").touch()
    for path in ("texts", "texts/a.parquet", "texts/*.parquet"):
        result = run("ingest", path, code=2)
        assert "error[missing_extra]" in result.stderr
        assert "pip install 'resembles[parquet]'" in result.stderr
    assert not Path("index").exists()


def test_a_file_of_rejects_is_written_anew(run: Run, here: Path) -> None:
    """The same command runs twice: what the first run wrote beside the input is no input."""
    (here / "one.jsonl").write_text('{"id": "a", "text": "one two three four five six"}\n')
    for _ in range(2):
        run("ingest", "one.jsonl", "--rejects", "rejects.jsonl")
    run("corpus", "one.jsonl", "--out", "out", "--rejects", "rejects.jsonl")


def test_rejects_file_tells_file_place_and_reason_of_every_format(run: Run, here: Path) -> None:
    """What is no document in any format stands in the file of rejects, and nothing else is held up."""
    texts = here / "texts"
    texts.mkdir()
    (texts / "a.jsonl").write_text('oops\n{"id": "a", "text": "good words"}\n')
    (texts / "b.csv").write_text('id,text\nb,"good words"\nx\n')
    (texts / "c.jsonl.gz").write_bytes(gzip.compress(b'{"id": "c", "text": "good words"}\n' * 9)[:-9])
    (texts / "d.jsonl.zst").write_bytes(zstandard.compress(b'{"id": "d", "text": "?!"}\n'))
    (texts / "e.html").write_text("")
    (texts / "f.warc").write_text("no archive")
    (texts / "g.parquet").write_text("no Parquet")
    (texts / "h.txt").write_text("good words")
    counts = rows(run("ingest", "texts", "--rejects", "rejects.jsonl", "--json", code=3).stdout)[-1]
    found = [(one["path"], one["line"], one["code"]) for one in rows(Path("rejects.jsonl").read_text())]
    assert sorted(found, key=str) == [
        ("texts/a.jsonl", 1, "invalid_json"),
        ("texts/b.csv", 3, "invalid_csv"),
        ("texts/c.jsonl.gz", 10, "unreadable_file"),
        ("texts/d.jsonl.zst", 1, "no_words"),
        ("texts/e.html", None, "no_main_text"),
        ("texts/f.warc", 1, "invalid_warc"),
        ("texts/g.parquet", 1, "unreadable_file"),
    ]
    assert (counts["rejected"], ids()) == (7, ["a", "b", "c", "h"])


def test_second_run_writes_nothing(run: Run, write: Records) -> None:
    """The same command again finds everything unchanged."""
    for expected in ((3, 0), (0, 3)):
        counts = rows(run("ingest", write(*LINES), "--json").stdout)[-1]
        assert (counts["put"], counts["unchanged"]) == expected


def long_line() -> Iterable[bytes]:
    """Yield a good line, one of two gigabytes, and a good one."""
    yield b'{"id": "a", "text": "good words"}\n{"id": "x", "text": "'
    yield from [b"word " * 200_000] * 2_100
    yield b'"}\n{"id": "z", "text": "good words"}\n'


def heavy_metadata() -> Iterable[bytes]:
    """Yield lines whose objects would take two gigabytes each."""
    for i in range(3):
        yield b'{"id": "%d", "text": "good words", "m": [%b0]}\n' % (i, b"[]," * 20_000_000)


def open_quote() -> Iterable[bytes]:
    """Yield a CSV file with a quote that is never closed, and lines of millions of values."""
    yield b'id,text\na,good words\nx,"never closed\n'
    yield from [b"word " * 200_000 + b"\n"] * 40
    yield from [b"ab," * 5_000_000 + b"\n"] * 2
    yield b"z,good words\n"


def giant_texts() -> Iterable[bytes]:
    """Yield texts as long as a text may be, of four bytes a character."""
    for i in range(4):
        yield b'{"id": "%d", "text": "' % i + "\U0001d4d0\U0001d4d1 ".encode() * 5_590_000 + b'"}\n'


def bomb() -> Iterable[bytes]:
    """Yield some kilobytes that unpack to ten gigabytes."""
    yield zstandard.compress(b'{"id": "a", "text": "good words"}\n')
    yield from [zstandard.compress(bytes(1 << 28))] * 40


@pytest.mark.slow
@pytest.mark.parametrize(
    ("data", "kind", "put"),
    [
        (long_line, "jsonl", 2),
        (heavy_metadata, "jsonl", 0),
        (open_quote, "csv", 2),
        (giant_texts, "jsonl", 4),
        (bomb, "jsonl", 1),
    ],
)
def test_memory_is_bounded_whatever_comes(
    command: Callable[..., "subprocess.Popen[bytes]"], data: Callable[[], Iterable[bytes]], kind: str, put: int
) -> None:
    """Whatever comes through the pipe, the process never holds a gigabyte."""
    process = command("ingest", "-", "--format", kind, "--json")

    def feed() -> None:
        assert process.stdin
        with suppress(BrokenPipeError), process.stdin as pipe:  # a bomb is not read to its end
            for part in data():
                pipe.write(part)

    feeding = threading.Thread(target=feed)
    feeding.start()
    peak, status = 0, Path(f"/proc/{process.pid}/status")
    while process.poll() is None:
        peak = max([peak, *(int(row.split()[1]) << 10 for row in status.read_text().splitlines() if "VmHWM" in row)])
        time.sleep(0.02)
    assert process.stdout
    assert process.stderr
    with process.stdout, process.stderr:
        counts = rows(process.stdout.read().decode())[-1]
    feeding.join()
    assert counts["put"] == put
    assert process.returncode == (0 if data is giant_texts else 3)
    assert 100 << 20 < peak < MOST_MEMORY


Failing = Callable[[float | None], None]


@pytest.fixture
def failing(own_server: Server, monkeypatch: pytest.MonkeyPatch) -> Iterator[Failing]:
    """Put from standard input; once two documents are in the server dies, and comes back after so many seconds."""
    monkeypatch.setattr("dedup.batches.BATCH", 2)
    lines = [json.dumps({"id": f"d{i}", "text": f"some words {i}"}).encode() + b"\n" for i in range(6)]
    end, begin = os.pipe()
    monkeypatch.setattr(sys, "stdin", os.fdopen(end))
    threads = []

    def feed(back_after: float | None) -> None:
        os.write(begin, b"".join(lines[:2]))
        deadline = time.monotonic() + 20
        while not holds(own_server, 2) and time.monotonic() < deadline:
            time.sleep(0.05)
        own_server.kill()
        os.write(begin, b"".join(lines[2:]))
        os.close(begin)
        if back_after is not None:
            time.sleep(back_after)
            own_server.start()

    def put(back_after: float | None) -> None:
        threads.append(threading.Thread(target=feed, args=[back_after]))
        threads[0].start()
        selection = Selection(Reading(), None, None)
        run_ingest(["-"], f"{own_server.url()}?patience=1", selection, json=True, rejects=None)

    yield put
    threads[0].join()
    sys.stdin.close()


def holds(server: Server, count: int) -> bool:
    """Whether the index on the server holds so many documents."""
    try:
        with dedup.open(server.url(), create=False) as index:
            return index.stats().documents == count
    except StoreError:
        return False


def test_server_that_comes_back_is_waited_for(
    failing: Failing, own_server: Server, capsys: pytest.CaptureFixture[str]
) -> None:
    """A store that fails is tried again until it is back; then the run goes on, and everything is in."""
    with pytest.raises(typer.Exit) as ended:
        failing(3.0)
    assert ended.value.exit_code == 0
    told = capsys.readouterr()
    assert "waiting[store_unreachable]" in told.err
    assert rows(told.out)[-1]["put"] == 6
    assert holds(own_server, 6)


def test_server_that_stays_away_ends_the_run_with_advice(
    failing: Failing, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """When patience is at an end the message says what is safe and how to go on."""
    monkeypatch.setattr("dedup.cli.ingest_patience.SECONDS", 3.0)
    with pytest.raises(StoreUnreachable):
        failing(None)
    told = capsys.readouterr().err
    assert told.count("waiting[store_unreachable]") >= 2
    assert "stopped: 2 documents are in and safe; run the same command again to go on" in told


def test_server_that_is_only_read_is_no_case_for_the_same_command(
    run: Run, write: Records, redis_path: str, redis_server: Server, tmp_path: Path, namespace: str
) -> None:
    """Where an error would come again, the advice is to mend it before the same command is run again."""
    path, space = write(*LINES), f"?namespace={namespace}"
    run("ingest", path, "--index", redis_server.url() + space)
    with running(redis_path, tmp_path / "replica", "--replicaof", f"127.0.0.1 {redis_server.port}") as replica:
        with replica.client() as client:
            while client.info("replication")["master_link_status"] != "up":
                time.sleep(0.05)
        told = run("ingest", write({"id": "d", "text": "new words"}), "--index", replica.url() + space, code=4).stderr
    assert "stopped: 0 documents are in and safe; mend what the error says, then run the same command again" in told
    assert "error[store_read_only]" in told


def test_index_that_acknowledges_nothing_is_told_at_once(
    run: Run, write: Records, redis_server: Server, namespace: str
) -> None:
    """Where no replica confirms what `durability=replica` asks for, ingest ends at once: it waits for no replica."""
    index = f"{redis_server.url()}?namespace={namespace}&durability=replica&patience=1"
    start = time.monotonic()
    told = run("ingest", write(*LINES), "--index", index, code=4).stderr
    assert time.monotonic() - start < 30
    assert "error[store_unreachable]" in told
    assert "no replica has confirmed" in told
    assert "waiting[" not in told


def test_full_shards_are_told(
    run: Run, write: Records, redis_server: Server, namespace: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After an ingest that filled the shards the command says what to run, and only then."""
    path, url = write(*LINES), f"{redis_server.url()}?namespace={namespace}"
    assert "index grow" not in run("ingest", path, "--index", url).stderr
    monkeypatch.setattr("dedup.stores.redis.store.GROW_AT", 0)
    assert "dedup index grow" in run("ingest", path, "--index", url).stderr


def test_files_of_the_same_id_are_told(run: Run, here: Path) -> None:
    """Of two files with one id in the same run the last one stays, and the command says so."""
    for name, text in (("scan.md", "the printed page of the town"), ("scan.txt", "the written page of the town")):
        (here / "pages").mkdir(exist_ok=True)
        (here / "pages" / name).write_text(text)
    done = run("ingest", "pages")
    assert (
        "1 document has an id that came before in this run, such as scan (in pages/scan.md, then in pages/scan.txt): "
        in done.stderr
    )
    assert run("get", "scan").stdout == "the written page of the town"
    (here / "pages" / "scan.md").unlink()
    assert "came before" not in run("ingest", "pages").stderr


@pytest.mark.parametrize(
    "command", [["ingest", "data.jsonl", "--index"], ["copy", "lmdb:./index"], ["index", "create", "--index"]]
)
def test_index_that_would_be_gone_is_not_written(run: Run, write: Records, command: list[str]) -> None:
    """An index in memory goes with the command, so no command puts anything into it."""
    run("ingest", write(*LINES))
    assert "index memory: is gone when the command ends" in run(*command, "memory:", code=2).stderr


def test_what_has_no_metadata_is_told(run: Run, here: Path) -> None:
    """Documents come in with the metadata that there is; which have none, and which rows are left, is on stderr."""
    (here / "ocr").mkdir()
    for name in ("times_1890-01-02_1", "cover"):
        (here / f"ocr/{name}.txt").write_text(f"The text of {name}.")
    (here / "table.csv").write_text("id,town\ntimes_1890-01-02_1,London\nghost,Nowhere\nother,Nowhere\n")
    told = run("ingest", "ocr", "--name", "{source}_{published}_{n}", "--metadata", "table.csv").stderr
    assert "1 document is of another form than --name: 'cover'" in told
    assert "1 document is not in --metadata: 'cover'" in told
    assert "2 rows of --metadata belong to no document" in told
    document = json.loads(run("get", "times_1890-01-02_1", "--json").stdout)
    assert (document["source"], document["published"], document["town"]) == ("times", "1890-01-02", "London")
