"""The views that a fill is averaged over: a photograph turned, mirrored, and moved on the grid of pixels."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from restorer.arrays import Pixels


@dataclass(frozen=True)
class View:
    """One way to look at a photograph.

    Attributes:
        upside_down: rows in reverse order.
        mirrored: columns in reverse order.
        turned: rows and columns exchanged, after both.
        shift: rows and columns that are put before it, reflected; at half and a quarter of the size other
            pixels are averaged then.
    """

    upside_down: bool
    mirrored: bool
    turned: bool
    shift: tuple[int, int]

    def of(self, picture: Pixels) -> Pixels:
        """(H, W) or (H, W, C), of any type, as it is seen in this view; a copy."""
        seen = picture[:: -1 if self.upside_down else 1, :: -1 if self.mirrored else 1]
        seen = seen.swapaxes(0, 1) if self.turned else seen
        before = [(rows, 0) for rows in self.shift] + [(0, 0)] * (picture.ndim - 2)
        return np.ascontiguousarray(np.pad(seen, before, mode="reflect"))

    def back(self, seen: Pixels) -> Pixels:
        """What was `seen` in this view as it lies in the photograph; not a copy."""
        picture = seen[self.shift[0] :, self.shift[1] :]
        picture = picture.swapaxes(0, 1) if self.turned else picture
        return picture[:: -1 if self.upside_down else 1, :: -1 if self.mirrored else 1]


# Every orientation once, and of the 16 places of a grid of 4 px no row and no column more than twice.
SHIFTS = ((0, 0), (1, 3), (2, 2), (3, 1), (0, 2), (1, 1), (2, 0), (3, 3))
VIEWS = tuple(View(bool(n & 1), bool(n & 2), bool(n & 4), shift) for n, shift in enumerate(SHIFTS))
