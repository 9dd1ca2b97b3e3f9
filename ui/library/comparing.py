"""Two models repair what is visible of the open photograph; the results side by side."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import QEvent, QObject, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPixmap, QWheelEvent
from PySide6.QtWidgets import (
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QHBoxLayout,
    QProgressBar,
    QVBoxLayout,
    QWidget,
)

from restorer.library.store import library
from restorer.tiles import Box
from ui.canvas.display import Display
from ui.core_texts import error_told
from ui.documents.foreground import News
from ui.documents.session import DocumentSession
from ui.documents.work import Candidate, FillSettings
from ui.panels.repair_panel import model_title
from ui.parts import Notice, button
from ui.theme import ThemeManager
from ui.widgets import heading, resize_within_screen

ZOOM_MAX = 16.0


class ZoomView(QWidget):
    """A picture that is dragged and zoomed with the wheel; views of one group move together."""

    def __init__(self, name: str, theme: ThemeManager, group: list[ZoomView]) -> None:
        super().__init__()
        self._theme, self._group = theme, group
        self._pixmap: QPixmap | None = None
        self._zoom, self._middle = 1.0, QPointF(0.5, 0.5)
        self._grabbed: QPointF | None = None
        group.append(self)
        self.setMinimumSize(220, 220)
        self.setAccessibleName(name)
        self.setCursor(Qt.CursorShape.OpenHandCursor)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setToolTip(self.tr("Wheel or + and - zoom; drag moves; both pictures move together"))
        self.installEventFilter(self)

    @property
    def shown(self) -> bool:
        """Whether there is a picture."""
        return self._pixmap is not None

    def take(self, pixmap: QPixmap | None) -> None:
        """Show a picture, or none."""
        self._pixmap = pixmap
        self.update()

    def _scale(self) -> float:
        if self._pixmap is None:
            return 1.0
        fit = min(self.width() / self._pixmap.width(), self.height() / self._pixmap.height())
        return fit * self._zoom

    def paintEvent(self, event: QPaintEvent) -> None:
        del event
        painter = QPainter(self)
        painter.fillRect(self.rect(), QColor(self._theme.colours.canvas))
        if self._pixmap is None:
            return
        scale = self._scale()
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, scale < 3)
        size = QPointF(self._pixmap.width() * scale, self._pixmap.height() * scale)
        corner = QPointF(
            self.width() / 2 - self._middle.x() * size.x(), self.height() / 2 - self._middle.y() * size.y()
        )
        painter.drawPixmap(
            QRectF(corner.x(), corner.y(), size.x(), size.y()), self._pixmap, QRectF(self._pixmap.rect())
        )

    def _all(self, zoom: float, middle: QPointF) -> None:
        zoom = min(max(zoom, 1.0), ZOOM_MAX)
        middle = QPointF(min(max(middle.x(), 0.0), 1.0), min(max(middle.y(), 0.0), 1.0))
        if zoom == 1.0:
            middle = QPointF(0.5, 0.5)
        for view in self._group:
            view._zoom, view._middle = zoom, middle
            view.update()

    def wheelEvent(self, event: QWheelEvent) -> None:
        self._all(self._zoom * 1.25 ** (event.angleDelta().y() / 120), self._middle)
        event.accept()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        kind = event.type()
        if kind == QEvent.Type.MouseButtonPress:
            self._grabbed = event.position()  # type: ignore[attr-defined]
        elif kind == QEvent.Type.MouseButtonRelease:
            self._grabbed = None
        elif kind == QEvent.Type.MouseMove and self._grabbed is not None and self._pixmap is not None:
            moved = event.position() - self._grabbed  # type: ignore[attr-defined]
            self._grabbed = event.position()  # type: ignore[attr-defined]
            scale = self._scale()
            step = QPointF(
                moved.x() / (self._pixmap.width() * scale), moved.y() / (self._pixmap.height() * scale)
            )
            self._all(self._zoom, self._middle - step)
        elif kind == QEvent.Type.KeyPress:
            return self._key(event.key())  # type: ignore[attr-defined]
        return super().eventFilter(watched, event)

    def _key(self, key: int) -> bool:
        steps = {
            Qt.Key.Key_Left: QPointF(-0.1, 0), Qt.Key.Key_Right: QPointF(0.1, 0),
            Qt.Key.Key_Up: QPointF(0, -0.1), Qt.Key.Key_Down: QPointF(0, 0.1),
        }  # fmt: skip
        if key in steps:
            self._all(self._zoom, self._middle + steps[key] / self._zoom)  # type: ignore[index]
        elif key in (Qt.Key.Key_Plus, Qt.Key.Key_Equal):
            self._all(self._zoom * 1.25, self._middle)
        elif key == Qt.Key.Key_Minus:
            self._all(self._zoom / 1.25, self._middle)
        else:
            return False
        return True


class CompareModels(QDialog):
    """Repairs the marked places inside `region` with two models and shows both.

    Args:
        session: of the open photograph.
        region: what is visible.
        models: ids of the two to begin with.
        settings: as the repair panel has them.
        theme: colours.
        parent: window.
    """

    def __init__(
        self,
        session: DocumentSession,
        region: Box,
        models: list[str],
        settings: FillSettings,
        theme: ThemeManager,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setWindowTitle(self.tr("Compare two models"))
        resize_within_screen(self, 1080, 680)
        self._session, self._region, self._settings = session, region, settings
        self._found: dict[str, Candidate] = {}
        self._order: list[str] = []
        self._views: list[ZoomView] = []
        self.boxes: list[QComboBox] = []
        self.takes = []
        columns = QHBoxLayout()
        columns.setSpacing(12)
        for number in range(2):
            columns.addLayout(self._make_side(number, models, theme), 1)
        self.notice = Notice(theme)
        self.bar = QProgressBar()
        self.bar.setAccessibleName(self.tr("Repairing with both models"))
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        buttons.rejected.connect(self.reject)
        foot = QHBoxLayout()
        foot.addWidget(self.bar, 1)
        foot.addWidget(buttons)
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 14, 16, 12)
        column.setSpacing(10)
        column.addWidget(heading(self.tr("What is marked in the visible part, filled by each model")))
        column.addWidget(self.notice)
        column.addLayout(columns, 1)
        column.addLayout(foot)
        session.candidate_ready.connect(self._on_ready)
        session.busy_changed.connect(self._on_busy)
        session.progressed.connect(self._on_news)
        session.failed.connect(self._on_failed)
        self.start()

    def _make_side(self, number: int, models: list[str], theme: ThemeManager) -> QVBoxLayout:
        box = QComboBox()
        for entry in library():
            if entry.task == "repair":
                box.addItem(model_title(entry), entry.id)
        row = box.findData(models[number]) if number < len(models) else -1
        box.setCurrentIndex(row if row >= 0 else number)
        box.setAccessibleName(self.tr("Model {0}").format(number + 1))
        box.setToolTip(self.tr("Another model repairs the same places"))
        box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        box.currentIndexChanged.connect(lambda _: self.start())
        view = ZoomView(self.tr("Result {0}").format(number + 1), theme, self._views)
        take = button(self.tr("Take this one"), self.tr("The repair becomes a step of the history"))
        take.setEnabled(False)
        take.clicked.connect(lambda: self._take(number))
        self.boxes.append(box)
        self.takes.append(take)
        line = QHBoxLayout()
        line.addStretch(1)
        line.addWidget(take)
        column = QVBoxLayout()
        column.setSpacing(6)
        column.addWidget(box)
        column.addWidget(view, 1)
        column.addLayout(line)
        return column

    # --- repairing

    def start(self) -> None:
        """Repair with what is chosen and was not done yet."""
        ids = [str(box.currentData()) for box in self.boxes]
        missing = [i for i in dict.fromkeys(ids) if i not in self._found]
        self._show()
        if not missing or self._session.busy:
            return
        self.notice.say("")
        self._session.try_candidates(self._region, [replace(self._settings, model=i) for i in missing])
        self._on_busy()

    def _on_ready(self, candidate: Candidate) -> None:
        self._found[str(candidate.settings.model)] = candidate
        self._show()

    def _show(self) -> None:
        for box, view, take in zip(self.boxes, self._views, self.takes, strict=True):
            found = self._found.get(str(box.currentData()))
            take.setEnabled(found is not None)
            if found is None:
                view.take(None)
                continue
            display = Display(self._session.photo.icc, found.pixels.ndim == 2)
            view.take(QPixmap.fromImage(display.image(found.pixels)))

    def _on_news(self, news: News) -> None:
        self.bar.setRange(0, 0 if news.fraction is None else 1000)
        self.bar.setValue(round(1000 * (news.fraction or 0)))

    def _on_busy(self) -> None:
        self.bar.setVisible(self._session.busy)
        if not self._session.busy:
            wanted = {str(box.currentData()) for box in self.boxes}
            if wanted - self._found.keys() and not self.notice.text:
                self.start()

    def _on_failed(self, _: str, failed: object) -> None:
        error = failed.error  # type: ignore[attr-defined]
        self.notice.say(error_told(error), "danger")

    def _take(self, number: int) -> None:
        found = self._found.get(str(self.boxes[number].currentData()))
        if found is not None:
            self._session.choose(found)
            self.accept()

    def done(self, result: int) -> None:
        """Stop what is still being made."""
        session = self._session
        session.candidate_ready.disconnect(self._on_ready)
        session.busy_changed.disconnect(self._on_busy)
        session.progressed.disconnect(self._on_news)
        session.failed.disconnect(self._on_failed)
        session.cancel()
        super().done(result)
