from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest

from restorer.errors import InputError, OutputError, WeightsError
from restorer.jobs import Cancelled, JobContext, Progress
from restorer.library import download as downloads, package, store as library
from restorer.library.download import download, fetch_model
from restorer.library.importing import ImportOptions
from restorer.models import build_model, hyper_parameters
from training.fitting.trainer import write_weights

CONTENT = np.random.default_rng(0).bytes(1_500_000)
SHA = hashlib.sha256(CONTENT).hexdigest()


class Server(ThreadingHTTPServer):
    """Serves `content` at every address and hangs up after `limit` bytes of an answer."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.content, self.limit, self.ranges, self.asked = CONTENT, 10**9, True, list[str | None]()
        self.code, self.headers = 200, dict[str, str]()

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/some/model%20x.safetensors"


class Handler(BaseHTTPRequestHandler):
    server: Server  # type: ignore[assignment]

    def do_GET(self) -> None:
        wanted = self.headers.get("Range")
        self.server.asked.append(wanted)
        start = int(wanted.removeprefix("bytes=").rstrip("-")) if wanted and self.server.ranges else 0
        if self.server.code != 200 or (start and start >= len(self.server.content)):
            self.send_response(self.server.code if self.server.code != 200 else 416)
            for name, value in self.server.headers.items():
                self.send_header(name, value)
            self.end_headers()
            return
        rest = self.server.content[start:]
        self.send_response(206 if start else 200)
        self.send_header("Content-Length", self.server.headers.get("Content-Length", str(len(rest))))
        self.end_headers()
        self.wfile.write(rest[: self.server.limit])
        self.close_connection = True

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def server() -> Iterator[Server]:
    with Server() as running:
        thread = threading.Thread(target=running.serve_forever)
        thread.start()
        yield running
        running.shutdown()
        thread.join()


def test_a_file_is_fetched_and_kept(server: Server, tmp_path: Path) -> None:
    seen: list[Progress] = []
    path = download(server.address, SHA.upper(), tmp_path / "in", JobContext(seen.append))
    assert path.read_bytes() == CONTENT and path.name == f"{SHA[:12]}-model-x.safetensors"
    assert [p.name for p in path.parent.iterdir()] == [path.name]
    assert seen[-1].fraction == 1.0 and "1 MiB" in seen[-1].message
    assert download(server.address, SHA, tmp_path / "in") == path
    assert server.asked == [None]


@pytest.mark.parametrize("ranges", [True, False])
def test_a_connection_that_breaks_is_gone_on_with(server: Server, tmp_path: Path, ranges: bool) -> None:
    server.limit, server.ranges = 600_000, ranges
    if not ranges:  # a server that always begins anew can only be waited for
        with pytest.raises(InputError, match="broke off again and again"):
            download(server.address, SHA, tmp_path)
        assert len(server.asked) == downloads.ATTEMPTS
        server.limit = 10**9
    assert download(server.address, SHA, tmp_path).read_bytes() == CONTENT
    if ranges:
        assert server.asked == [None, "bytes=600000-", "bytes=1200000-"]


def test_what_was_fetched_serves_the_next_attempt(server: Server, tmp_path: Path) -> None:
    server.limit = 100_000
    with pytest.raises(InputError, match="what was fetched is kept"):
        download(server.address, SHA, tmp_path)
    part = next(tmp_path.glob("*.part"))
    assert part.read_bytes() == CONTENT[:500_000]
    server.limit, server.asked = 10**9, []
    assert download(server.address, SHA, tmp_path).read_bytes() == CONTENT
    assert server.asked == ["bytes=500000-"]


def test_a_cancelled_download_goes_on_later(server: Server, tmp_path: Path) -> None:
    seen: list[Progress] = []
    with pytest.raises(Cancelled):
        download(server.address, SHA, tmp_path, JobContext(seen.append, lambda: len(seen) >= 2))
    assert download(server.address, SHA, tmp_path).read_bytes() == CONTENT
    assert server.asked[1] is not None


def test_two_programs_do_not_fetch_the_same_file_at_once(server: Server, tmp_path: Path) -> None:
    told: list[str] = []

    def other(_: Progress) -> None:
        if not told:
            with pytest.raises(InputError) as caught:
                download(server.address, SHA, tmp_path)
            told.append(caught.value.sentence)

    path = download(server.address, SHA, tmp_path, JobContext(other))
    assert told == ["Another program is downloading this file."]
    assert path.read_bytes() == CONTENT and list(tmp_path.iterdir()) == [path]


def test_another_file_is_not_taken(server: Server, tmp_path: Path) -> None:
    server.content = CONTENT[:-1] + b"x"
    with pytest.raises(WeightsError, match="not the one that the checksum"):
        download(server.address, SHA, tmp_path)
    assert list(tmp_path.iterdir()) == []
    (tmp_path / f"{SHA[:12]}-model-x.safetensors.part").write_bytes(CONTENT + b"too much")
    with pytest.raises(WeightsError, match="not the one that the checksum"):
        download(server.address, SHA, tmp_path)


def test_refusals_of_the_server_are_told(server: Server, tmp_path: Path) -> None:
    server.code = 404
    with pytest.raises(InputError, match=r"refused the download \(404\)"):
        download(server.address, SHA, tmp_path)
    server.asked.clear()
    server.code = 503
    with pytest.raises(InputError, match=r"refused the download \(503\)"):
        download(server.address, SHA, tmp_path)
    assert len(server.asked) == downloads.ATTEMPTS


@pytest.mark.parametrize(
    ("address", "sha"),
    [
        ("http://example.org/x.pth", SHA),
        ("file:///etc/passwd", SHA),
        ("https://example.org/x.pth", ""),
        ("https://example.org/x.pth", "z" * 64),
        ("https://[half/x.pth", SHA),
        ("https://example.org:port/x.pth", SHA),
    ],
)
def test_addresses_and_checksums_that_cannot_be_are_refused(address: str, sha: str, tmp_path: Path) -> None:
    with pytest.raises(InputError):
        download(address, sha, tmp_path / "none")
    assert not (tmp_path / "none").exists()


def test_what_is_no_checksum_is_told_as_that(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="'abc' is no SHA-256 checksum"):
        download("https://example.org/x.pth", "abc", tmp_path)


def test_a_redirect_leads_to_no_other_kind_of_address(server: Server, tmp_path: Path) -> None:
    for code, place in ((302, "http://example.org/x.pth"), (307, "ftp://example.org/x.pth")):
        server.code, server.headers = code, {"Location": place}
        with pytest.raises(InputError, match=f"'{place}' is not an https address"):
            download(server.address, SHA, tmp_path)


def test_answers_that_make_no_sense_are_told(server: Server, tmp_path: Path) -> None:
    server.code = 416  # although nothing was asked to be left out
    with pytest.raises(InputError, match=r"refused the download \(416\)"):
        download(server.address, SHA, tmp_path)
    server.code, server.headers = 200, {"Content-Length": "many"}
    assert download(server.address, SHA, tmp_path / "many").read_bytes() == CONTENT
    server.headers = {"Content-Length": str(len(CONTENT) - 1)}
    with pytest.raises(WeightsError, match="not the one that the checksum"):
        download(server.address, SHA, tmp_path / "short")


def test_a_server_that_is_not_there_is_told(tmp_path: Path) -> None:
    with Server() as gone:
        address = gone.address
    with pytest.raises(InputError, match="The server cannot be reached"):
        download(address, SHA, tmp_path)


def test_addresses_may_have_letters_of_all_languages(server: Server, tmp_path: Path) -> None:
    address = server.address.replace("model%20x", "老 照片" * 30)
    path = download(address, f" {SHA} ", tmp_path)
    assert path.read_bytes() == CONTENT and "老-照片" in path.name


def test_what_cannot_be_written_is_no_broken_connection(server: Server, tmp_path: Path) -> None:
    (tmp_path / f"{SHA[:12]}-model-x.safetensors.part").mkdir()
    with pytest.raises(OutputError, match="cannot be stored"):
        download(server.address, SHA, tmp_path)
    assert len(server.asked) == 1


def test_a_full_disk_is_told(server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Full:
        def __init__(self, *_: object) -> None:
            pass

        def __enter__(self) -> Full:
            return self

        def __exit__(self, *_: object) -> None:
            pass

        def write(self, _: bytes) -> None:
            raise OSError(28, "No space left on device")

    original = Path.open
    monkeypatch.setattr(
        Path, "open", lambda path, *how: (Full if path.suffix == ".part" else original)(path, *how)
    )
    with pytest.raises(OutputError, match="the disk is full"):
        download(server.address, SHA, tmp_path)


def test_a_model_is_fetched_and_imported(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(library.VARIABLE, str(tmp_path / "library"))
    server.content = package.export("detect", tmp_path / "d").read_bytes()
    server.limit = len(server.content) * 2 // 5
    options = ImportOptions(id="finder", sha256=hashlib.sha256(server.content).hexdigest())
    assert fetch_model(server.address, options).id == "finder"
    assert len(server.asked) == 3
    assert list((tmp_path / "library" / ".downloads").iterdir()) == []


def test_a_downloaded_model_is_called_like_the_file_in_the_address(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(library.VARIABLE, str(tmp_path / "library"))
    net = build_model("damage-unet", {"channels": (8, 8), "radii": (1,)})
    described = {"architecture": "damage-unet", "task": "detect", "hyper_parameters": hyper_parameters(net)}
    write_weights(tmp_path / "x.safetensors", net, described)
    server.content = (tmp_path / "x.safetensors").read_bytes()
    sha = hashlib.sha256(server.content).hexdigest()
    with pytest.raises(InputError, match="There is a model 'detect' already"):
        fetch_model(server.address, ImportOptions(id="detect", sha256=sha))
    assert server.asked == []
    assert fetch_model(server.address, ImportOptions(sha256=sha)).id == "model-x"


def test_what_is_refused_is_not_kept(server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(library.VARIABLE, str(tmp_path / "library"))
    with pytest.raises(WeightsError, match="holds no weights"):
        fetch_model(server.address, ImportOptions(sha256=SHA))
    assert list((tmp_path / "library" / ".downloads").iterdir()) == []
