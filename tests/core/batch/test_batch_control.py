"""What was asked for by hand, or agreed at the beginning, holds: over a pause, an end, and going on."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from restorer.batch.files import Naming
from restorer.batch.run import Batch, BatchSettings, ItemChange
from restorer.errors import OutputError
from restorer.image.reading import Photo, open_photo
from restorer.image.saving import save_photo
from restorer.jobs import Cancelled, JobContext, Progress
from restorer.record.recipe import Outcome, from_json
from tests.conftest import smooth_photo
from tests.core.batch.support import fake_run, leftovers, photographs, run_batch, states


@pytest.fixture
def folders(tmp_path: Path) -> tuple[Path, Path]:
    return tmp_path / "in", tmp_path / "out"


# --- cancelled stays cancelled


def test_what_was_cancelled_before_a_pause_does_not_wait_after_it(folders: tuple[Path, Path]) -> None:
    source, out = folders
    photographs(source, *(f"{n}.png" for n in range(4)))
    seen: list[dict[str, str]] = []

    def run(photo: Photo, *rest: object) -> Outcome:  # the next ones are being read by now
        batch.pause()
        batch.cancel([2, 3])
        return fake_run(photo, *rest)  # type: ignore[arg-type]

    def wait(_: float) -> None:
        seen.append(states(batch))
        batch.resume()

    with Batch(BatchSettings(out), run, wait=wait) as batch:
        batch.add([source])
        counts = batch.run().counts
    assert list(seen[0].values()) == ["done", "cancelled", "cancelled", "waiting"]
    assert counts["cancelled"] == counts["done"] == 2 and leftovers(out) == []


def test_a_paused_batch_ends_when_all_of_it_is_cancelled(folders: tuple[Path, Path]) -> None:
    source, out = folders
    photographs(source, *(f"{n}.png" for n in range(4)))

    def run(photo: Photo, *rest: object) -> Outcome:
        batch.pause()
        batch.cancel()
        return fake_run(photo, *rest)  # type: ignore[arg-type]

    def wait(_: float) -> None:
        raise AssertionError("there is nothing to wait for")

    with Batch(BatchSettings(out), run, wait=wait) as batch:
        batch.add([source])
        assert batch.run().counts["cancelled"] == 4


def test_what_was_cancelled_before_the_end_does_not_wait_when_going_on(folders: tuple[Path, Path]) -> None:
    source, out = folders
    photographs(source, *(f"{n}.png" for n in range(4)))
    ended: list[int] = []

    def run(photo: Photo, recipe, device: str, entry, ctx: JobContext) -> Outcome:  # type: ignore[no-untyped-def]
        batch.cancel()
        ended.append(1)
        ctx.check()
        raise AssertionError("it was cancelled")

    with Batch(BatchSettings(out), run) as batch:
        batch.add([source])
        with pytest.raises(Cancelled):
            batch.run(JobContext(is_cancelled=lambda: bool(ended)))
        assert set(states(batch).values()) == {"cancelled"}
    assert run_batch(out, [source], resume=True).counts["cancelled"] == 4


# --- a pause holds


def test_a_pause_while_photographs_are_listed_holds(folders: tuple[Path, Path]) -> None:
    source, out = folders
    photographs(source, "a.png")
    seen: list[dict[str, int]] = []

    def wait(_: float) -> None:
        seen.append(batch.counts())
        batch.resume()

    with Batch(BatchSettings(out), fake_run, wait=wait) as batch:
        batch.add([source], JobContext(lambda _: batch.pause()))
        assert batch.run().counts["done"] == 1
    assert [c["waiting"] for c in seen] == [1]


def test_a_pause_ends_with_the_run(folders: tuple[Path, Path]) -> None:
    source, out = folders
    photographs(source, "a.png")
    waits: list[float] = []
    with Batch(BatchSettings(out), fake_run, wait=waits.append) as batch:
        batch.add([source])
        batch.pause()
    with Batch(BatchSettings(out), fake_run, resume=True, wait=waits.append) as batch:
        assert batch.run().counts["done"] == 1 and waits == []


# --- what was agreed


def test_going_on_writes_the_sidecars_that_the_batch_began_with(folders: tuple[Path, Path]) -> None:
    source, out = folders
    photographs(source, "a.png")
    run_batch(out, [source], sidecars=True)
    photographs(source, "b.png", seed=5)
    run_batch(out, [source], resume=True)
    assert sorted(p.name for p in (out / "sidecars").glob("*.json")) == ["a.png.json", "b.png.json"]


def test_a_format_that_cannot_hold_a_photograph_is_told_before_the_work(folders: tuple[Path, Path]) -> None:
    source, out = folders
    photographs(source, "a.png", "c.png")
    save_photo(Photo(smooth_photo(24, 32).astype(np.uint16) * 200), source / "b.tif")
    worked: list[str] = []

    def run(photo: Photo, recipe, device: str, entry, ctx: JobContext) -> Outcome:  # type: ignore[no-untyped-def]
        worked.append(Path(entry.source).name)
        return fake_run(photo, recipe, device, entry, ctx)

    with Batch(BatchSettings(out, naming=Naming(format="JPEG")), run) as batch:
        batch.add([source])
        assert batch.run().counts["done"] == 2
        (failed,) = batch.items(["failed"])
    assert worked == ["a.png", "c.png"] and failed.kind == "target"
    assert failed.error == "JPEG cannot hold 16 bits per channel. Write .tif or .png, which keep them."


def test_a_recipe_that_only_searches_tells_what_it_found(folders: tuple[Path, Path]) -> None:
    source, out = folders
    photographs(source, "a.png", "clean.png")
    computed: list[str] = []

    def run(photo: Photo, recipe, device: str, entry, ctx: JobContext) -> Outcome:  # type: ignore[no-untyped-def]
        computed.append(Path(entry.source).name)
        return Outcome(None, fake_run(photo, recipe, device, entry, ctx).mask)

    recipe = from_json({"schema": 1, "stages": [{"stage": "detect"}]})
    assert run_batch(out, [source], run, recipe=recipe).counts["done"] == 1
    found, clean = json.loads((out / "report.json").read_text())["photographs"]
    assert (found["state"], clean["state"]) == ("done", "clean") and found["output"] is None
    assert open_photo(out / found["mask"]).pixels.sum() == 36 * 255
    assert sorted(p.name for p in out.glob("*.png")) == []  # nothing was repaired
    run_batch(out, [source], run, resume=True)
    assert len(computed) == 2
    (out / found["mask"]).unlink()
    run_batch(out, [source], run, resume=True)
    assert len(computed) == 3 and (out / found["mask"]).is_file()
    save_photo(Photo(smooth_photo(40, 50, 9)), source / "a.png", overwrite=True)
    run_batch(out, [source], run, resume=True)  # what was found before is not overwritten
    assert [open_photo(out / "masks" / name).height for name in ("a.png.png", "a-2.png.png")] == [24, 40]


def test_what_looks_clean_is_not_said_to_be_done_though_a_few_pixels_were_marked(
    folders: tuple[Path, Path],
) -> None:
    source, out = folders
    photographs(source, "a.png")

    def run(photo: Photo, recipe, device: str, entry, ctx: JobContext) -> Outcome:  # type: ignore[no-untyped-def]
        return Outcome(None, fake_run(photo, recipe, device, entry, ctx).mask)

    assert run_batch(out, [source], run).counts["clean"] == 1
    (entry,) = json.loads((out / "report.json").read_text())["photographs"]
    assert (entry["state"], entry["output"], entry["mask"]) == ("clean", None, "masks/a.png.png")
    assert open_photo(out / entry["mask"]).pixels.sum() == 36 * 255  # for the editor
    assert list(out.glob("*.png")) == []


# --- "skip" is about what others have put there


def test_a_result_of_another_format_than_its_name_is_left_out_too(folders: tuple[Path, Path]) -> None:
    source, out = folders
    deep = Photo(smooth_photo(24, 32).astype(np.uint16) * 200)
    source.mkdir()
    save_photo(deep, source / "x.png")
    (source / "x.png").rename(source / "x.jpg")
    out.mkdir()
    (out / "x.png").write_bytes(b"mine")
    summary = run_batch(out, [source], naming=Naming(existing="skip"))
    assert summary.counts["skipped"] == 1 and [p.name for p in out.glob("x*")] == ["x.png"]


def test_results_of_the_batch_itself_leave_nothing_out(folders: tuple[Path, Path]) -> None:
    source, out = folders
    (path,) = photographs(source, "a.png")
    run_batch(out, [source], naming=Naming(existing="skip"))
    other = photographs(source / "other", "a.png", seed=3)
    save_photo(Photo(smooth_photo(40, 50, 9)), path, overwrite=True)
    assert run_batch(out, [path, *other], resume=True).counts["done"] == 3
    assert sorted(p.name for p in out.glob("*.png")) == ["a-2.png", "a-3.png", "a.png"]


# --- rate


def test_what_is_cancelled_and_a_pause_say_nothing_about_the_rate(folders: tuple[Path, Path]) -> None:
    source, out = folders
    photographs(source, *(f"{n}.png" for n in range(8)))
    now, told = [0.0], []

    def run(photo: Photo, recipe, device: str, entry, ctx: JobContext) -> Outcome:  # type: ignore[no-untyped-def]
        now[0] += 30.0  # each takes half a minute
        name = Path(entry.source).name
        if name == "1.png":
            batch.cancel([5, 6, 7])
        if name == "2.png":
            batch.pause()
        return fake_run(photo, recipe, device, entry, ctx)

    def wait(_: float) -> None:
        if now[0] > 10_000:
            batch.resume()
        else:
            now[0] += 3600.0

    def tell(progress: Progress) -> None:
        if isinstance(progress.detail, ItemChange) and progress.detail.item.state != "running":
            told.append(progress.detail)

    with Batch(BatchSettings(out), run, wait=wait, clock=lambda: now[0]) as batch:
        batch.add([source])
        batch.run(JobContext(tell))
    last = told[-1]
    assert last.finished == last.total == 8 and last.per_minute == 2.0


# --- one folder of several


def test_a_deleted_folder_does_not_keep_the_others_from_being_reached(tmp_path: Path) -> None:
    out = tmp_path / "out"
    one = photographs(tmp_path / "one", "a.png", "b.png")
    two = photographs(tmp_path / "two", "c.png", "d.png")
    with Batch(BatchSettings(out), fake_run) as batch:
        batch.add([*one, *two])
        shutil.move(tmp_path / "one", tmp_path / "away")
        summary = batch.run()
        assert summary.counts["done"] == 2 and summary.counts["failed"] == 2 and summary.exit_code == 3
        assert {item.kind for item in batch.items(["failed"])} == {"folder"}
    shutil.move(tmp_path / "away", tmp_path / "one")  # the drive is there again
    with Batch(BatchSettings(out), fake_run, resume=True) as batch:
        assert batch.run().counts["done"] == 4


def test_what_is_put_back_and_then_cancelled_has_no_reason_of_before(folders: tuple[Path, Path]) -> None:
    source, out = folders
    source.mkdir()
    (source / "a.png").write_bytes(b"broken")
    with Batch(BatchSettings(out), fake_run) as batch:
        batch.add([source])
        assert batch.run().counts["failed"] == 1
        batch.retry_failed()
        batch.cancel()
        batch.run()
    (entry,) = json.loads((out / "report.json").read_text())["photographs"]
    assert (entry["state"], entry["reason"], entry["kind"]) == ("cancelled", None, None)


# --- the lock


@pytest.mark.parametrize("harm", ["garbage", "folder"])
def test_a_lock_that_cannot_be_used_is_not_another_batch(harm: str, folders: tuple[Path, Path]) -> None:
    source, out = folders
    photographs(source, "a.png")
    run_batch(out, [source])
    lock = out / ".restorer-batch" / "lock.sqlite"
    lock.unlink()
    if harm == "garbage":
        lock.write_bytes(b"no list" * 300)
    else:
        lock.mkdir()
    with pytest.raises(OutputError, match="cannot be used"):
        run_batch(out, [source], resume=True)


def test_what_was_left_out_is_repaired_all_the_same_where_asked_for(folders: tuple[Path, Path]) -> None:
    source, out = folders
    photographs(source, "a.png", "b.png", "x.png")
    (source / "x.png").rename(source / "x.jpg")  # told only when it is read
    out.mkdir()
    for name in ("a.png", "x.png"):
        (out / name).write_bytes(b"mine")
    run_batch(out, [source], naming=Naming(existing="skip"))
    with Batch(BatchSettings(out), fake_run, resume=True) as batch:
        assert states(batch) == {"a.png": "skipped", "b.png": "done", "x.jpg": "skipped"}
        assert batch.retry_failed() == 0 and batch.retry_failed([1, 2, 3]) == 2
        assert batch.run().counts["done"] == 3
        assert [i.target for i in batch.items()] == ["a-2.png", "b.png", "x-2.png"]
    for name in ("a.png", "x.png"):
        assert (out / name).read_bytes() == b"mine" and open_photo(out / f"{Path(name).stem}-2.png")
