"""Looking at the damage of a batch before anything is repaired, without Qt: search, previews, decisions."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from restorer.arrays import Bytes, Pixels
from restorer.batch.files import Naming, queue_path
from restorer.batch.queue import Item, Queue
from restorer.editing.mask import Mask
from restorer.errors import InputError, RestorerError
from restorer.image.colour import small_picture
from restorer.image.reading import Photo
from restorer.jobs import JobContext
from restorer.record.recipe import Outcome, Recipe, as_json, from_json
from restorer.record.report import PhotoReport

PREVIEW_PX = 640
SEEN_THROUGH = 0.75  # share of the overlay's colour where all is damaged

Run = Callable[..., Outcome]
"""(photo, recipe, device, report, ctx, mask=None) -> outcome: `restorer.record.recipe.Run` that can be
given a mask, which is then repaired instead of what would be found."""


@dataclass(frozen=True)
class TriageRun:
    """Searches, and gives a small preview instead of a repair: RGBA, transparent where damage was found, so
    that any colour can shine through.

    Args:
        run: puts a photograph through a recipe; it is given the stage "detect" alone.
        format: of the results that are planned: what it cannot hold need not be looked at.
    """

    run: Run
    format: str = "source"

    def __call__(
        self, photo: Photo, recipe: Recipe, device: str, entry: PhotoReport, ctx: JobContext
    ) -> Outcome:
        from restorer.image.saving import check_fits

        if self.format != "source":
            check_fits(photo, self.format)
        outcome = self.run(photo, recipe, device, entry, ctx)
        if outcome.mask is None or not outcome.mask.any():
            return Outcome(None, outcome.mask)
        return Outcome(preview(photo.pixels, outcome.mask, photo.icc), outcome.mask)


def preview(pixels: Pixels, mask: Mask, icc: bytes | None = None) -> Photo:
    """A picture of at most `PREVIEW_PX` a side, in which damage is transparent; thin scratches stay visible.

    Args:
        pixels: (H, W) or (H, W, 3), uint8 or uint16.
        mask: (H, W), what was found.
        icc: profile of the pixels.
    """
    import cv2

    scale = min(1.0, PREVIEW_PX / max(pixels.shape[:2]))
    small = small_picture(pixels, icc, PREVIEW_PX)
    marked: Bytes = mask.view(np.uint8)
    if scale < 1:  # the largest of each cell, so that a scratch of one pixel is not averaged away
        reach = int(np.ceil(1 / scale))
        marked = np.asarray(cv2.dilate(marked, np.ones((reach, reach), np.uint8)))
    size = (small.shape[1], small.shape[0])
    share: Bytes = np.asarray(cv2.resize(marked * np.uint8(255), size, interpolation=cv2.INTER_AREA))
    alpha = np.round(255 - share * SEEN_THROUGH).astype(np.uint8)
    return Photo(np.ascontiguousarray(small), alpha=alpha, format="PNG")


@dataclass(frozen=True)
class KnownMask:
    """What was found in a file.

    Attributes:
        path: of the mask.
        size: of the photograph's file, in bytes.
        mtime_ns: when that file was last written to.
    """

    path: Path
    size: int | None
    mtime_ns: int | None

    def fits(self, source: str) -> bool:
        """Whether the photograph is still the one that was searched."""
        try:
            status = Path(source).stat()
        except OSError:
            return False
        return (status.st_size, status.st_mtime_ns) == (self.size, self.mtime_ns)


@dataclass(frozen=True)
class WithMask:
    """Repairs what was found when the photographs were looked at first, and approved then.

    Args:
        run: puts a photograph through a recipe.
        masks: by source; others are searched.
    """

    run: Run
    masks: dict[str, KnownMask] = field(hash=False)

    def __call__(
        self, photo: Photo, recipe: Recipe, device: str, entry: PhotoReport, ctx: JobContext
    ) -> Outcome:
        known = self.masks.get(entry.source)
        mask = _approved_mask(known, photo, entry.source) if known is not None else None
        return self.run(photo, recipe, device, entry, ctx, mask)


def _approved_mask(known: KnownMask, photo: Photo, source: str) -> Mask:
    """Raise InputError where nobody has agreed to what would be repaired."""
    from restorer.image.saving import open_mask

    again = "Look at its damage again, then approve it."
    if not known.fits(source):
        raise InputError("The photograph was changed since its damage was approved.", again)
    try:
        return open_mask(known.path, (photo.height, photo.width))
    except RestorerError as error:
        raise InputError("The mask that was approved cannot be read any more.", again) from error


def masks_of(out: Path) -> dict[str, KnownMask]:
    """Masks by source of what is approved in the list of a search, as it stands on disk.

    Raises:
        InputError: what was decided cannot be read, so that nothing is repaired unseen.
    """
    queue = Queue(queue_path(out))
    try:
        known: dict[str, KnownMask] = {}
        for item in _approved(queue) if queue.get("plan") else ():
            if item.mask:
                known[str(item.path)] = KnownMask(out / item.mask, item.size, item.mtime_ns)
        return known
    finally:
        queue.close()


@dataclass(frozen=True)
class Plan:
    """What is to become of photographs that are looked at first; lies in the list of the search.

    Attributes:
        recipe: with which the approved ones are repaired.
        naming: of the results.
        decisions: "approve", "redo" or "skip" by number of the item.
        sidecars: as of the order.
    """

    recipe: Recipe
    naming: Naming
    decisions: dict[int, str] = field(default_factory=dict)
    sidecars: bool = False

    @classmethod
    def read(cls, queue: Queue) -> Plan:
        """The plan that a list holds.

        Raises:
            InputError: it holds none that can be used.
        """
        try:
            content: Any = json.loads(queue.get("plan") or "")
            decisions = json.loads(queue.get("decisions") or "{}")
            recipe = from_json(content["recipe"])
            naming = Naming(**content["naming"])
            naming.check()
            known = {int(k): str(v) for k, v in decisions.items()}
            return cls(recipe, naming, known, bool(content["sidecars"]))
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise InputError("What was decided about this batch cannot be read.", "Begin it anew.") from error

    def write(self, queue: Queue) -> None:
        """Put it into a list."""
        content = {"recipe": as_json(self.recipe), "naming": asdict(self.naming), "sidecars": self.sidecars}
        queue.put("plan", json.dumps(content))
        self.write_decisions(queue)

    def write_decisions(self, queue: Queue) -> None:
        """Put the decisions alone into a list."""
        queue.put("decisions", json.dumps(self.decisions))


def approved_in(out: Path) -> set[Path]:
    """The photographs that are approved in the list of a search, as it stands on disk."""
    queue = Queue(queue_path(out))
    try:
        return {item.path for item in _approved(queue)}
    finally:
        queue.close()


def _approved(queue: Queue) -> Iterator[Item]:
    known = Plan.read(queue).decisions
    for number in sorted(n for n, decision in known.items() if decision == "approve"):
        if (item := queue.item(number)) is not None:  # one by one: reports of very many need much memory
            yield item


def search_part(recipe: Recipe) -> Recipe:
    """The search of a recipe alone.

    Raises:
        InputError: it does not search.
    """
    stage = recipe.stage("detect")
    if stage is None:
        raise InputError("This recipe does not search for damage.", "Add the stage that finds damage.")
    return Recipe((stage,), recipe.title)
