"""What is shown while no photograph is open: how to begin, samples to try, files that were open before."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QAction, QIcon, QImageReader, QPixmap
from PySide6.QtWidgets import (
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from ui.theme import ThemeManager
from ui.widgets import heading, muted

SAMPLES = ("vienna.jpg", "twain.jpg", "loco.jpg")
SAMPLE_SIZE = QSize(190, 126)
SHOWN_RECENT = 5
RECENT_PX = 640  # of a name, which must not make the page wider than the window


def sample_paths() -> list[Path]:
    """The photographs that come with the program."""
    folder = Path(str(files("resources"))) / "samples"
    return [folder / name for name in SAMPLES if (folder / name).is_file()]


class Welcome(QWidget):
    """The first thing that is seen.

    Args:
        open_action: opens files.
        folder_action: opens a folder.
        theme: for pictures.

    Signals:
        chosen (list[Path]): open these.
    """

    chosen = Signal(object)

    def __init__(
        self, open_action: QAction, folder_action: QAction, theme: ThemeManager, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setObjectName("welcome")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._theme = theme
        inner = QVBoxLayout()
        inner.setSpacing(10)
        inner.addLayout(self._make_title())
        inner.addSpacing(14)
        inner.addLayout(self._make_begin(open_action, folder_action))
        inner.addSpacing(18)
        inner.addLayout(self._make_samples())
        inner.addSpacing(12)
        inner.addWidget(self._make_steps())
        inner.addSpacing(6)
        inner.addLayout(self._make_recent())
        middle = QHBoxLayout()
        middle.addStretch(1)
        middle.addLayout(inner, 0)
        middle.addStretch(1)
        layout = QVBoxLayout(self)
        layout.addStretch(2)
        layout.addLayout(middle)
        layout.addStretch(3)

    def _make_title(self) -> QHBoxLayout:
        logo = QLabel()
        logo.setPixmap(self._theme.pixmap("restorer", 64))
        title = QLabel("Restorer")
        title.setObjectName("title")
        subtitle = QLabel(
            self.tr("Repairs old photographs, here on your computer, and changes nothing else.")
        )
        subtitle.setObjectName("subtitle")
        texts = QVBoxLayout()
        texts.setSpacing(0)
        texts.addWidget(title)
        texts.addWidget(subtitle)
        line = QHBoxLayout()
        line.setSpacing(16)
        line.addWidget(logo)
        line.addLayout(texts, 1)
        return line

    def _make_begin(self, open_action: QAction, folder_action: QAction) -> QHBoxLayout:
        self.open_button = QPushButton(self.tr("Open photographs…"))
        self.open_button.setProperty("primary", True)
        self.open_button.clicked.connect(open_action.trigger)
        folder = QPushButton(self.tr("Open folder…"))
        folder.clicked.connect(folder_action.trigger)
        line = QHBoxLayout()
        line.addWidget(self.open_button)
        line.addWidget(folder)
        line.addWidget(muted(self.tr("or drop them anywhere on this window")), 1)
        return line

    def _make_samples(self) -> QGridLayout:
        grid = QGridLayout()
        grid.setHorizontalSpacing(12)
        grid.addWidget(heading(self.tr("Try it with a sample")), 0, 0, 1, 3)
        captions = {
            "vienna.jpg": self.tr("Two friends in Vienna, 1880s"),
            "twain.jpg": self.tr("Mark Twain, dust and scratches"),
            "loco.jpg": self.tr("Railway station, 1880s"),
        }
        for column, path in enumerate(sample_paths()):
            button = QPushButton()
            button.setObjectName("sample")
            button.setIcon(QIcon(_thumbnail(path)))
            button.setIconSize(SAMPLE_SIZE)
            caption = captions.get(path.name, path.stem)
            button.setAccessibleName(caption)
            button.setToolTip(self.tr("Open {0}").format(caption))
            button.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
            button.clicked.connect(lambda _=False, path=path: self.chosen.emit([path]))
            grid.addWidget(button, 1, column)
            label = muted(caption)
            label.setWordWrap(False)
            grid.addWidget(label, 2, column)
        grid.setColumnStretch(3, 1)
        return grid

    def _make_steps(self) -> QFrame:
        frame = QFrame()
        frame.setObjectName("card")
        line = QHBoxLayout(frame)
        line.setContentsMargins(16, 12, 16, 12)
        line.setSpacing(18)
        self._step_icons: list[tuple[QLabel, str]] = []
        steps = (
            ("find", self.tr("Find"), self.tr("Damage is proposed;\nsliders adjust it at once.")),
            ("brush", self.tr("Correct"), self.tr("Brush, line, lasso, or click\na scratch to follow it.")),
            ("repair", self.tr("Repair"), self.tr("Only the marked pixels\nchange, and it is counted.")),
            ("export", self.tr("Export"), self.tr("A new file beside the scan,\nnever over it.")),
        )
        for name, title, text in steps:
            icon = QLabel()
            self._step_icons.append((icon, name))
            texts = QVBoxLayout()
            texts.setSpacing(1)
            texts.addWidget(heading(title))
            small = muted(text)
            small.setWordWrap(False)
            texts.addWidget(small)
            line.addWidget(icon, 0, Qt.AlignmentFlag.AlignTop)
            line.addLayout(texts)
        line.addStretch(1)
        self._theme.changed.connect(self._take_icons)
        self._take_icons()
        return frame

    def _take_icons(self) -> None:
        for label, name in self._step_icons:
            label.setPixmap(self._theme.pixmap(name, 24, "accent"))

    def _make_recent(self) -> QVBoxLayout:
        self._recent = QVBoxLayout()
        self._recent.setSpacing(0)
        return self._recent

    def show_recent(self, paths: list[Path]) -> None:
        """List the files that were open before."""
        while (item := self._recent.takeAt(0)) is not None:
            widget = item.widget()
            if widget is not None:
                widget.hide()
                widget.deleteLater()
        if not paths:
            return
        self._recent.addWidget(heading(self.tr("Open again")))
        for path in paths[:SHOWN_RECENT]:
            name = self.fontMetrics().elidedText(path.name, Qt.TextElideMode.ElideMiddle, RECENT_PX)
            button = QPushButton(name.replace("&", "&&"))  # no mnemonic
            button.setAccessibleName(path.name)
            button.setProperty("link", True)
            button.setIcon(self._theme.icon("image"))
            button.setToolTip(str(path))
            button.clicked.connect(lambda _=False, path=path: self.chosen.emit([path]))
            self._recent.addWidget(button)


def _thumbnail(path: Path) -> QPixmap:
    reader = QImageReader(str(path))
    reader.setAutoTransform(True)
    size = reader.size()
    size.scale(SAMPLE_SIZE * 2, Qt.AspectRatioMode.KeepAspectRatio)
    reader.setScaledSize(size)
    return QPixmap.fromImage(reader.read())
