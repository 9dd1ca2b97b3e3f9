"""What the window's jobs do: functions of snapshots that return values. No Qt, and nothing heavy imported
before it is needed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from restorer.arrays import Bools, Pixels
from restorer.editing.mask import (
    DamageMap,
    MaskCutter,
    MaskSettings,
    Region,
    count_changes,
    find_regions,
    grow,
)
from restorer.editing.surface import Key, Surface, keys_in
from restorer.errors import InputError, RestorerError
from restorer.jobs import JobContext
from restorer.tiles import Box, FinishedTile
from ui.documents.fill_steps import MOST_STEPS, FillSettings, FillStep, noting, step_of
from ui.documents.networks import Networks

if TYPE_CHECKING:
    from restorer.image.reading import Photo

MARGIN_PX = 256  # what a repair sees around the damage
MASKED = 128  # from this coverage on a pixel counts as marked


Task = Callable[[JobContext], Any]


# --- masks


def is_marked(surface: Surface) -> Bools:
    """A mask surface as (H, W) bool."""
    return surface.to_array() >= MASKED


def surface_of(mask: Bools) -> Surface:
    """A mask (H, W) bool as a surface of 0 and 255; tiles without a marked pixel are left out."""
    surface = Surface(*mask.shape)
    for key in _touched_tiles(mask):
        surface.put(key, mask[surface.tile_box(key).slices].astype(np.uint8) * np.uint8(255))
    return surface


def _touched_tiles(mask: Bools) -> list[Key]:
    surface = Surface(*mask.shape)
    return [key for key in keys_in(surface.box) if mask[surface.tile_box(key).slices].any()]


@dataclass(frozen=True)
class Corrected:
    """A mask made of a proposal and what a person changed; `by_hand` marks the pixels that were changed."""

    mask: Surface
    by_hand: Surface


def corrected(mask: Surface, proposal: Surface | None, by_hand: Surface | None, new: Surface) -> Corrected:
    """The new proposal with what a person changed of the old ones: strokes stay, what was erased stays
    erased."""
    old = proposal or Surface(mask.height, mask.width)
    before = by_hand or Surface(mask.height, mask.width)
    out, flags = new.snapshot(), Surface(mask.height, mask.width)
    for key in mask.keys() | old.keys() | before.keys():
        if mask.tile(key) is old.tile(key) and before.tile(key) is None:
            continue
        place = mask.tile_box(key)
        mine, its, known, now = (surface.read(place) for surface in (mask, old, before, new))
        touched = (mine != its) | (known > 0)
        if touched.any():
            flags.put(key, touched.view(np.uint8) * np.uint8(255))
            merged = np.where(touched, mine, now)
            out.put(key, merged if merged.any() else None)
    return Corrected(out, flags)


def united(a: Surface, b: Surface) -> Surface:
    """The larger of two masks at every pixel."""
    out = a.snapshot()
    for key in sorted(b.keys()):
        mine, other = a.tile(key), b.tile(key)
        out.put(key, other if mine is None or other is None else np.maximum(mine, other))
    return out


def same_pixels(a: Surface, b: Surface) -> bool:
    """Whether two surfaces of one size hold the same pixels; tiles that are shared are not looked at."""
    for key in a.changes_from(b):
        one, two = a.tile(key), b.tile(key)
        if one is None or two is None:
            if (one if two is None else two).any():  # type: ignore[union-attr]
                return False
        elif not np.array_equal(one, two):
            return False
    return True


def any_unfilled(mask: Surface, protect: Surface, filled: Surface) -> bool:
    """Whether anything is marked that is neither protected nor filled."""
    for key in sorted(mask.keys()):
        box = mask.tile_box(key)
        done = np.maximum(protect.read(box), filled.read(box)) >= MASKED
        if ((mask.read(box) >= MASKED) & ~done).any():
            return True
    return False


def make_cutter(damage: DamageMap, pixels: Pixels) -> MaskCutter:
    """A cutter that keeps no more of the picture than its luma in 8 bits."""
    import cv2

    luma: Pixels = pixels if pixels.ndim == 2 else np.asarray(cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY))
    return MaskCutter(damage, luma if luma.dtype == np.uint8 else (luma // 256).astype(np.uint8))


@dataclass(frozen=True)
class Cut:
    """A proposal cut from the damage map: as a surface, with its share of the picture."""

    surface: Surface
    share: float


def unprotected(mask: Bools, protect: Surface) -> Bools:
    """`mask` without what is protected."""
    touched = sorted(protect.keys())
    if not touched:
        return mask
    out = mask.copy()
    for key in touched:
        box = protect.tile_box(key)
        out[box.slices] &= protect.read(box) < MASKED
    return out


def cut(cutter: MaskCutter, settings: MaskSettings, protect: Surface) -> Cut:
    """Cut the map again; what is protected is no damage."""
    mask = unprotected(cutter.cut(settings), protect)
    return Cut(surface_of(mask), float(np.count_nonzero(mask)) / max(mask.size, 1))


@dataclass(frozen=True)
class Survey:
    """What a mask holds: its regions, the largest first, and the marked share of the picture, 0..1."""

    regions: list[Region] = field(default_factory=list)
    share: float = 0.0


def survey(mask: Surface, protect: Surface, ctx: JobContext) -> Survey:
    """Find the regions of a mask that will be filled, and their share of the picture."""
    ctx.check()
    marked = unprotected(is_marked(mask), protect)
    regions = find_regions(marked)
    return Survey(regions, float(np.count_nonzero(marked)) / max(marked.size, 1))


# --- finding and filling


@dataclass(frozen=True)
class Found:
    """What a search gave: the picture that was searched, the map, what cuts it, and the first cut."""

    picture: Surface
    damage: DamageMap
    cutter: MaskCutter
    cut: Cut


@dataclass(frozen=True)
class Search:
    """What is to be searched for damage: `source`, `result`, `mask`, `protect` and `filled` as in
    `FillOrder`, on `device`; `known` is the last search, to be taken again while it is still true."""

    source: Surface
    result: Surface
    mask: Surface
    protect: Surface
    filled: Surface
    settings: MaskSettings
    device: str
    known: Found | None = None


def find(networks: Networks, order: Search, ctx: JobContext) -> Found:
    """Search the photograph for damage, as far as it was repaired in its repaired state: places that were
    filled and are not marked any more are searched as in the scan, which the next repair shows there."""
    picture = order.result.snapshot()
    if order.filled.keys():
        filled = is_marked(order.filled)
        _copy(order.source, picture, filled & ~_whole_places(filled, is_marked(order.mask)))
    known = order.known
    if known is not None and same_pixels(picture, known.picture):
        return replace(known, cut=cut(known.cutter, order.settings, order.protect))
    pixels = picture.to_array()
    damage = networks.find_or_cpu(pixels, order.device, ctx)
    ctx.check()
    cutter = make_cutter(damage, pixels)
    return Found(picture, damage, cutter, cut(cutter, order.settings, order.protect))


def settled(mask: Surface, by_hand: Surface | None, filled: Surface) -> Surface:
    """`by_hand` with all that is marked and filled: a new search looks at the repaired photograph, and what
    it does not find there any more stays marked."""
    out = by_hand.snapshot() if by_hand is not None else Surface(mask.height, mask.width)
    for key in mask.keys() & filled.keys():
        box = mask.tile_box(key)
        done = np.minimum(mask.read(box), filled.read(box)) >= MASKED
        if done.any():
            out.put(key, np.maximum(out.read(box), done.view(np.uint8) * np.uint8(255)))
    return out


@dataclass(frozen=True)
class FillOrder:
    """What is to be filled.

    Attributes:
        source: the photograph as it was opened.
        result: as it is now.
        mask: what is marked.
        protect: what must not be touched.
        filled: pixels that earlier repairs filled.
        settings: how.
        region: fill the place with these bounds alone, anew; None makes the result agree with the mask.
        anew: fill everything again, also what was filled before.
        steps: the repairs so far.
    """

    source: Surface
    result: Surface
    mask: Surface
    protect: Surface
    filled: Surface
    settings: FillSettings
    region: Box | None = None
    anew: bool = False
    steps: tuple[FillStep, ...] = ()


@dataclass(frozen=True)
class Filled:
    """What a repair gave: the new result, all filled pixels, the filled places, the repairs that they come
    from, and how many places are as in the scan again."""

    result: Surface
    filled: Surface
    spots: tuple[Region, ...]
    steps: tuple[FillStep, ...] = ()
    given_back: int = 0

    @property
    def study_gain(self) -> float | None:
        """What the last study brought, as `FillStep` has it."""
        return self.steps[-1].study_gain if self.steps else None


def fill(networks: Networks, order: FillOrder, ctx: JobContext) -> Filled:
    """Make the result agree with the mask.

    What is marked and was not filled yet is filled, what is not marked any more becomes the source again,
    and what is protected stays the source whatever the mask says.
    """
    settings = order.settings
    allowed = order.protect.to_array() < MASKED
    marked = is_marked(order.mask) & allowed
    before = is_marked(order.filled)
    if order.region is not None:
        spot = _spot_at(before, order.region)
        wanted = _whole_places(marked, spot)
        if not wanted.any():  # the mask was cleared since: what was filled there, as it is
            wanted = _whole_places(before, spot) & allowed
            settings = replace(settings, grow_px=0)
        after = before | (grow(wanted, settings.grow_px) & allowed)
    else:
        after = grow(marked, settings.grow_px) & allowed
        wanted = marked if order.anew else _whole_places(marked, grow(after & ~before, settings.grow_px + 1))
    result, filled, gone = order.result.snapshot(), surface_of(after), before & ~after
    _copy(order.source, result, gone)
    given_back = sum(not after[spot.box.slices].any() for spot in find_regions(before)) if gone.any() else 0
    if wanted.all():
        raise InputError(
            "The whole picture is marked as damaged.", "Leave unmarked what the repair can go by."
        )
    steps = order.steps if after.any() and not order.anew else ()
    if wanted.any():
        noted: list[object] = []
        beside = marked & ~before & ~wanted  # damage that is left for later is nothing to go by
        told = ctx.with_details(noting(noted))
        box, pixels, grown = _fill_box(networks, result, wanted, beside, settings, told)
        result.patch(box, pixels, grown & allowed[box.slices])
        steps = (*steps, step_of(settings, order.region, noted))[-MOST_STEPS:]
    return Filled(result, filled, tuple(find_regions(after)), steps, given_back)


def spared(value: Filled, order: FillOrder, mask: Surface, protect: Surface) -> Filled:
    """`value` with the source again in what was protected, or is not marked any more, since it was ordered.

    Args:
        value: what came of `order`.
        mask: what is marked now.
        protect: what must not be touched now.
    """
    if same_pixels(mask, order.mask) and same_pixels(protect, order.protect):
        return value
    filled, marked = is_marked(value.filled), is_marked(mask)
    after = unprotected(filled, protect)
    if order.region is None and (is_marked(order.mask) & ~marked).any():
        after = after & grow(marked, order.settings.grow_px)
    if np.array_equal(after, filled):
        return value
    result = value.result.snapshot()
    _copy(order.source, result, filled & ~after)
    steps = value.steps if after.any() else ()
    return Filled(result, surface_of(after), tuple(find_regions(after)), steps, value.given_back)


def _spot_at(filled: Bools, box: Box) -> Bools:
    """The filled place whose bounds `box` is, without others that reach into it; where there is none, all of
    `box`."""
    import cv2

    _, labels, stats, _ = cv2.connectedComponentsWithStats(filled.astype(np.uint8), connectivity=8)
    bounds = (box.x0, box.y0, box.width, box.height)
    its = [number for number, found in enumerate(stats[1:, :4].tolist(), 1) if tuple(found) == bounds]
    inside = np.zeros_like(filled)
    inside[box.slices] = np.isin(labels[box.slices], its) if its else True
    return inside


def _whole_places(mask: Bools, seeds: Bools) -> Bools:
    """The connected places of `mask` that have a pixel in `seeds`."""
    import cv2

    count, found = cv2.connectedComponents(mask.astype(np.uint8), connectivity=8)
    labels = found.astype(np.int32, copy=False)
    keep = np.zeros(count, bool)
    keep[np.unique(labels[seeds])] = True
    keep[0] = False
    return keep[labels]


def _copy(source: Surface, target: Surface, where: Bools) -> None:
    for key in _touched_tiles(where):
        box = source.tile_box(key)
        target.patch(box, source.read(box), where[box.slices])


def _fill_box(
    networks: Networks,
    picture: Surface,
    wanted: Bools,
    beside: Bools,
    settings: FillSettings,
    ctx: JobContext,
) -> tuple[Box, Pixels, Bools]:
    """Fill only as much of the picture as holes and their surroundings cover.

    What is damaged `beside` them is hidden from the network too, and no texture is taken from there.
    """
    rows, columns = np.flatnonzero(wanted.any(1)), np.flatnonzero(wanted.any(0))
    near = Box(int(rows[0]), int(columns[0]), int(rows[-1]) + 1, int(columns[-1]) + 1)
    box = near.grown(MARGIN_PX, picture.height, picture.width)

    source, mask = picture.read(box), np.ascontiguousarray(wanted[box.slices])
    hidden, own = mask | beside[box.slices], grow(mask, settings.grow_px)
    if grow(hidden, settings.grow_px).all():
        hidden = mask

    def moved(detail: object) -> object:
        if not isinstance(detail, FinishedTile):
            return detail
        place, shown, others = detail.box, detail.pixels.copy(), ~own[detail.box.slices]
        shown[others] = source[place.slices][others]
        return FinishedTile(place.moved(box.y0, box.x0), shown)

    pixels, grown = networks.fill_or_cpu(source, hidden, settings, ctx.with_details(moved))
    return box, pixels, grown & own


@dataclass(frozen=True)
class Candidate:
    """One way to fill a region.

    Attributes:
        settings: how it was made.
        box: what `pixels` shows, the region with its surroundings.
        pixels: (h, w) or (h, w, 3) of the photograph's type.
        outcome: to be applied if it is chosen.
    """

    settings: FillSettings
    box: Box
    pixels: Pixels
    outcome: Filled


def surroundings(region: Box, height: int, width: int) -> Box:
    """As much around a place as is needed to judge a fill of it."""
    return region.grown(max(24, max(region.height, region.width) // 2), height, width)


def candidates(
    networks: Networks, order: FillOrder, choices: list[FillSettings], ctx: JobContext
) -> list[Candidate]:
    """Fill one region in several ways; every finished one is told as a progress detail.

    Raises:
        RestorerError: of the first way that was not possible, after all others were tried.
    """
    assert order.region is not None
    box = surroundings(order.region, order.source.height, order.source.width)
    made: list[Candidate] = []
    trouble: RestorerError | None = None
    for index, settings in enumerate(choices):
        part = ctx.part(index / len(choices), 1 / len(choices))
        try:
            outcome = fill(networks, replace(order, settings=settings), part)
        except RestorerError as error:  # a model of the library that is damaged, say
            trouble = trouble or error
            continue
        made.append(Candidate(settings, box, outcome.result.read(box), outcome))
        ctx.progress((index + 1) / len(choices), detail=made[-1])
    if trouble is not None:
        raise trouble
    return made


@dataclass(frozen=True)
class Proof:
    """Changed pixels, counted: inside of what was filled, and outside of it (0)."""

    inside: int
    outside: int


def prove(source: Surface, result: Surface, filled: Surface, ctx: JobContext) -> Proof:
    """Compare source and result pixel by pixel wherever they do not share their tiles."""
    inside = outside = 0
    for key in result.changes_from(source):
        ctx.check()
        box = source.tile_box(key)
        changed = count_changes(source.read(box), result.read(box), filled.read(box) >= MASKED)
        inside, outside = inside + changed[0], outside + changed[1]
    return Proof(inside, outside)


# --- files


def open_file(path: Path, ctx: JobContext) -> Photo:
    """`restorer.image.reading.open_photo`."""
    from restorer.image.reading import open_photo

    ctx.check()
    return open_photo(path)


def thumbnail(path: Path, side: int, ctx: JobContext) -> Pixels:
    """A small picture of a file, (h, w, 3) uint8 in sRGB, at most `side` px on a side."""
    from restorer.image.colour import small_picture
    from restorer.image.reading import open_photo

    ctx.check()
    photo = open_photo(path)
    return small_picture(photo.pixels, photo.icc, side)
