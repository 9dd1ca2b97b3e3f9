"""A session as pictures to draw: before, after, masks, and tiles that a running repair has finished."""

from __future__ import annotations

from typing import TYPE_CHECKING

from restorer.arrays import Pixels
from restorer.editing.document import Change, Document
from restorer.editing.surface import Key, Mips, Surface
from restorer.tiles import Box
from ui.canvas.display import Display
from ui.canvas.painting import Buffer, Masks, PictureTiles

if TYPE_CHECKING:
    from restorer.image.reading import Photo


class Scene:
    """What the canvas draws of one session.

    Args:
        photo: for its colour profile.
        document: its surfaces.
    """

    def __init__(self, photo: Photo, document: Document) -> None:
        self.document = document
        grey = document.source.channels == 0
        self.display = Display(photo.icc, grey)
        self._source_mips = Mips("mean")
        self._result_mips = Mips("mean", base=(document.source, self._source_mips))
        self._masks = Masks(document.surfaces["mask"], Mips("max"), document.surfaces["protect"], Mips("max"))
        self._preview: Surface | None = None
        self.source_tiles = PictureTiles(document.source, self._source_mips, self.display)
        self.result_tiles = PictureTiles(document.surfaces["result"], self._result_mips, self.display)
        self.after = Buffer(self.result_tiles, self._masks)
        self.before = Buffer(self.source_tiles)

    def changed(self, change: Change) -> tuple[Box | None, bool]:
        """Take up a change of the document.

        Returns:
            what is drawn differently because of masks, in picture pixels, and whether tiles of the picture
            changed.
        """
        keys = change.tiles.get("mask", frozenset()) | change.tiles.get("protect", frozenset())
        part = self.after.masks_changed(keys) if keys else None
        result = change.tiles.get("result", frozenset())
        if result:
            if self._preview is not None:
                for key in result:
                    self._preview.put(key, self.document.surfaces["result"].tile(key))
            self.after.picture_changed(result)
        return part, bool(result)

    def preview(self, box: Box, pixels: Pixels) -> None:
        """Show `pixels` over the result until `clear_preview`."""
        if self._preview is None:
            self._preview = self.document.surfaces["result"].snapshot()
            self.result_tiles.surface = self._preview
        self.after.picture_changed(frozenset(self._preview.patch(box, pixels)))

    def clear_preview(self) -> None:
        """Show the result as it is in the document."""
        if self._preview is None:
            return
        result = self.document.surfaces["result"]
        changed: frozenset[Key] = frozenset(result.changes_from(self._preview))
        self._preview, self.result_tiles.surface = None, result
        self.after.picture_changed(changed)

    def memory(self) -> int:
        """Bytes of reduced levels and converted tiles."""
        mips = (self._source_mips, self._result_mips, self._masks.mask_mips, self._masks.protect_mips)
        return sum(m.size() for m in mips) + self.source_tiles.size() + self.result_tiles.size()
