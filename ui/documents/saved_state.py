"""What of a document lies in a file already."""

from __future__ import annotations

from collections.abc import Callable

from restorer.editing.document import Document
from restorer.editing.surface import Surface
from ui.documents import work


class SavedState:
    """Tells whether a document holds work that is in no file.

    Args:
        document: what is watched.
        tell: called with True or False when that changes, and after every `note`.
        nowhere: whether it holds work that is in no file until `note` tells otherwise, even if that was to
            take back all that a project holds.
    """

    def __init__(self, document: Document, tell: Callable[[bool], None], nowhere: bool = False) -> None:
        self._document, self._tell, self._nowhere = document, tell, nowhere
        none = Surface(document.height, document.width)
        self._result, self._mask, self._protect = document.source.snapshot(), none, none
        self._told = False

    @property
    def edited(self) -> bool:
        """Whether there is a repair, a protected place, or a mask drawn by hand, that is in no file."""
        now = self._document.surfaces
        if self._nowhere:
            return True
        if not work.same_pixels(now["result"], self._result):
            return True
        if not work.same_pixels(now["protect"], self._protect):
            return True
        mask = now["mask"]
        proposal = self._document.values.get("proposal") or Surface(mask.height, mask.width)
        return not (work.same_pixels(mask, self._mask) or work.same_pixels(mask, proposal))

    @property
    def unrepaired(self) -> bool:
        """Whether damage is marked, be it only found, that was not repaired and is in no file."""
        mask, protect = self._document.surfaces["mask"], self._document.surfaces["protect"]
        filled = self._document.values.get("filled") or Surface(mask.height, mask.width)
        return not work.same_pixels(mask, self._mask) and work.any_unfilled(mask, protect, filled)

    def note(self, result: Surface, mask: Surface | None, protect: Surface) -> None:
        """This state lies in a file now; None: all but its mask."""
        self._result, self._protect = result, protect
        self._mask = self._mask if mask is None else mask
        self._nowhere = False
        self._told = self.edited
        self._tell(self._told)

    def check(self) -> None:
        """Tell if the answer is another one than before."""
        edited = self.edited
        if edited != self._told:
            self._told = edited
            self._tell(edited)
