"""What the main window has to do with batches: showing theirs, and correcting their photographs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QObject
from PySide6.QtGui import QColor

from restorer.editing.mask import Region, find_regions, grow
from restorer.editing.surface import Surface
from restorer.errors import InputError
from restorer.hashes import sha256_of
from restorer.jobs import JobContext
from ui.documents import work
from ui.documents.session import DocumentSession
from ui.window.desk import Desk

if TYPE_CHECKING:
    from ui.batch.panel import BatchPanel, EditRequest
    from ui.batch.work import KnownBatches, Run, Unfinished


@dataclass(frozen=True)
class Taken:
    """What a batch did to a photograph, as an open document wants it.

    Attributes:
        mask: what was marked.
        result: the photograph with what was filled; None if nothing was.
        filled: the marked pixels with their rim.
        spots: the places that were filled.
    """

    mask: Surface
    result: Surface | None
    filled: Surface
    spots: tuple[Region, ...]


def take(request: EditRequest, source: Surface, ctx: JobContext) -> Taken:
    """Read mask and result of a batch.

    Pixels outside of the rim stay those of `source`, whatever the format of the result did to them.

    Raises:
        InputError: the mask is gone or does not fit, or the photograph is another one now.
    """
    from restorer.image.reading import open_photo
    from restorer.image.saving import open_mask

    if _has_changed(request):
        raise InputError(
            f"'{request.source.name}' has changed since the batch worked on it.",
            "Its mask and its repair were not taken over: find its damage anew.",
        )

    shape = (source.height, source.width)
    mask = open_mask(request.mask, shape) if request.mask is not None else np.zeros(shape, bool)
    ctx.check()
    nothing = Taken(work.surface_of(mask), None, Surface(*shape), ())
    if request.result is None or not request.result.exists():
        return nothing
    pixels = open_photo(request.result).pixels
    ctx.check()
    if (
        pixels.shape != shape + ((source.channels,) if source.channels else ())
        or pixels.dtype != source.dtype
    ):
        return nothing  # written in another depth: it can be repaired again from the mask
    filled = grow(mask, request.grow_px)
    result = source.snapshot()
    result.patch(source.box, pixels, filled)
    return Taken(work.surface_of(mask), result, work.surface_of(filled), tuple(find_regions(filled)))


def _has_changed(request: EditRequest) -> bool:
    """Whether another photograph lies there now; one whose file is gone is taken as it was opened."""

    try:
        return request.sha256 is not None and sha256_of(request.source) != request.sha256
    except OSError:
        return False


class BatchActions(QObject):
    """The batch window, made when it is first wanted, or when a batch was left unfinished.

    Args:
        desk: gives window, workspace and theme.
        open_paths: opens photographs in the window.
        run: puts one photograph through a recipe; None takes the real one.
        workers: processes; None takes as many as are faster.
    """

    def __init__(
        self,
        desk: Desk,
        open_paths: Callable[[list[Path]], None],
        run: Run | None = None,
        workers: int | None = None,
    ) -> None:
        super().__init__(desk)
        self._desk, self._open_paths = desk, open_paths
        self.run, self.workers = run, workers
        self.panel: BatchPanel | None = None
        self._wanted: EditRequest | None = None
        self._known_path = desk.store.folder / "batches.json"

    def handlers(self) -> dict[str, Callable[..., object]]:
        """By id of the action."""
        return {"batch": self.show}

    def join(self) -> None:
        """Connect to the window, once it is there, and see whether a batch was left."""
        self._desk.workspace.session_changed.connect(self._on_shown)
        self._desk.workspace.failed.connect(self._on_failed)
        if self._known_path.exists() and self._known().read():
            self._make().look_for_unfinished()

    def _known(self) -> KnownBatches:
        # With it come all the codecs, which the start need not wait for.
        from ui.batch.work import KnownBatches

        return KnownBatches(self._known_path)

    def reload_models(self) -> None:
        """The library holds other models."""
        if self.panel is not None:
            self.panel.setup.form.reload_models()

    @property
    def at_work(self) -> list[str]:
        """What runs, for a person; nothing while it is paused."""
        panel = self.panel
        sessions = [panel.search, panel.session] if panel is not None else []
        return [self.tr("Batch")] if any(s.running and not s.paused for s in sessions) else []

    def show(self) -> None:
        """Show the batch window."""
        panel = self._make()
        panel.triage.set_overlay_colour(QColor(self._desk.window.canvas.overlay_colour))
        panel.show()
        panel.raise_()
        panel.activateWindow()

    def _make(self) -> BatchPanel:
        from ui.batch.panel import BatchPanel

        if self.panel is None:
            runner, theme = self._desk.workspace.runner, self._desk.theme
            self.panel = BatchPanel(runner, theme, self._known(), self.run, self.workers)
            self.panel.setup.wanted_device = lambda: self._desk.store.value.device
            self.panel.edit_wanted.connect(self._edit)
            self.panel.told.connect(self._desk.window.toast.say)
            self.panel.unfinished_found.connect(self._on_unfinished)
        return self.panel

    def _on_unfinished(self, found: list[Unfinished]) -> None:
        if self.panel is not None and not self.panel.isVisible():
            name = found[0].out.name
            text = self.tr("The batch in “{0}” is not finished. Ctrl+B goes on with it.")
            self._desk.window.toast.say(text.format(name))

    # --- correcting

    def _edit(self, request: EditRequest) -> None:
        self._wanted = request
        window = self._desk.window
        window.show()
        window.raise_()
        window.activateWindow()
        self._open_paths([request.source])
        self._on_shown(self._desk.session)

    def _on_shown(self, session: DocumentSession | None) -> None:
        request = self._wanted
        if request is None or session is None or session.path != request.source.absolute():
            return
        self._wanted = None
        if session.busy:
            self._desk.window.toast.say(self.tr("Wait until the running work has ended."))
            return
        if request.mask is None and request.result is None:
            return
        source = session.document.source
        session.run_file_job(
            self.tr("Taking over the batch's repair"),
            lambda ctx: take(request, source, ctx),
            lambda taken: self._apply(session, taken),
        )

    def _on_failed(self, *_: object) -> None:
        """What could not be opened is not corrected when it happens to be opened some day."""
        self._wanted = None

    def _apply(self, session: DocumentSession, taken: Taken) -> None:
        """One step of the history; what was done to the photograph before can be had back by undoing it."""
        edited = session.edited
        with session.document.edit(self.tr("Repair of the batch")) as tx:
            tx.put("mask", taken.mask)
            if taken.result is not None:
                tx.put("result", taken.result)
                tx.set("filled", taken.filled)
                tx.set("repairs", taken.spots)
                tx.set("fill_steps", ())  # the batch's own sidecar tells of its repair
        if not edited:
            session.mark_kept()

    def shut_down(self) -> None:
        """The program ends; all jobs have ended before."""
        if self.panel is not None:
            self.panel.shut_down()
            self.panel.hide()
            self.panel.deleteLater()
            self.panel = None
