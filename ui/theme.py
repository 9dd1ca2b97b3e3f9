"""Light and dark: colours, the style sheet, and icons that take the colour of the text."""

from __future__ import annotations

import functools
from dataclasses import asdict, dataclass
from importlib.resources import files

from PySide6.QtCore import QByteArray, QObject, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QGuiApplication, QIcon, QPainter, QPalette, QPixmap
from PySide6.QtSvg import QSvgRenderer
from PySide6.QtWidgets import QApplication

ICON_PX = 20
Role = QPalette.ColorRole
Group = QPalette.ColorGroup


@dataclass(frozen=True)
class Colours:
    """One theme; "#rrggbb" each."""

    window: str
    panel: str
    raised: str
    hover: str
    border: str
    field: str
    canvas: str
    text: str
    muted: str
    disabled: str
    accent: str
    accent_hover: str
    accent_text: str
    selection: str
    knob: str
    checked: str
    focus: str
    grip: str
    good: str
    warning: str
    danger: str


DARK = Colours(
    window="#232427",
    panel="#2a2b2f",
    raised="#37393e",
    hover="#42454b",
    border="#3c3e43",
    field="#1d1e20",
    canvas="#191a1b",
    text="#e7e8ea",
    muted="#a3a7ae",
    disabled="#6d7077",
    accent="#2871d0",
    accent_hover="#2b74d8",
    accent_text="#ffffff",
    selection="#2b4a70",
    knob="#d5d8dd",
    checked="#8abbff",
    focus="#8abbff",
    grip="#7b7f87",
    good="#5cc98a",
    warning="#f0b451",
    danger="#f5857f",
)
LIGHT = Colours(
    window="#eceded",
    panel="#f7f7f8",
    raised="#ffffff",
    hover="#e3e5e8",
    border="#cfd1d5",
    field="#ffffff",
    canvas="#c9cacd",
    text="#1e2023",
    muted="#5b6068",
    disabled="#a2a6ac",
    accent="#1f6bd0",
    accent_hover="#2a73d9",
    accent_text="#ffffff",
    selection="#cfe1fa",
    knob="#ffffff",
    checked="#1f6bd0",
    focus="#1f6bd0",
    grip="#868b93",
    good="#1a7844",
    warning="#8f5a00",
    danger="#bd2f2a",
)


@functools.cache
def _svg(name: str) -> str:
    return (files("resources") / "icons" / f"{name}.svg").read_text(encoding="utf-8")


def draw_svg(name: str, side: int, ratio: float, colour: str) -> QPixmap:
    """An icon of `resources/icons` as a pixmap of `side` logical pixels."""
    pixmap = QPixmap(round(side * ratio), round(side * ratio))
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    content = _svg(name).replace("currentColor", colour).encode()
    QSvgRenderer(QByteArray(content)).render(painter, QRectF(0, 0, side * ratio, side * ratio))
    painter.end()
    pixmap.setDevicePixelRatio(ratio)
    return pixmap


class ThemeManager(QObject):
    """Applies a theme to the application and follows the system's.

    Signals:
        changed: other colours now; icons must be asked for again.
    """

    changed = Signal()

    def __init__(self, app: QApplication, choice: str = "system") -> None:
        super().__init__(app)
        self._app, self._choice = app, choice
        self._icons: dict[tuple[str, str, bool], QIcon] = {}
        app.setStyle("Fusion")
        hints = QGuiApplication.styleHints()
        hints.colorSchemeChanged.connect(self._on_system_changed)
        self._apply()

    @property
    def dark(self) -> bool:
        """Whether the dark theme is shown."""
        if self._choice != "system":
            return self._choice == "dark"
        return QGuiApplication.styleHints().colorScheme() == Qt.ColorScheme.Dark

    @property
    def colours(self) -> Colours:
        """What is shown now."""
        return DARK if self.dark else LIGHT

    def choose(self, choice: str) -> None:
        """Take "system", "light" or "dark"."""
        if choice != self._choice:
            self._choice = choice
            self._apply()

    def _on_system_changed(self) -> None:
        if self._choice == "system":
            self._apply()

    def _apply(self) -> None:
        colours = self.colours
        self._app.setPalette(_palette(colours))
        self._app.setStyleSheet(_style_sheet(colours))
        self._icons.clear()
        self.changed.emit()

    def icon(self, name: str, colour: str = "", checkable: bool = False) -> QIcon:
        """An icon in the colour of the text, greyed where disabled, in the accent where checked."""
        key = name, colour, checkable
        if key not in self._icons:
            self._icons[key] = self._draw_icon(*key)
        return self._icons[key]

    def _draw_icon(self, name: str, colour: str, checkable: bool) -> QIcon:
        colours = self.colours
        states = [
            (QIcon.Mode.Normal, QIcon.State.Off, getattr(colours, colour or "text")),
            (QIcon.Mode.Disabled, QIcon.State.Off, colours.disabled),
        ]
        if checkable:
            states.append((QIcon.Mode.Normal, QIcon.State.On, colours.checked))
        icon = QIcon()
        for mode, state, tint in states:
            icon.addPixmap(draw_svg(name, ICON_PX, self._app.devicePixelRatio(), tint), mode, state)
        return icon

    def pixmap(self, name: str, side: int, colour: str = "text") -> QPixmap:
        """One icon at a size of its own."""
        ratio = self._app.devicePixelRatio()
        return draw_svg(name, side, ratio, getattr(self.colours, colour))


def app_icon() -> QIcon:
    """The icon of the program."""
    icon = QIcon()
    for side in (16, 32, 64, 128):
        icon.addPixmap(draw_svg("restorer", side, 1.0, "#000000"))
    return icon


def _palette(c: Colours) -> QPalette:
    palette = QPalette()
    roles = {
        Role.Window: c.window,
        Role.WindowText: c.text,
        Role.Base: c.field,
        Role.AlternateBase: c.panel,
        Role.Text: c.text,
        Role.Button: c.raised,
        Role.ButtonText: c.text,
        Role.BrightText: c.danger,
        Role.Highlight: c.accent,
        Role.HighlightedText: c.accent_text,
        Role.ToolTipBase: c.raised,
        Role.ToolTipText: c.text,
        Role.PlaceholderText: c.muted,
        Role.Link: c.checked,
        Role.LinkVisited: c.checked,
        Role.Mid: c.border,
        Role.Midlight: c.hover,
        Role.Light: c.hover,
        Role.Dark: c.canvas,
        Role.Shadow: "#000000",
        Role.Accent: c.accent,
    }
    for role, colour in roles.items():
        palette.setColor(role, QColor(colour))
    for role in (Role.WindowText, Role.Text, Role.ButtonText):
        palette.setColor(Group.Disabled, role, QColor(c.disabled))
    palette.setColor(Group.Disabled, Role.Highlight, QColor(c.border))
    return palette


def _style_sheet(colours: Colours) -> str:
    folder = files("resources") / "styles"
    sheet = (folder / "restorer.qss").read_text(encoding="utf-8")
    for name, value in sorted(asdict(colours).items(), key=lambda item: -len(item[0])):
        sheet = sheet.replace(f"@{name}", value)
    return sheet.replace("@icons", str(files("resources") / "icons").replace("\\", "/"))


def icon_size() -> QSize:
    """Of tool bars and buttons."""
    return QSize(ICON_PX, ICON_PX)
