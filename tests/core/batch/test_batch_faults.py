"""Whatever goes wrong during a batch ends in a clear state, and going on makes it whole."""

from __future__ import annotations

import errno
import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from restorer.batch import work as batch_work, write as batch_write
from restorer.batch.files import Naming
from restorer.batch.queue import Item
from restorer.batch.run import Batch, BatchSettings, is_batch
from restorer.batch.work import explain
from restorer.errors import InputError, OutputError, RestorerError, WeightsError
from restorer.hashes import sha256_of
from restorer.image import saving as image_save
from restorer.image.reading import Photo, open_photo
from restorer.image.saving import save_photo
from restorer.jobs import JobContext
from restorer.record.recipe import Outcome
from tests.conftest import smooth_photo
from tests.core.batch.support import (
    BLOCK,
    fake_run,
    invert_block,
    leftovers,
    photographs,
    run_batch,
    states,
    suicidal_run,
    told_to_end,
)

ROOT = Path(__file__).parents[3]


@pytest.fixture
def folders(tmp_path: Path) -> tuple[Path, Path]:
    photographs(tmp_path / "in", *(f"{n}.png" for n in range(4)))
    return tmp_path / "in", tmp_path / "out"


def at(name: str, act: Callable[[Photo, Outcome], Outcome]) -> Callable[..., Outcome]:
    """`fake_run`, with `act` on the outcome of one photograph."""

    def run(photo: Photo, recipe, device: str, entry, ctx: JobContext) -> Outcome:  # type: ignore[no-untyped-def]
        outcome = fake_run(photo, recipe, device, entry, ctx)
        return act(photo, outcome) if Path(entry.source).name == name else outcome

    return run


def failing(error: BaseException) -> Callable[[Photo, Outcome], Outcome]:
    def act(photo: Photo, outcome: Outcome) -> Outcome:
        raise error

    return act


def worked(
    out: Path, source: Path, run: Callable[..., Outcome], name: str = "1.png"
) -> tuple[Item, str | None]:
    """Run a batch; the item of that name, and why the batch stopped."""
    with Batch(BatchSettings(out), run) as batch:
        batch.add([source])
        summary = batch.run()
        assert batch.counts()["running"] == 0
        return next(i for i in batch.items() if i.path.name == name), summary.stopped


def assert_whole(source: Path, out: Path, names: list[str] | None = None) -> None:
    """Every photograph has one result, the right one, and nothing else lies there."""
    wanted = names or sorted(p.name for p in source.iterdir())
    assert sorted(p.name for p in out.glob("*.png")) == sorted(wanted)
    for name in wanted:
        assert np.array_equal(open_photo(out / name).pixels, invert_block(open_photo(source / name).pixels))
    assert leftovers(out) == []


# --- one photograph


@pytest.mark.parametrize(
    ("act", "kind", "sentence"),
    [
        (failing(MemoryError()), "memory", "not enough memory"),
        (failing(ValueError("strange")), "program", "A fault in Restorer: ValueError: strange"),
        (failing(RuntimeError("pixels outside")), "program", "pixels outside"),
        (lambda p, o: replace(o, photo=replace(p, pixels=p.pixels * 0)), "target", "is blank"),
    ],
)
def test_a_failing_network_costs_one_photograph(
    act: Callable[[Photo, Outcome], Outcome], kind: str, sentence: str, folders: tuple[Path, Path]
) -> None:
    source, out = folders
    item, stopped = worked(out, source, at("1.png", act))
    assert (item.state, item.kind, stopped) == ("failed", kind, None) and sentence in str(item.error)
    assert_whole(source, out, ["0.png", "2.png", "3.png"])


def test_a_constant_photograph_may_stay_constant(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    save_photo(Photo(np.full((20, 20, 3), 9, np.uint8)), tmp_path / "in" / "a.png")
    item, _ = worked(
        tmp_path / "out", tmp_path / "in", at("a.png", lambda p, o: replace(o, photo=p)), "a.png"
    )
    assert item.state == "done"


def test_missing_weights_stop_the_batch(folders: tuple[Path, Path]) -> None:
    source, out = folders
    item, stopped = worked(
        out, source, at("0.png", failing(WeightsError("The weights are missing."))), "0.png"
    )
    assert item.state == "failed" and stopped == "The weights are missing."
    with Batch(BatchSettings(out), fake_run, resume=True) as batch:
        assert batch.counts()["waiting"] == 3  # not the next thousand failures


def test_a_source_that_changes_meanwhile(folders: tuple[Path, Path]) -> None:
    source, out = folders

    def change(photo: Photo, outcome: Outcome) -> Outcome:
        save_photo(Photo(smooth_photo(30, 30, 50)), source / "1.png", overwrite=True)
        return outcome

    item, _ = worked(out, source, at("1.png", change))
    assert item.kind == "changed" and "changed while" in str(item.error) and not (out / "1.png").exists()
    with Batch(BatchSettings(out), fake_run, resume=True) as batch:
        assert batch.retry_failed() == 1 and batch.run().counts["done"] == 4
    assert_whole(source, out)


def test_a_source_that_is_only_touched_counts(folders: tuple[Path, Path]) -> None:
    source, out = folders

    def touch(photo: Photo, outcome: Outcome) -> Outcome:
        os.utime(source / "1.png", ns=(1, 1))
        return outcome

    item, _ = worked(out, source, at("1.png", touch))
    assert item.state == "done"


def test_a_source_that_is_gone_when_its_turn_comes(folders: tuple[Path, Path]) -> None:
    source, out = folders
    with Batch(BatchSettings(out), fake_run) as batch:
        batch.add([source])
        (source / "1.png").unlink()
        assert batch.run().counts["done"] == 3
        assert batch.items(["failed"])[0].error == f"There is no file '{source / '1.png'}'. Check the name."


def test_a_source_drive_that_is_gone_stops_the_batch(folders: tuple[Path, Path]) -> None:
    source, out = folders
    with Batch(BatchSettings(out), fake_run) as batch:
        batch.add([source])
        source.rename(source.with_name("away"))
        summary = batch.run()
        assert "is gone" in str(summary.stopped) and summary.counts["waiting"] == 3
    source.with_name("away").rename(source)
    assert run_batch(out, [source], resume=True).counts["done"] == 4
    assert_whole(source, out)


def test_a_source_drive_that_goes_while_it_is_read_is_no_failure_of_the_photograph(
    folders: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    source, out = folders
    away = source.with_name("away")

    def unplugged(path: Path) -> str:
        source.rename(away)
        return sha256_of(path)

    with Batch(BatchSettings(out), fake_run) as batch, monkeypatch.context() as patch:
        batch.add([source])
        patch.setattr(batch_work, "sha256_of", unplugged)
        assert "is gone" in str(batch.run().stopped)
        assert {i.kind for i in batch.items(("failed",))} == {"folder"}
    away.rename(source)
    assert run_batch(out, [], resume=True).counts["done"] == 4  # without being asked to try again
    assert_whole(source, out)


def test_a_result_that_cannot_be_read_back(
    folders: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    source, out = folders
    save = batch_write.save_photo

    def cut(photo: Photo, path: Path, **options: object) -> None:
        save(photo, path, **options)  # type: ignore[arg-type]
        if np.array_equal(photo.pixels, invert_block(open_photo(source / "2.png").pixels)):
            path.write_bytes(path.read_bytes()[:-40])

    monkeypatch.setattr(batch_write, "save_photo", cut)
    item, stopped = worked(out, source, fake_run, "2.png")
    assert item.state == "failed" and "could not be read back" in str(item.error) and stopped is None
    assert_whole(source, out, ["0.png", "1.png", "3.png"])


# --- the place where results go


@pytest.mark.parametrize(
    ("code", "kind", "sentence"),
    [
        (errno.ENOSPC, "disk", "The disk is full"),
        (errno.EROFS, "readonly", "may not be written to"),
        (errno.EACCES, "readonly", "may not be written to"),
        (errno.EIO, "folder", "is gone"),
    ],
)
@pytest.mark.parametrize("where", ["saving", "thumbnail", "putting in place"])
def test_a_place_that_takes_nothing_stops_the_batch(
    code: int,
    kind: str,
    sentence: str,
    where: str,
    folders: tuple[Path, Path],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    source, out = folders

    def refuse(*_: object, **__: object) -> None:
        raise OSError(code, os.strerror(code))

    with monkeypatch.context() as patch:
        owner, name = {
            "saving": (image_save.os, "fsync"),
            "thumbnail": (Path, "write_bytes"),
            "putting in place": (batch_write, "move_to_new"),
        }[where]
        with Batch(BatchSettings(out), fake_run) as batch:
            batch.add([source])
            patch.setattr(owner, name, refuse)
            summary = batch.run()
            assert sentence in str(summary.stopped) and summary.exit_code == 3
            found = batch.items()
        assert found[0].state == "failed" and found[0].kind == kind and sentence in str(found[0].error)
        assert batch_is_untouched(out) and all(i.state in ("failed", "waiting") for i in found)
    assert run_batch(out, [source], resume=True).counts["done"] == 4  # what the place spoilt is tried again
    assert_whole(source, out)


def batch_is_untouched(out: Path) -> bool:
    return not list(out.glob("*.png")) and not list((out / ".restorer-batch" / "staging").iterdir())


def test_an_output_folder_that_goes_away(folders: tuple[Path, Path]) -> None:
    source, out = folders

    def unplug(photo: Photo, outcome: Outcome) -> Outcome:
        out.rename(out.with_name("unplugged"))
        return outcome

    with (
        pytest.raises(OutputError, match=r"is gone\. Connect its drive"),  # not: create a folder in its place
        Batch(BatchSettings(out), at("1.png", unplug)) as batch,
    ):
        batch.add([source])
        batch.run()
    assert not out.exists()  # it must not come up again as a plain folder
    out.with_name("unplugged").rename(out)
    assert run_batch(out, [source], resume=True).counts["done"] == 4
    assert_whole(source, out)


def test_an_output_folder_that_goes_away_just_now_does_not_come_up_again(
    folders: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    source, out = folders
    is_dir = Path.is_dir

    def unplug(photo: Photo, outcome: Outcome) -> Outcome:
        out.rename(out.with_name("unplugged"))
        monkeypatch.setattr(Path, "is_dir", lambda path: path == out or is_dir(path))  # a moment ago it was
        return outcome

    with pytest.raises(OutputError, match="is gone"), Batch(BatchSettings(out), at("1.png", unplug)) as batch:
        batch.add([source])
        batch.run()
    assert not out.exists()


def test_a_list_on_a_full_disk(folders: tuple[Path, Path]) -> None:
    source, out = folders
    with Batch(BatchSettings(out), fake_run) as batch:
        batch.add([source])
        pages = batch.queue._db.execute("PRAGMA page_count").fetchone()[0]
        batch.queue._db.execute(f"PRAGMA max_page_count={pages}")
        photographs(source / "more", *(f"{n}.png" for n in range(60)))
        with pytest.raises(OutputError, match=r"full.*--resume"):
            batch.add([source / "more"])
    assert run_batch(out, [source], resume=True).counts["done"] == 64


@pytest.mark.parametrize(
    ("what", "kind", "sentence"),
    [("database or disk is full", "disk", "disk is full"), ("disk I/O error", "folder", "cannot be used")],
)
def test_a_list_that_fails_while_a_result_is_written_is_not_that_photograph_s_failure(
    what: str, kind: str, sentence: str, folders: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    source, out = folders

    def note(*_: object, **__: object) -> None:
        raise OutputError("The list of the batch cannot be used.") from sqlite3.OperationalError(what)

    with Batch(BatchSettings(out), fake_run) as batch, monkeypatch.context() as patch:
        batch.add([source])
        patch.setattr(batch_write.Writer, "_publish", note)
        assert sentence in str(batch.run().stopped)
        assert {i.kind for i in batch.items(("failed",))} == {kind}
    assert run_batch(out, [], resume=True).counts["done"] == 4
    assert_whole(source, out)


@pytest.mark.parametrize("inner", ["x", "x/deep"])
def test_a_file_where_a_folder_is_to_be_is_that_photograph_s_failure(
    inner: str, folders: tuple[Path, Path]
) -> None:
    source, out = folders
    photographs(source / inner, "4.png")
    out.mkdir()
    (out / "x").write_bytes(b"of somebody else")
    item, stopped = worked(out, source, fake_run, "4.png")
    assert item.state == "failed" and item.kind == "target" and stopped is None
    assert "a file has the name of one of its folders" in str(item.error)
    assert (out / "x").read_bytes() == b"of somebody else"


def test_an_output_folder_that_cannot_be(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(OutputError, match="cannot be written to"):
        Batch(BatchSettings(tmp_path / "file" / "out"), fake_run)


def test_a_link_that_leads_out_of_the_folder(folders: tuple[Path, Path], tmp_path: Path) -> None:
    source, out = folders
    photographs(source, "deep/a.png")
    (tmp_path / "elsewhere").mkdir()
    out.mkdir()
    (out / "deep").symlink_to(tmp_path / "elsewhere", target_is_directory=True)
    item, _ = worked(out, source, fake_run, "a.png")
    assert item.state == "failed" and "leads out" in str(item.error)
    assert list((tmp_path / "elsewhere").iterdir()) == []


def test_masks_do_not_follow_a_link_out_of_the_folder_either(
    folders: tuple[Path, Path], tmp_path: Path
) -> None:
    source, out = folders
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "0.png.png").write_bytes(b"of somebody else")
    with Batch(BatchSettings(out), fake_run) as batch:
        batch.add([source])
        (out / "masks").symlink_to(tmp_path / "elsewhere", target_is_directory=True)
        assert batch.run().counts["failed"] == 4
    assert (tmp_path / "elsewhere" / "0.png.png").read_bytes() == b"of somebody else"


@pytest.mark.parametrize("step", ["read", "run", "write"])
def test_every_error_has_a_sentence(step: str) -> None:
    for error in (
        OSError("plain"),
        OSError(errno.ENOENT, "x"),
        InputError("A."),
        RestorerError("B."),
        KeyError(1),
    ):
        failure = explain(error, step)
        assert failure.kind in ("input", "target", "program", "folder") and failure.sentence
    assert explain(OutputError("x"), "write").halts is False


# --- killed

POINTS = [
    ("restorer.batch.work:Worker._read:before", 2),
    ("restorer.batch.work:open_photo:after", 1),
    ("restorer.batch.work:Worker._compute:before", 2),
    ("restorer.batch.write:stamp:before", 2),
    ("restorer.batch.write:save_photo:before", 2),
    ("restorer.batch.write:verify_result:after", 1),
    ("restorer.batch.write:save_mask:after", 2),
    ("restorer.batch.queue:Queue.note:after", 4),
    ("restorer.batch.write:move_to_new:before", 2),
    ("restorer.batch.write:move_to_new:after", 2),
    ("restorer.batch.run:write_reports:before", 1),
    ("restorer.batch.report:peak_memory_mib:after", 1),
]


@pytest.mark.parametrize(("point", "turn"), POINTS, ids=[p.split(":", 1)[1] for p, _ in POINTS])
def test_killed_at_any_point_it_goes_on(point: str, turn: int, folders: tuple[Path, Path]) -> None:
    source, out = folders
    before = {p: p.read_bytes() for p in source.iterdir()}
    command = [
        sys.executable,
        "-m",
        "tests.core.batch.support",
        point,
        str(turn),
        str(source),
        str(out),
    ]
    killed = subprocess.run(command, cwd=ROOT, capture_output=True)
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    assert run_batch(out, [source], resume=True).counts["done"] == 4
    assert_whole(source, out)
    assert {p: p.read_bytes() for p in source.iterdir()} == before


def test_a_worker_that_dies_is_replaced_and_the_cause_found(folders: tuple[Path, Path]) -> None:
    source, out = folders
    photographs(source, "poison.png", "5.png", "6.png")
    with Batch(BatchSettings(out, workers=2), suicidal_run) as batch:
        batch.add([source])
        summary = batch.run()
        found = states(batch)
        poison = batch.items(["failed"])
    assert found.pop("poison.png") == "failed" and set(found.values()) == {"done"}
    assert poison[0].kind == "crash" and summary.exit_code == 3
    assert_whole(source, out, list(found))


@pytest.mark.skipif(not hasattr(signal, "SIGHUP"), reason="Windows ends a process at once")
def test_workers_leave_it_to_the_first_process_what_an_end_means(folders: tuple[Path, Path]) -> None:
    """A log-out or a closed terminal tells all processes at once: no photograph is to blame for it."""
    source, out = folders
    assert run_batch(out, [source], told_to_end, workers=2).counts["done"] == 4
    with Batch(BatchSettings(out), fake_run, resume=True) as batch:
        assert [item.crashes for item in batch.items()] == [0] * 4


def test_several_workers_share_the_list(folders: tuple[Path, Path]) -> None:
    source, out = folders
    photographs(source, "clean.png", "x/9.png")
    (source / "bad.png").write_bytes(b"x")
    summary = run_batch(out, [source], workers=3)
    assert summary.counts | {"done": 5, "clean": 1, "failed": 1} == summary.counts
    (source / "bad.png").unlink()
    assert_whole(source, out, [f"{n}.png" for n in range(4)])
    assert open_photo(out / "x" / "9.png").pixels[BLOCK].any()


def test_a_batch_that_could_not_even_begin_leaves_none_behind(
    folders: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    source, out = folders

    def full(*_: object) -> None:
        raise OutputError("The list of the batch cannot be used: database or disk is full.")

    with monkeypatch.context() as patch, pytest.raises(OutputError, match="full"):
        patch.setattr(Batch, "_agree", full)
        Batch(BatchSettings(out), fake_run)
    assert not is_batch(out)
    assert run_batch(out, [source], naming=Naming("{stem}-new")).counts["done"] == 4
    with monkeypatch.context() as patch, pytest.raises(OutputError, match="full"):
        patch.setattr(Batch, "_recover", full)
        Batch(BatchSettings(out), fake_run, resume=True)
    assert run_batch(out, [], resume=True).counts["done"] == 4


@pytest.mark.skipif(os.name == "nt", reason="there are no named pipes in folders there")
def test_a_pipe_that_is_named_fails_instead_of_being_waited_for(
    folders: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    source, out = folders
    os.mkfifo(source / "pipe.png")
    read: list[str] = []
    monkeypatch.setattr("restorer.batch.work.sha256_of", lambda path: read.append(path.name) or "0")
    with Batch(BatchSettings(out), fake_run) as batch:
        batch.add([source / "pipe.png", source / "0.png"])
        assert batch.run().counts["done"] == 1
        (failed,) = batch.items(["failed"])
    assert read == ["0.png"] and "not an ordinary file" in str(failed.error)
