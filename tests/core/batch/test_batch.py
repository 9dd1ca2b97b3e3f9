"""A batch from the list to the reports, with a stand-in for the networks."""

from __future__ import annotations

import csv
import html.parser
import io
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from restorer.batch.files import Naming
from restorer.batch.run import Batch, BatchSettings, ItemChange
from restorer.batch.work import Worker, megapixels_of
from restorer.batch.write import Work, thumbnail
from restorer.errors import InputError, OutputError
from restorer.hashes import sha256_of
from restorer.image.reading import Photo, open_photo
from restorer.image.saving import save_photo
from restorer.jobs import Cancelled, JobContext, Progress
from restorer.record.recipe import Outcome, default_recipe
from tests.conftest import smooth_photo
from tests.core.batch.support import fake_run, invert_block, leftovers, photographs, run_batch, states


@pytest.fixture
def folders(tmp_path: Path) -> tuple[Path, Path]:
    return tmp_path / "in", tmp_path / "out"


def test_the_tree_is_mirrored_and_nothing_else_is_touched(folders: tuple[Path, Path]) -> None:
    source, out = folders
    names = ["a.tif", "a.png", "x/a.tif", "x/y/b.webp", "clean.png", "c.bmp"]
    paths = photographs(source, *names)
    before = {p: p.read_bytes() for p in paths}
    summary = run_batch(out, [source])
    assert summary.counts["done"] == 5 and summary.counts["clean"] == 1 and summary.exit_code == 0
    for path in paths:
        result = out / path.relative_to(source)
        assert path.read_bytes() == before[path]
        if path.name != "clean.png":
            assert np.array_equal(open_photo(result).pixels, invert_block(open_photo(path).pixels))
            mask = open_photo(out / "masks" / f"{path.relative_to(source)}.png").pixels
            assert mask.sum() == 36 * 255
    assert not (out / "clean.png").exists() and leftovers(out) == []


def test_jpeg_stays_jpeg_and_says_what_that_means(folders: tuple[Path, Path]) -> None:
    source, out = folders
    photographs(source, "a.jpg")
    run_batch(out, [source])
    assert open_photo(out / "a.jpg").format == "JPEG"
    entry = json.loads((out / "report.json").read_text())["photographs"][0]
    assert any("compresses with loss" in n for n in entry["notices"])


def test_photographs_of_one_name_never_meet(folders: tuple[Path, Path]) -> None:
    source, out = folders
    paths = photographs(source, "one/a.tif", "one/a.png", "two/a.tif", "three/A.tif")
    summary = run_batch(out, paths, naming=Naming(format="PNG"))  # named singly, all go to one folder
    assert summary.counts["done"] == 4
    results = sorted(p.name for p in out.glob("*.png"))
    assert results == ["A-4.png", "a-2.png", "a-3.png", "a.png"]
    found = [open_photo(out / name).pixels.tobytes() for name in ("a.png", "a-2.png", "a-3.png", "A-4.png")]
    assert found == [invert_block(open_photo(p).pixels).tobytes() for p in paths]


def test_what_is_there_is_never_overwritten(folders: tuple[Path, Path]) -> None:
    source, out = folders
    photographs(source, "a.png", "b.png")
    out.mkdir()
    (out / "a.png").write_bytes(b"mine")
    late = {"b.png": out / "b.png"}

    def run(photo: Photo, *rest: object) -> Outcome:
        late["b.png"].write_bytes(b"came meanwhile")
        return fake_run(photo, *rest)  # type: ignore[arg-type]

    assert run_batch(out, [source], run).counts["done"] == 2
    assert (out / "a.png").read_bytes() == b"mine" and late["b.png"].read_bytes() == b"came meanwhile"
    assert open_photo(out / "a-2.png") and open_photo(out / "b-2.png")


def test_what_came_up_meanwhile_may_be_skipped(folders: tuple[Path, Path]) -> None:
    source, out = folders
    photographs(source, "b.png")

    def run(photo: Photo, *rest: object) -> Outcome:
        (out / "b.png").write_bytes(b"came meanwhile")
        return fake_run(photo, *rest)  # type: ignore[arg-type]

    summary = run_batch(out, [source], run, naming=Naming(existing="skip"))
    assert summary.counts["skipped"] == 1 and summary.exit_code == 0
    assert (out / "b.png").read_bytes() == b"came meanwhile"


def test_a_file_of_another_format_than_its_name_gets_the_right_ending(folders: tuple[Path, Path]) -> None:
    source, out = folders
    save_photo(
        Photo(smooth_photo(24, 32).astype(np.uint16) * 200), photographs(source, "x.png")[0], overwrite=True
    )
    (source / "x.png").rename(source / "x.jpg")
    assert run_batch(out, [source]).counts["done"] == 1
    assert open_photo(out / "x.png").bit_depth == 16


def test_one_bad_file_costs_one_line(folders: tuple[Path, Path]) -> None:
    source, out = folders
    photographs(source, "a.png", "c.png")
    (source / "b.png").write_bytes(b"no photograph")
    (source / "b2.tif").write_bytes(b"")
    summary = run_batch(out, [source])
    assert summary.counts | {"done": 2, "failed": 2} == summary.counts and summary.exit_code == 3
    rows = list(csv.DictReader(io.StringIO((out / "report.csv").read_text("utf-8-sig"))))
    assert [(Path(r["source"]).name, r["state"]) for r in rows] == [
        ("a.png", "done"),
        ("b.png", "failed"),
        ("b2.tif", "failed"),
        ("c.png", "done"),
    ]
    assert "not a photograph" in rows[1]["reason"] and "is empty" in rows[2]["reason"]
    assert all(r["kind"] == ("input" if r["state"] == "failed" else "") for r in rows)


class _Pictures(html.parser.HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.pictures: list[str] = []
        self.tags: list[str] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.pictures += [str(value) for key, value in attrs if key == "src"]

    def handle_data(self, data: str) -> None:
        self.text += data


def test_reports_are_self_contained_and_escaped(folders: tuple[Path, Path]) -> None:
    source, out = folders
    photographs(source, "<script>alert(1)<&>.png", "=HYPERLINK(1).png")
    (source / "bad&<b>.jpg").write_bytes(b"x")
    run_batch(out, [source, *source.glob("=*")])
    page = _Pictures()
    text = (out / "report.html").read_text()
    page.feed(text)
    assert "script" not in page.tags and "<script>alert(1)<&>.png" in page.text and "bad&<b>.jpg" in page.text
    assert len(page.pictures) == 4 and all(p.startswith("data:image/jpeg;base64,") for p in page.pictures)
    assert "http://" not in text and "https://" not in text
    content = json.loads((out / "report.json").read_text())
    assert content["counts"]["done"] == 2 and content["stopped"] is None
    entry = next(e for e in content["photographs"] if e["output"] == "=HYPERLINK(1).png")
    assert entry["changed_outside"] == 0 and len(entry["sha256"]) == 64
    assert (out / entry["thumbnail_after"]).is_file() and (out / entry["mask"]).is_file()
    rows = list(csv.DictReader(io.StringIO((out / "report.csv").read_text("utf-8-sig"))))
    assert "'=HYPERLINK(1).png" in [r["output"] for r in rows]


def test_names_that_are_no_text_reach_the_reports(folders: tuple[Path, Path]) -> None:
    source, out = folders
    odd = source / b"scan\xff.png".decode("utf-8", "surrogateescape")
    try:
        photographs(source, odd.name)
    except OutputError:
        pytest.skip("this file system takes no such names")
    assert run_batch(out, [source]).counts["done"] == 1
    entry = json.loads((out / "report.json").read_text(encoding="utf-8"))["photographs"][0]
    assert entry["source"].endswith("scan\ufffd.png") and (out / "scan.png").is_file()


def test_thumbnails_are_small_pictures_of_the_whole() -> None:
    deep = smooth_photo(600, 900).astype(np.uint16) * 257
    small = cv2.imdecode(np.frombuffer(thumbnail(deep), np.uint8), cv2.IMREAD_COLOR)
    assert small is not None and small.shape == (171, 256, 3)
    expected = cv2.resize(smooth_photo(600, 900), (256, 171), interpolation=cv2.INTER_AREA)
    assert np.abs(small[..., ::-1].astype(int) - expected).mean() < 6
    assert thumbnail(np.zeros((3, 5000), np.uint8))


def test_progress_tells_every_change(folders: tuple[Path, Path]) -> None:
    source, out = folders
    photographs(source, "a.png", "b.png")
    (source / "bad.png").write_bytes(b"x")
    told: list[Progress] = []
    ticks = iter(range(1000))
    with Batch(BatchSettings(out), fake_run, clock=lambda: float(next(ticks))) as batch:
        batch.add([source])
        batch.run(JobContext(told.append))
    changes = [p.detail for p in told if isinstance(p.detail, ItemChange)]
    final = {c.item.path.name: c for c in changes if c.item.state != "running"}
    assert {n: c.item.state for n, c in final.items()} == {
        "a.png": "done",
        "b.png": "done",
        "bad.png": "failed",
    }
    last = changes[-1]
    assert last.finished == last.total == 3 and last.seconds_left == 0 and last.per_minute
    assert (out / str(final["a.png"].item.before)).is_file() and (
        out / str(final["a.png"].item.after)
    ).is_file()
    fractions = [p.fraction for p in told if p.fraction is not None]
    assert fractions == sorted(fractions) and fractions[-1] == 1


# --- going on


def test_a_batch_goes_on_only_when_asked(folders: tuple[Path, Path]) -> None:
    source, out = folders
    photographs(source, "a.png")
    run_batch(out, [source])
    with pytest.raises(InputError, match="holds a batch already"):
        run_batch(out, [source])
    photographs(source, "b.png")
    assert run_batch(out, [source], resume=True).counts["done"] == 2
    assert sorted(p.name for p in out.glob("*.png")) == ["a.png", "b.png"]
    with pytest.raises(InputError, match="another recipe"):
        run_batch(out, [source], resume=True, recipe=default_recipe().with_parameters(repair={"seed": 5}))
    with pytest.raises(InputError, match="another naming"):
        run_batch(out, [source], resume=True, naming=Naming("{n}"))


def test_a_folder_with_reports_of_something_else_is_refused(folders: tuple[Path, Path]) -> None:
    source, out = folders
    photographs(source, "a.png")
    out.mkdir()
    (out / "report.csv").write_text("mine")
    with pytest.raises(OutputError, match=r"holds report\.csv of something else"):
        run_batch(out, [source])
    assert (out / "report.csv").read_text() == "mine" and len(list(out.iterdir())) == 1


def test_two_programs_do_not_share_a_folder(folders: tuple[Path, Path]) -> None:
    with Batch(BatchSettings(folders[1]), fake_run), pytest.raises(InputError, match="Another batch"):
        Batch(BatchSettings(folders[1]), fake_run, resume=True)
    Batch(BatchSettings(folders[1]), fake_run, resume=True).close()


def test_cancelled_photographs_wait_again(folders: tuple[Path, Path]) -> None:
    source, out = folders
    photographs(source, *(f"{n}.png" for n in range(6)))
    stop: list[bool] = []

    def run(*given: object) -> Outcome:
        stop.extend([True] * (Path(given[3].source).name == "2.png"))  # type: ignore[attr-defined]
        return fake_run(*given)  # type: ignore[arg-type]

    with Batch(BatchSettings(out), run) as batch:
        batch.add([source])
        with pytest.raises(Cancelled):
            batch.run(JobContext(is_cancelled=lambda: bool(stop)))
        assert batch.counts() | {"done": 2, "waiting": 4} == batch.counts()
        assert not list((out / ".restorer-batch" / "staging").iterdir())
        assert batch.run().counts["done"] == 6
        assert all(item.crashes == 0 for item in batch.items())


def test_an_interrupted_listing_is_finished(folders: tuple[Path, Path]) -> None:
    source, out = folders
    photographs(source, "a.png", "b.png")
    with Batch(BatchSettings(out), fake_run) as batch, pytest.raises(Cancelled):
        batch.add([source], JobContext(is_cancelled=lambda: True))
    with Batch(BatchSettings(out), fake_run, resume=True) as batch:
        batch.add_remembered()
        assert batch.add_remembered() == 0
        assert batch.run().counts["done"] == 2


def test_a_photograph_that_changed_since_is_done_again_beside(folders: tuple[Path, Path]) -> None:
    source, out = folders
    (path,) = photographs(source, "a.png")
    run_batch(out, [source])
    first = (out / "a.png").read_bytes()
    save_photo(Photo(smooth_photo(40, 50, 9)), path, overwrite=True)
    summary = run_batch(out, [source], resume=True)
    assert summary.counts["done"] == 2 and (out / "a.png").read_bytes() == first
    assert open_photo(out / "a-2.png").height == 40


@pytest.mark.parametrize("harm", ["gone", "cut", "edited"])
def test_finished_results_are_looked_at_before_going_on(harm: str, folders: tuple[Path, Path]) -> None:
    source, out = folders
    photographs(source, "a.png", "b.png")
    run_batch(out, [source])
    result = out / "a.png"
    good = result.read_bytes()
    if harm == "gone":
        result.unlink()
    elif harm == "cut":
        result.write_bytes(good[: len(good) // 2])
    else:
        save_photo(Photo(smooth_photo(24, 32, 77)), result, overwrite=True)
    computed: list[str] = []

    def run(*given: object) -> Outcome:
        computed.append(Path(given[3].source).name)  # type: ignore[attr-defined]
        return fake_run(*given)  # type: ignore[arg-type]

    assert run_batch(out, [source], run, resume=True).counts["done"] == 2
    assert computed == ([] if harm == "edited" else ["a.png"])
    redone = {"gone": "a.png", "cut": "a-2.png"}.get(harm)
    assert redone is None or np.array_equal(
        open_photo(out / redone).pixels, invert_block(open_photo(source / "a.png").pixels)
    )


# --- by hand, while it runs


def steered(steps: dict[str, Callable[[Batch], None]], out: Path, source: Path) -> tuple[Batch, list[str]]:
    """Run a batch whose network calls `steps` by the name of the photograph it is at."""
    order: list[str] = []
    box: list[Batch] = []

    def run(photo: Photo, recipe, device: str, entry, ctx: JobContext) -> Outcome:  # type: ignore[no-untyped-def]
        name = Path(entry.source).name
        order.append(name)
        steps.get(name, lambda batch: None)(box[0])
        ctx.check()
        return fake_run(photo, recipe, device, entry, ctx)

    box.append(Batch(BatchSettings(out), run))
    with box[0] as batch:
        batch.add([source])
        batch.run()
        order.append(json.dumps(states(batch)))
    return box[0], order


def test_cancel_one_and_the_running_one(folders: tuple[Path, Path]) -> None:
    source, out = folders
    photographs(source, *(f"{n}.png" for n in range(6)))
    _, order = steered({"1.png": lambda b: b.cancel([2, 6])}, out, source)
    found = json.loads(order.pop())
    assert [n for n, s in found.items() if s == "cancelled"] == ["1.png", "5.png"]
    assert order == ["0.png", "1.png", "2.png", "3.png", "4.png"] and not (out / "1.png").exists()


def test_cancel_all(folders: tuple[Path, Path]) -> None:
    source, out = folders
    photographs(source, *(f"{n}.png" for n in range(6)))
    _, order = steered({"1.png": lambda b: b.cancel()}, out, source)
    first, *others = json.loads(order.pop()).values()
    assert others == ["cancelled"] * 5 and order == ["0.png", "1.png"]
    assert (out / "0.png").exists() == (first == "done")  # it may have been written in that moment


def test_reorder(folders: tuple[Path, Path]) -> None:
    source, out = folders
    photographs(source, *(f"{n}.png" for n in range(7)))
    _, order = steered({"0.png": lambda b: b.move(7, 5)}, out, source)  # what is being read stays
    order.pop()
    assert order.index("6.png") < order.index("4.png") and sorted(order) == [f"{n}.png" for n in range(7)]


def test_pause_and_go_on(folders: tuple[Path, Path]) -> None:
    source, out = folders
    photographs(source, *(f"{n}.png" for n in range(4)))
    seen: list[dict[str, int]] = []

    def run(photo: Photo, recipe, device: str, entry, ctx: JobContext) -> Outcome:  # type: ignore[no-untyped-def]
        if Path(entry.source).name == "1.png":
            batch.pause()
        return fake_run(photo, recipe, device, entry, ctx)

    def wait(seconds: float) -> None:
        seen.append(batch.counts())
        if len(seen) == 3:
            batch.resume()

    batch = Batch(BatchSettings(out), run, wait=wait)
    with batch:
        batch.add([source])
        summary = batch.run()
    assert len(seen) == 3 and all(c["done"] == 2 and c["waiting"] == 2 and c["running"] == 0 for c in seen)
    assert summary.counts["done"] == 4


def test_retry_failed(folders: tuple[Path, Path]) -> None:
    source, out = folders
    photographs(source, "a.png")
    (source / "b.png").write_bytes(b"broken")
    with Batch(BatchSettings(out), fake_run) as batch:
        batch.add([source])
        assert batch.run().exit_code == 3
        photographs(source, "mended.png")
        (source / "mended.png").replace(source / "b.png")
        assert batch.run().exit_code == 3 and batch.retry_failed() == 1
        assert batch.run().counts["done"] == 2 and batch.items()[1].error is None


# --- memory


def test_no_more_is_read_ahead_than_the_budget_allows(folders: tuple[Path, Path]) -> None:
    source, out = folders
    for n in range(5):
        (source).mkdir(exist_ok=True)
        save_photo(Photo(smooth_photo(200, 250, n)), source / f"{n}.bmp")
    most: list[int] = []

    def run(photo: Photo, *rest: object) -> Outcome:
        running = batch.items(["running"])
        most.append(len([i for i in running if i.sha256]))
        return fake_run(photo, *rest)  # type: ignore[arg-type]

    weight = megapixels_of(source / "0.bmp", 1000)
    assert weight == pytest.approx(0.05)
    with Batch(BatchSettings(out, megapixels=weight * 1.5), run) as batch:
        batch.add([source])
        assert batch.run().counts["done"] == 5
    assert most == [1] * 5


@pytest.mark.parametrize(("workers", "left"), [(1, [0, 0, 0]), (2, [1, 1, 0]), (3, [2, 1, 0])])
def test_what_other_workers_could_begin_with_is_not_read_ahead(
    workers: int, left: list[int], folders: tuple[Path, Path]
) -> None:
    source, out = folders
    photographs(source, "a.png", "b.png", "c.png")
    seen: list[int] = []

    def run(photo: Photo, *rest: object) -> Outcome:
        seen.append(batch.counts()["waiting"])
        return fake_run(photo, *rest)  # type: ignore[arg-type]

    with Batch(BatchSettings(out), run) as batch:
        batch.add([source])
        work = Work(out, batch.recipe, batch.naming, session=batch.queue.begin(), workers=workers)
        Worker(work, run, batch.queue, "one", JobContext()).loop()
        assert batch.counts()["done"] == 3
    assert seen == left


def test_files_that_tell_no_size_are_read_alone(tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_bytes(b"x")
    assert megapixels_of(tmp_path / "a.jpg", 77.0) == 77.0
    deep = photographs(tmp_path, "b.tif")[0]
    assert megapixels_of(deep, 1) == pytest.approx(2 * 24 * 32 / 1e6)


# --- watching


def test_watching_takes_files_once_they_stay_the_same(folders: tuple[Path, Path]) -> None:
    source, out = folders
    photographs(source, "a.png")
    whole = photographs(source.parent / "other", "b.png")[0].read_bytes()
    log: list[dict[str, str]] = []

    def wait(seconds: float) -> None:
        log.append(states(batch))
        turn = len(log)
        if turn == 2:
            (source / "b.png").write_bytes(whole[:100])  # still being copied
        elif turn == 3:
            (source / "b.png").write_bytes(whole)

    batch = Batch(BatchSettings(out), fake_run, wait=wait)
    with batch, pytest.raises(Cancelled):
        batch.watch([source], JobContext(is_cancelled=lambda: len(log) >= 5), 3.0)
    assert log[0] == {} and log[1] == log[3] == {"a.png": "done"}
    assert log[4] == {"a.png": "done", "b.png": "done"}
    assert open_photo(out / "b.png")
    assert json.loads((out / "report.json").read_text())["counts"]["done"] == 2


def test_results_of_the_watched_folder_itself_are_not_taken(folders: tuple[Path, Path]) -> None:
    source, _ = folders
    photographs(source, "a.png")
    turns: list[int] = []
    batch = Batch(BatchSettings(source / "out"), fake_run, wait=lambda s: turns.append(1))
    with batch, pytest.raises(Cancelled):
        batch.watch([source], JobContext(is_cancelled=lambda: len(turns) >= 4))
    assert [p.name for p in (source / "out").glob("*.png")] == ["a.png"]


def test_sidecars_are_written_where_asked_for(folders: tuple[Path, Path]) -> None:
    source, out = folders
    photographs(source, "x/a.png", "a.jpg")

    def run(photo: Photo, recipe, device: str, entry, ctx: JobContext) -> Outcome:  # type: ignore[no-untyped-def]
        entry.models, entry.device_class = {"repair": {"id": "m", "sha256": "0" * 64}}, "cpu"
        outcome = fake_run(photo, recipe, device, entry, ctx)
        return replace(outcome)

    run_batch(out, [source], run, sidecars=True)
    from restorer.record.sidecar import read_sidecar

    sidecar = read_sidecar(out / "sidecars" / "x" / "a.png.json")
    assert sidecar.source == source / "x" / "a.png" and sidecar.source_sha256 == sha256_of(sidecar.source)
    assert sidecar.mask.is_file() and read_sidecar(out / "sidecars" / "a.jpg.json").output == "a.jpg"
