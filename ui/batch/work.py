"""What the batch window's jobs do, without Qt: running a batch, looking at the damage first, and finding
batches that were left unfinished."""

from __future__ import annotations

import contextlib
import itertools
import json
import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from restorer.batch.files import (
    Found,
    Naming,
    check_sources,
    find_present,
    find_sources,
    full_path,
    is_away,
    is_folder,
    is_pattern,
    is_photograph,
    is_there,
    queue_path,
)
from restorer.batch.lock import FolderLock
from restorer.batch.named import listing, named, remember, trees, unlisted
from restorer.batch.queue import Item, Queue
from restorer.batch.run import CHUNK, Batch, BatchSettings, BatchSummary
from restorer.editing.mask import Mask
from restorer.errors import OutputError, RestorerError
from restorer.image.reading import Photo
from restorer.jobs import JobContext
from restorer.new_files import new_file
from restorer.record.recipe import Outcome, Recipe
from restorer.record.report import PhotoReport
from ui.batch.triage_work import Plan, Run, TriageRun, WithMask, approved_in, masks_of, search_part

TRIAGE_FOLDER = ".restorer-triage"
MOST_KNOWN = 30  # batches that are remembered
TELL_EVERY = 100


def triage_folder(out: Path) -> Path:
    """Where a batch keeps what it found before anything is repaired."""
    return out / TRIAGE_FOLDER


# --- running


@dataclass(frozen=True)
class Order:
    """What one run of a batch is to do.

    Attributes:
        out: the output folder; of a triage `triage_folder` of it.
        paths: files, folders and patterns to add to the list first.
        chosen: photographs to add whose place in the tree is known already.
        recipe: None goes on with that of the batch.
        naming: as `recipe`.
        device: "auto", "cpu", "cuda" or "mps".
        workers: processes; None takes as many as are faster.
        sidecars: whether each result gets a sidecar.
        resume: whether a batch that is in the folder is gone on with.
        triage: search only; results are previews of what would be repaired.
    """

    out: Path
    paths: tuple[Path, ...] = ()
    chosen: tuple[Found, ...] = ()
    recipe: Recipe | None = None
    naming: Naming | None = None
    device: str = "auto"
    workers: int | None = 1
    sidecars: bool = False
    resume: bool = False
    triage: bool = False


@dataclass(frozen=True)
class Opened:
    """Progress detail: the list is there and can be read."""

    path: Path
    recipe: Recipe
    naming: Naming


@dataclass(frozen=True)
class Listing:
    """Progress detail: whether photographs are still being listed, and how many were."""

    count: int
    done: bool = False


def run_order(order: Order, run: Run | None, ctx: JobContext) -> BatchSummary:
    """A whole run as one job.

    Args:
        order: what is to be done.
        run: puts one photograph through the recipe; None takes `restorer.cli.commands.run_recipe`.
        ctx: gets `Opened`, `Listing` and the `ItemChange`s of the batch.

    Raises:
        RestorerError: as `Batch` tells.
        Cancelled: what was being worked on waits again.
    """
    run = run or recipe_run
    recipe = _with_models(order.recipe) if order.recipe is not None else None
    naming, plan = order.naming, None
    if order.triage:
        run = TriageRun(run, naming.format if naming is not None else _planned_format(order.out))
        if recipe is not None:
            if not is_there(queue_path(order.out.parent)):  # told before everything is looked at
                Batch.check_folder(full_path(order.out).parent)
            plan = Plan(recipe, naming or Naming(), sidecars=order.sidecars)
            recipe, naming = search_part(recipe), Naming(format="PNG")
    elif is_there(queue_path(triage_folder(order.out))):
        run = WithMask(run, masks_of(triage_folder(order.out)))
    settings = BatchSettings(
        out=order.out,
        recipe=recipe,
        naming=naming,
        device=order.device,
        workers=order.workers or fastest_workers(order.device),
        sidecars=order.sidecars and not order.triage,
    )
    with Batch(settings, run, resume=order.resume) as batch:
        if plan is not None:
            plan.write(batch.queue)
        ctx.progress(None, detail=Opened(batch.queue.path, batch.recipe, batch.naming))
        counting = _Counting(ctx)
        batch.add_remembered(counting.context, more=bool(order.paths or order.chosen))
        if order.paths:
            batch.add(order.paths, counting.context)
        _add_chosen(batch.queue, order, batch.naming, batch.out)
        counts = batch.counts()
        counting.finish(sum(counts.values()))
        if counts["waiting"]:  # a model that is gone is told once, not by every photograph
            _with_models(batch.recipe)
        return batch.run(ctx)


def _add_chosen(queue: Queue, order: Order, naming: Naming, out: Path) -> int:
    """List what was approved; some of it may be so no more: the order may have waited for long."""
    if not order.chosen:
        return 0
    count = queue.add([(f, _status(f.path)) for f in order.chosen], naming, out)
    if is_there(queue_path(triage_folder(out))):
        approved = approved_in(triage_folder(out))  # read last: what comes now finds it listed
        withdrawn = [f.path for f in order.chosen if f.path not in approved]
        queue.cancel(queue.ids_of(withdrawn))
    return count


def _planned_format(out: Path) -> str:
    """The format of the results that are planned in the list of a search."""
    with contextlib.suppress(RestorerError):
        queue = Queue(queue_path(out))
        try:
            return Plan.read(queue).naming.format
        finally:
            queue.close()
    return "source"


class _Counting:
    """Tells how a listing grows; `Batch` itself tells it as a text."""

    def __init__(self, ctx: JobContext) -> None:
        self._ctx = ctx
        self.context = JobContext(lambda p: ctx.progress(p.fraction, p.message, Listing(0)), self._cancelled)

    def _cancelled(self) -> bool:
        self._ctx.check()
        return False

    def finish(self, count: int) -> None:
        self._ctx.progress(None, detail=Listing(count, done=True))


def add_to_list(path: Path, naming: Naming, out: Path, order: Order, ctx: JobContext) -> int:
    """List more photographs of a batch that another job is working on.

    Args:
        path: of its list.
        naming: of its results.
        out: its output folder.
        order: what to add.
        ctx: cancellation.

    Returns:
        how many were not yet in the list.

    Raises:
        RestorerError: something that was named is not there, or the list cannot be written.
    """
    check_sources(order.paths, out)
    queue = Queue(path)
    try:
        remember(queue, order.paths)
        count = _add_chosen(queue, order, naming, out)
        with listing(queue):  # interrupted, it is finished when the batch goes on
            found = iter(find_sources(order.paths, out, (), trees(queue)))
            while chunk := list(itertools.islice(found, CHUNK)):
                ctx.check()
                count += queue.add([(f, _status(f.path)) for f in chunk], naming, out)
    finally:
        queue.close()
    return count


States = dict[Path, tuple[int, int]]
"""Size and time of modification of the photographs that a look found."""


@dataclass(frozen=True)
class Looked:
    """What one look into the folders of a batch gave.

    Attributes:
        states: of all photographs that are there.
        added: how many were not yet in the list.
    """

    states: States
    added: int


def watched_paths(queue: Queue) -> list[Path]:
    """The folders and patterns of a batch, those too that are away just now."""
    return [p for p in named(queue) if is_folder(p) or is_pattern(str(p)) or _is_folder_away(p)]


def _is_folder_away(path: Path) -> bool:
    return is_away(path) and not is_photograph(path.name)


def look_for_new(path: Path, naming: Naming, out: Path, before: States, ctx: JobContext) -> Looked:
    """List photographs that came into the folders of a batch and have not changed since the last look.

    Args:
        path: of its list.
        naming: of its results.
        out: its output folder.
        before: what the last look found.
        ctx: cancellation.

    Raises:
        RestorerError: the list cannot be written.
    """
    queue = Queue(path)
    try:
        found = []
        for entry in find_present(watched_paths(queue), out, trees(queue)):
            ctx.check()
            if (status := _status(entry.path)) is not None:
                found.append((entry, status))
        now = {f.path: (s.st_size, s.st_mtime_ns) for f, s in found}
        still = [(f, s) for f, s in found if before.get(f.path) == now[f.path]]
        return Looked(now, queue.add(still, naming, out))
    finally:
        queue.close()


def recipe_run(
    photo: Photo, recipe: Recipe, device: str, entry: PhotoReport, ctx: JobContext, mask: Mask | None = None
) -> Outcome:
    """`restorer.cli.commands.run_recipe`, found by name in other processes."""
    from restorer.cli.commands import run_recipe

    return run_recipe(photo, recipe, device, entry, ctx, mask)


def fastest_workers(device: str) -> int:
    """Processes with which a batch is fastest: one for a graphics card.

    On the processor one core is left for the window.
    """
    from restorer.cli.batch import GIB_EACH
    from restorer.device import choose_device
    from restorer.processes import cores, memory_gib

    if choose_device(device).torch.type != "cpu":  # type: ignore[arg-type]
        return 1
    return max(1, min(cores() - 1, int(memory_gib() / GIB_EACH)))


def _with_models(recipe: Recipe) -> Recipe:
    from restorer.cli.commands import with_models

    return with_models(recipe)


def _status(path: Path) -> os.stat_result | None:
    try:
        return path.stat()
    except OSError:
        return None


@dataclass(frozen=True)
class Count:
    """How many photographs are named.

    Attributes:
        photographs: so far, or in all.
        examples: the first few, as (source, folder of the result).
        done: whether all folders were read.
    """

    photographs: int
    examples: tuple[tuple[Path, str], ...] = ()
    done: bool = False


def count_sources(paths: Sequence[Path], out: Path, ctx: JobContext) -> Count:
    """Count the photographs that `paths` name, telling the count while folders are read."""
    number = 0
    examples: list[tuple[Path, str]] = []
    for number, found in enumerate(find_sources(paths, out), 1):
        if len(examples) < 3:
            examples.append((found.path, found.folder))
        if number % TELL_EVERY == 0:
            ctx.progress(None, detail=Count(number, tuple(examples)))
    ctx.check()
    return Count(number, tuple(examples), done=True)


# --- batches that were left


@dataclass(frozen=True)
class Unfinished:
    """A batch that can be gone on with.

    Attributes:
        out: its output folder.
        left: photographs that wait.
        total: all photographs.
        triage: whether its photographs are still being looked at first.
    """

    out: Path
    left: int
    total: int
    triage: bool = False


def find_unfinished(folders: Iterable[Path], ctx: JobContext) -> list[Unfinished]:
    """Which of these batches have something left to do and are not being worked on by another program."""
    found: list[Unfinished] = []
    for out in folders:
        ctx.check()
        with contextlib.suppress(RestorerError, OSError):
            entry = _left_in(out, False) or _left_in(triage_folder(out), True)
            if entry is not None:
                found.append(replace(entry, out=out))
    return found


def _left_in(out: Path, triage: bool) -> Unfinished | None:
    path = queue_path(out)
    if not path.exists():
        return None
    FolderLock(path.with_name("lock.sqlite")).release()
    queue = Queue(path)
    try:
        counts = queue.counts()
        left = counts["waiting"] + counts["running"]
        left = left or min(1, unlisted(queue))  # perhaps none was listed yet
        if triage and queue.get("plan") is not None:
            left += _undecided(queue, out.parent)
        return Unfinished(out, left, sum(counts.values()), triage) if left > 0 else None
    finally:
        queue.close()


def _undecided(queue: Queue, out: Path) -> int:
    """Damaged photographs that wait for a decision, or for the repair that was decided."""
    decisions, found = Plan.read(queue).decisions, queue.ids(("done",))
    undecided = sum(decisions.get(number) is None for number in found)
    approved = [n for n in found if decisions.get(n) == "approve"]
    if not approved or not is_there(queue_path(out)):
        return undecided + len(approved)
    repaired = Queue(queue_path(out))
    try:
        items = (queue.item(number) for number in approved)
        return undecided + sum(not repaired.ids_of([item.path]) for item in items if item is not None)
    finally:
        repaired.close()


def found_of(item: Item) -> Found:
    """An item of one batch as a source of another."""
    return Found(item.path, item.root, item.folder)


class KnownBatches:
    """The folders of the batches that were begun here, in a file beside the settings.

    Args:
        path: of the file.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    def read(self) -> list[Path]:
        """The folders, the newest first; none where the file cannot be read."""
        try:
            content = json.loads(self.path.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return []
        listed = content.get("folders") if isinstance(content, dict) else None
        return [Path(f) for f in listed if isinstance(f, str)] if isinstance(listed, list) else []

    def add(self, folder: Path) -> None:
        """Remember a folder."""
        folder = full_path(folder)
        self._write([folder, *(f for f in self.read() if f != folder)][:MOST_KNOWN])

    def remove(self, folder: Path) -> None:
        """Forget a folder; nothing in it is touched."""
        self._write([f for f in self.read() if f != full_path(folder)])

    def _write(self, folders: list[Path]) -> None:
        content = json.dumps({"schema": 1, "folders": [str(f) for f in folders]}, indent=1)
        with contextlib.suppress(OSError, OutputError):  # not being offered it again is no loss of work
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with new_file(self.path, overwrite=True) as (stream, _):
                stream.write(content.encode())
