"""Writing what one photograph of a batch gave: staged, verified, checked against the source, put in place."""

from __future__ import annotations

import filecmp
import os
import shutil
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import cv2

from restorer.arrays import Pixels
from restorer.batch.files import WORK_FOLDER, Naming, file_state, is_folder, is_there
from restorer.batch.queue import Item, Queue
from restorer.errors import InputError, OutputError
from restorer.hashes import holds, sha256_of
from restorer.image.colour import small_picture
from restorer.image.reading import SUFFIXES, Photo, open_photo
from restorer.image.saving import format_for, format_that_holds, left_out, save_mask, save_photo
from restorer.new_files import OF_NAMES, explain, move_to_new, set_aside
from restorer.record.audit import stamp
from restorer.record.recipe import Outcome, Recipe
from restorer.record.report import LEFT_OUT, PhotoReport
from restorer.record.sidecar import Record, write_sidecar

THUMBNAIL_PX = 256


class ChangedError(InputError):
    """A photograph is not the one any more that the work began with."""


@dataclass(frozen=True)
class Work:
    """What a worker has to know; travels to other processes and machines.

    Attributes:
        out: output folder.
        recipe: what is done to every photograph.
        naming: how results are called.
        device: where the network runs.
        megapixels: how many may be in memory at once, counted at 8 bits; one photograph always may.
        sidecars: whether each result gets a JSON and a mask from which it can be made again.
        session: workers stop when the list says another one.
        workers: how many share the list; none of them reads ahead what another one could begin with.
    """

    out: Path
    recipe: Recipe
    naming: Naming
    device: str = "auto"
    megapixels: float = 100.0
    sidecars: bool = False
    session: str = ""
    workers: int = 1

    def shared(self, workers: int, on_one: int) -> Work:
        """The same for each of so many workers, `on_one` of them on the computer that has the most, whose
        memory they share."""
        return replace(self, workers=workers, megapixels=self.megapixels / on_one)

    @property
    def staging(self) -> Path:
        """Where everything lies that is not yet finished."""
        return self.out / WORK_FOLDER / "staging"


@dataclass
class Loaded:
    """A photograph on its way through the worker."""

    item: Item
    entry: PhotoReport
    status: os.stat_result
    photo: Photo
    outcome: Outcome | None = None


class Writer:
    """Writes what one photograph gave, all of it into `stage` first."""

    def __init__(self, work: Work, queue: Queue, loaded: Loaded, stage: Path) -> None:
        assert loaded.outcome is not None
        self.work, self.queue, self.loaded, self.stage = work, queue, loaded, stage
        self.item, self.outcome, self.entry = loaded.item, loaded.outcome, loaded.entry

    def write(self) -> None:
        """Write everything and settle the item.

        Raises:
            RestorerError, OSError, MemoryError: nothing has been put in place that counts.
        """
        before = self._thumbnail("before", self.loaded.photo)
        result = self.outcome.photo
        if result is None:
            self._check_source()
            self._settle_without_result(before)
            return
        target = self._target()
        if target is None:
            return
        staged = self.stage / f"result{Path(target).suffix}"
        result = stamp(result, self.work.recipe, staged.suffix, self.entry)
        save_photo(result, staged, source=self.item.path)
        verify_result(staged, result, self.loaded.photo)
        self.entry.notices += [LEFT_OUT[name] for name in left_out(self.loaded.photo, format_for(staged))]
        self._check_source()
        values: dict[str, Any] = {"before": before, "after": self._thumbnail("after", result)}
        values |= {"mask": self._mask(target), "output_bytes": staged.stat().st_size}
        self.entry.state, self.entry.output = "repaired", str(self.work.out / target)
        if self.work.sidecars:
            self._sidecar(target, staged)
        values |= {"output_sha256": sha256_of(staged), "report": asdict(self.entry)}
        self._publish(staged, values)

    def _settle_without_result(self, before: str) -> None:
        """Clean; or, where a recipe only searches and has found something, done, with the mask alone."""
        values: dict[str, Any] = {"before": before, "mask": None}
        state, mask = "clean", self.outcome.mask
        if mask is not None and mask.any():  # of one that looks clean too little to be repaired
            values["mask"] = self._mask(str(self.item.target))
            if self.work.recipe.stage("repair") is None:
                state = "done"
                values["output_bytes"] = (self.work.out / str(values["mask"])).stat().st_size
                values |= {"target": None, "output_sha256": None}  # the name stays reserved: the mask has it
        self.entry.state = "clean" if state == "clean" else "detected"
        self.queue.settle(self.item, state, report=asdict(self.entry), **values)

    def _target(self) -> str | None:
        """The name of the result; another one if the file is of another format than its name says."""
        target = str(self.item.target)
        if SUFFIXES[Path(target).suffix.lower()] != self._kind():
            return self._rename()
        if not os.path.lexists(self.work.out / target):
            return target
        if self._may_skip():  # it came up since the list was made
            return self._skip(target)
        return self._rename()

    def _may_skip(self) -> bool:
        return self.work.naming.existing == "skip" and not self.queue.is_insisted(self.item)

    def _skip(self, target: str) -> None:
        self.queue.settle(self.item, "skipped", error=f"'{target}' exists already in the output folder.")

    def _kind(self) -> str:
        """The format of the result; of one that follows the source, another one where that cannot hold it."""
        if self.work.naming.format != "source":
            return self.work.naming.format
        assert self.outcome.photo is not None
        return format_that_holds(self.outcome.photo, self.loaded.photo.format)

    def _rename(self) -> str | None:
        wanted = self.work.naming.wanted(self.item.path, self.item.folder, self.item.id, self._kind())
        if self._may_skip() and self.queue.was_there(wanted, self.work.out):
            return self._skip(wanted)
        target = self.queue.reserve(self.item, wanted, self.work.out)
        self.item = replace(self.item, target=target)
        return target

    def _check_source(self) -> None:
        """What was worked on must still be what lies there."""
        try:
            same = file_state(self.item.path) == file_state(self.loaded.status)
            same = same or sha256_of(self.item.path) == self.item.sha256
        except OSError:  # moved away after it had been read: the result is that of what was there
            return
        if not same:
            raise ChangedError(
                "The photograph changed while it was being worked on, so the result was not kept.",
                "Try it again.",
            )

    def _thumbnail(self, which: str, photo: Photo) -> str:
        name = f"thumbnails/{self.item.id:06d}-{which}.jpg"
        staged = self.stage / f"{which}.jpg"
        staged.write_bytes(thumbnail(photo.pixels, photo.icc))
        self._put(staged, name, precious=False)
        return name

    def _mask(self, target: str) -> str | None:
        if self.outcome.mask is None:
            return None
        name, staged = f"masks/{target}.png", self.stage / "mask.png"
        save_mask(self.outcome.mask, staged)
        self._put(staged, name)
        return name

    def _sidecar(self, target: str, staged: Path) -> None:
        assert self.outcome.photo is not None and self.outcome.mask is not None
        record = Record(
            self.item.path, str(self.item.sha256), self.work.out / target, sha256_of(staged), self.work.recipe
        )
        names = write_sidecar(
            self.stage, Path(target).name, record, self.outcome.photo, self.outcome.mask, self.entry
        )
        for name in names:
            self._put(self.stage / name, f"sidecars/{target.rpartition('/')[0]}/{name}".replace("//", "/"))

    def _put(self, staged: Path, relative: str, precious: bool = True) -> None:
        """Move a file to its place among those that belong to the batch alone; a `precious` one that lies
        there and is another one, a mask that was corrected by hand, say, is kept under a free name."""
        place = self.work.out / relative
        self._folder(place.parent)
        if precious and is_there(place) and not filecmp.cmp(staged, place, shallow=False):
            set_aside(place)
        staged.replace(place)

    def _folder(self, folder: Path) -> None:
        """Create `folder` below the output folder, never that itself: of a drive that was unmounted it must
        not come up again as a plain folder."""
        check_folder(folder, self.work.out)
        try:
            for inner in _from(self.work.out, folder):
                inner.mkdir(exist_ok=True)
        except (FileExistsError, NotADirectoryError):
            raise _blocked(folder) from None

    def _publish(self, staged: Path, values: dict[str, Any]) -> None:
        """Put the result in place and mark the item as done, so that a kill at any moment leaves both or a
        trace from which it can be told."""
        self.queue.note(self.item, **values)
        place = self.work.out / str(self.item.target)
        self._folder(place.parent)
        with self.queue.publishing(self.item) as valid:
            if valid:
                move_to_new(staged, place)


def check_place(work: Work, item: Item) -> None:
    """See, before any work is done, that the result of `item` can have its folder and its name. What else
    the system refuses comes up where it is written to.

    Raises:
        OutputError: it cannot.
    """
    place = work.out / str(item.target)
    stage = work.staging / str(item.token)
    check_folder(place.parent, work.out)
    try:
        stage.mkdir()
        longest = stage / f"{place.name}{'.mask.tif' if work.sidecars else '.png'}"
        os.close(os.open(longest, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    except OSError as error:
        if error.errno in OF_NAMES:
            raise explain(error, place) from error
    finally:
        shutil.rmtree(stage, ignore_errors=True)


def check_folder(folder: Path, out: Path) -> None:
    """See that `folder` is, or can be, a folder below the output folder `out`.

    Raises:
        OutputError: a link leads out, or a file has its name.
    """
    if not folder.resolve().is_relative_to(out.resolve()):
        raise OutputError(f"'{folder}' leads out of the output folder.", "Remove that link.")
    if any(is_there(inner) and not is_folder(inner) for inner in _from(out, folder)):
        raise _blocked(folder)


def _from(out: Path, folder: Path) -> list[Path]:
    """The folders below `out` on the way to `folder`, which is the last."""
    parts = folder.relative_to(out).parts
    return [out.joinpath(*parts[: depth + 1]) for depth in range(len(parts))]


def _blocked(folder: Path) -> OutputError:
    return OutputError(
        f"'{folder}' cannot be created: a file has the name of one of its folders.",
        "Choose another output folder.",
    )


def give_up(queue: Queue, out: Path, worker: str | None = None, crashed: bool = True) -> list[Item]:
    """Settle what a worker that is gone held, or all workers: done if the result got its place, waiting if
    not; `crashed` as of `Queue.give_back`.

    Returns:
        the items as they were held.
    """
    held = queue.abandoned(worker)
    for item in held:
        place = out / item.target if item.target else None
        if place is not None and item.output_sha256 and holds(place, item.output_sha256):
            queue.settle(item, "done", crashes=0)
        else:
            queue.give_back(item, crashed)
    return held


def thumbnail(pixels: Pixels, icc: bytes | None = None) -> bytes:
    """A JPEG in sRGB of at most `THUMBNAIL_PX` a side; `icc` is the profile of the pixels."""
    done, data = cv2.imencode(".jpg", small_picture(pixels, icc, THUMBNAIL_PX)[..., ::-1])
    if not done:
        raise OutputError("A thumbnail could not be made.")
    return data.tobytes()


def verify_result(path: Path, expected: Photo | None, source: Photo | None) -> Photo:
    """Decode a finished file; what cannot be used is no result.

    Args:
        path: the file.
        expected: what was written; size and depth must agree.
        source: a result of one single value is refused unless the source has one, too.

    Raises:
        OutputError: it cannot be decoded, has another size, or is blank.
    """
    try:
        found = open_photo(path)
    except InputError as error:
        raise OutputError("The result could not be read back, so it was not kept.", str(error)) from error
    if expected is not None:
        same = (found.height, found.width, found.bit_depth) == (
            *(expected.height, expected.width),
            expected.bit_depth,
        )
        if not same:
            raise OutputError("The result has another size than the photograph, so it was not kept.")
    if source is not None and _constant(found.pixels) and not _constant(source.pixels):
        raise OutputError("The result is blank, so it was not kept.", "Try another device.")
    return found


def _constant(pixels: Pixels) -> bool:
    return bool(pixels.min() == pixels.max())
