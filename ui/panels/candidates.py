"""Several fills of one place side by side, to choose from."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QIcon, QPainter, QPainterPath, QPixmap
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QHBoxLayout,
    QListView,
    QListWidget,
    QListWidgetItem,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from restorer.arrays import Pixels
from restorer.library.store import library
from restorer.tiles import Box
from ui.canvas.display import Display
from ui.canvas.tools import draw_twice
from ui.documents.work import Candidate, FillSettings, surroundings
from ui.panels.repair_panel import model_title
from ui.widgets import heading, muted

if TYPE_CHECKING:
    from ui.documents.session import DocumentSession

TILE = QSize(210, 210)
LEAST_PX = 130  # of a tile, for what stands below it
GAP_PX = 5.0


def choices_for(settings: FillSettings, round_: int = 0) -> list[FillSettings]:
    """What is tried: the smooth fill, other seeds, more texture, a studied one if that was chosen, and the
    other models of the library."""
    studied = [settings] if settings.study_steps and not round_ else []
    settings = replace(settings, study_steps=0)  # it takes long: once is enough
    first = settings.seed + 1 + 3 * round_
    seeds = [replace(settings, seed=first + i) for i in range(3)]
    if round_:
        return seeds
    others = [m.id for m in library() if m.task == "repair" and not _is_current(m.id, m.default, settings)]
    return [
        replace(settings, detail=0.0),
        *seeds[:2],
        replace(settings, detail=1.0),
        *studied,
        *(replace(settings, model=model) for model in others),
    ]


def _is_current(model: str, default: bool, settings: FillSettings) -> bool:
    return default if settings.model is None else model == settings.model


class CandidatesDialog(QDialog):
    """Shows candidates as they are finished; OK takes the chosen one.

    Args:
        session: whose place is filled.
        region: the place.
        settings: as the panel has them.
        parent: window.
    """

    def __init__(
        self, session: DocumentSession, region: Box, settings: FillSettings, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setWindowTitle(self.tr("Fill this spot differently"))
        self._session, self._region, self._settings = session, region, settings
        self._candidates: list[Candidate] = []
        self._round = 0
        self._list = QListWidget()
        self._list.setViewMode(QListView.ViewMode.IconMode)
        self._list.setMovement(QListView.Movement.Static)
        self._list.setResizeMode(QListView.ResizeMode.Adjust)
        self._list.setAccessibleName(self.tr("Ways to fill"))
        self._list.itemActivated.connect(lambda _: self.accept())
        self._list.currentRowChanged.connect(self._on_row)
        self._state = muted()
        self._more = QPushButton(self.tr("&More"))
        self._more.setToolTip(self.tr("Three more with other seeds"))
        self._more.clicked.connect(self._on_more)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel)
        self.take = buttons.addButton(self.tr("Take this one"), QDialogButtonBox.ButtonRole.AcceptRole)
        self.take.setProperty("primary", True)
        self.take.setEnabled(False)
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        line = QHBoxLayout()
        line.addWidget(self._state, 1)
        line.addWidget(self._more)
        line.addWidget(buttons)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(16, 14, 16, 12)
        layout.addWidget(heading(self.tr("Choose the one that looks right; the others are forgotten.")))
        layout.addWidget(self._list, 1)
        layout.addLayout(line)
        self.resize(792, 650)
        session.candidate_ready.connect(self._on_ready)
        session.busy_changed.connect(self._on_busy)
        self._add_now()
        session.try_candidates(region, choices_for(settings))
        self._on_busy()

    def _add_now(self) -> None:
        document = self._session.document
        self._box = surroundings(self._region, document.height, document.width)
        tile = QSize(self._box.width, self._box.height).scaled(TILE, Qt.AspectRatioMode.KeepAspectRatio)
        self._list.setIconSize(tile)
        self._list.setGridSize(QSize(max(tile.width(), LEAST_PX) + 22, tile.height() + 46))
        self._add(self.tr("As it is"), document.surfaces["result"].read(self._box))
        self._list.setCurrentRow(0)

    def _on_ready(self, candidate: Candidate) -> None:
        self._candidates.append(candidate)
        gain = candidate.outcome.study_gain
        self._add(self._describe(candidate.settings, gain), candidate.pixels)

    def _describe(self, settings: FillSettings, study_gain: float | None) -> str:
        if settings.study_steps:
            return self.tr("After study, no gain") if study_gain == 0 else self.tr("After study")
        if settings.model != self._settings.model:
            found = (model_title(m) for m in library() if m.id == settings.model)
            title = next(found, str(settings.model)).replace("：", ":")
            return title.split(":")[0]
        if settings.detail != self._settings.detail:
            return self.tr("Smooth") if settings.detail == 0 else self.tr("Full texture")
        return self.tr("Seed {0}").format(settings.seed)

    def _add(self, text: str, pixels: Pixels) -> None:
        picture = _pixmap(pixels, self._session.photo.icc, self.devicePixelRatioF())
        _mark(picture, self._region, self._box)
        icon = QIcon(picture)
        icon.addPixmap(picture, QIcon.Mode.Selected)  # not tinted: it is to be judged
        item = QListWidgetItem(icon, text)
        item.setTextAlignment(Qt.AlignmentFlag.AlignHCenter)
        self._list.addItem(item)

    def _on_row(self, row: int) -> None:
        self.take.setEnabled(0 < row <= len(self._candidates))

    def _on_more(self) -> None:
        self._round += 1
        self._session.try_candidates(self._region, choices_for(self._settings, self._round))

    def _on_busy(self) -> None:
        busy = self._session.busy
        self._more.setEnabled(not busy)
        self._state.setText(self.tr("More are being made…") if busy else "")

    @property
    def chosen(self) -> Candidate | None:
        """The one that was taken."""
        row = self._list.currentRow() - 1
        return self._candidates[row] if 0 <= row < len(self._candidates) else None

    def done(self, result: int) -> None:
        """Stop what is still being made."""
        self._session.candidate_ready.disconnect(self._on_ready)
        self._session.busy_changed.disconnect(self._on_busy)
        self._session.cancel()
        super().done(result)


def _pixmap(pixels: Pixels, icc: bytes | None, ratio: float = 1.0) -> QPixmap:
    """`pixels` as large as a tile, with `ratio` device pixels for each of its own."""
    height, width = pixels.shape[:2]
    image, size = Display(icc, pixels.ndim == 2).image(pixels), TILE * ratio
    way = (
        Qt.TransformationMode.FastTransformation
        if max(height, width) < size.width()
        else Qt.TransformationMode.SmoothTransformation
    )
    picture = QPixmap.fromImage(image.scaled(size, Qt.AspectRatioMode.KeepAspectRatio, way))
    picture.setDevicePixelRatio(ratio)
    return picture


def _mark(picture: QPixmap, region: Box, box: Box) -> None:
    """Corners around the filled place, outside of it."""
    share = picture.deviceIndependentSize().width() / box.width
    place = QRectF(
        (region.x0 - box.x0) * share,
        (region.y0 - box.y0) * share,
        region.width * share,
        region.height * share,
    ).adjusted(-GAP_PX, -GAP_PX, GAP_PX, GAP_PX)
    arm = min(10.0, place.width() / 3, place.height() / 3)
    path = QPainterPath()
    for corner, x, y in (
        (place.topLeft(), 1, 1),
        (place.topRight(), -1, 1),
        (place.bottomLeft(), 1, -1),
        (place.bottomRight(), -1, -1),
    ):
        path.moveTo(corner + QPointF(x * arm, 0))
        path.lineTo(corner)
        path.lineTo(corner + QPointF(0, y * arm))
    painter = QPainter(picture)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    draw_twice(painter, path)
    painter.end()
