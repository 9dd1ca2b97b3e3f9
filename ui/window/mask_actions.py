"""What the actions of the mask do: import, export, infrared, and changes of the whole mask."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QFileDialog

from restorer.editing.mask import infrared_mask
from restorer.editing.surface import Surface
from restorer.jobs import JobContext
from ui.documents import work
from ui.documents.session import DocumentSession
from ui.window.desk import Desk, of_shown


class MaskActions(QObject):
    """The mask as a whole.

    Args:
        desk: gives window and session.
        on_exported: told what was written.
    """

    def __init__(self, desk: Desk, on_exported: Callable[[object], None]) -> None:
        super().__init__(desk)
        self._desk, self._on_exported = desk, on_exported

    def handlers(self) -> dict[str, Callable[..., object]]:
        """By id of the action."""
        return {
            "mask_import": self.import_mask,
            "mask_export": self.export_mask,
            "infrared": self.from_infrared,
            "mask_grow": lambda: self._desk.window.tool_options.grow(),
            "mask_shrink": lambda: self._desk.window.tool_options.shrink(),
            "mask_invert": lambda: self._desk.window.tool_options.invert(),
            "mask_clear": lambda: self._desk.window.tool_options.clear(),
        }

    @of_shown
    def import_mask(self, session: DocumentSession) -> None:
        """Mark what a picture marks."""
        endings = "*.png *.tif *.tiff *.bmp *.webp *.jpg *.jpeg"
        pattern = self.tr("Masks") + f" ({endings} {endings.upper()})"
        folder = str(session.path.parent) if session.path is not None else ""
        name, _ = QFileDialog.getOpenFileName(self._desk.window, self.tr("Import mask"), folder, pattern)
        if not name:
            return
        shape = session.photo.height, session.photo.width

        def read(ctx: JobContext) -> Surface:
            from restorer.image.saving import open_mask

            ctx.check()
            return work.surface_of(open_mask(name, shape, empty=False))

        title = self.tr("Import mask")
        session.run_file_job(title, read, lambda mask: session.add_to_mask(title, mask))

    @of_shown
    def export_mask(self, session: DocumentSession) -> None:
        """Write the mask into a new file."""
        start = (
            session.path.with_name(f"{session.path.stem}-mask.png")
            if session.path is not None
            else Path("mask.png")
        )
        pattern = "PNG (*.png);;TIFF (*.tif *.tiff)"
        name, _ = QFileDialog.getSaveFileName(
            self._desk.window,
            self.tr("Export mask"),
            str(start),
            pattern,
            options=QFileDialog.Option.DontConfirmOverwrite,
        )
        if not name:
            return
        path = Path(name)
        if not path.suffix:
            path = path.with_suffix(".png")
        mask = session.document.surfaces["mask"].snapshot()

        def save(ctx: JobContext) -> Path:
            from restorer.image.saving import save_mask

            ctx.check()
            save_mask(work.is_marked(mask), path)
            return path

        session.run_file_job(self.tr("Export mask"), save, self._on_exported, "write")

    def from_infrared(self) -> None:
        """Mark what the scanner's infrared channel shows."""
        session = self._desk.session
        if session is None or session.photo.infrared is None:
            return
        plane, sensitivity = session.photo.infrared, session.mask_settings.sensitivity

        def read(ctx: JobContext) -> Surface:
            ctx.check()
            return work.surface_of(infrared_mask(plane, sensitivity))

        title = self.tr("Mask from infrared")

        def settle(mask: Surface) -> None:
            if mask.keys():
                session.add_to_mask(title, mask)
            else:
                self._desk.window.toast.say(self.tr("The infrared channel shows no damage."))

        session.run_file_job(title, read, settle)
