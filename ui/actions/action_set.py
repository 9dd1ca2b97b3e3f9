"""The actions of a window, made from the tables of `ui.actions.table`."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from PySide6.QtCore import QCoreApplication, QObject, Qt
from PySide6.QtGui import QAction, QActionGroup, QKeySequence
from PySide6.QtWidgets import QMenu, QMenuBar, QSizePolicy, QToolBar, QToolButton, QWidget

from ui.actions.menus import MENUS, OTHER_KEYS
from ui.actions.table import ACTIONS, ActionSpec
from ui.theme import ThemeManager
from ui.widgets import describe, plain_text

_SPECS = {spec.id: spec for spec in ACTIONS}


def translate(context: str, text: str) -> str:
    """A text of these tables in the user's language."""
    return QCoreApplication.translate(context, text)


class Actions(QObject):
    """The actions of a window, made from the table.

    Args:
        window: gets the shortcuts.
        canvas: gets the local ones.
        theme: gives the icons.
        handlers: what each id does; called with the checked state if it takes one.
    """

    def __init__(
        self,
        window: QWidget,
        canvas: QWidget,
        theme: ThemeManager,
        handlers: Mapping[str, Callable[..., object]],
    ) -> None:
        super().__init__(window)
        self._theme = theme
        self._actions: dict[str, QAction] = {}
        self._groups: dict[str, QActionGroup] = {}
        self._buttons: dict[str, QWidget] = {}
        self._primary: dict[str, QToolButton] = {}
        self._highlighted = ""
        for spec in ACTIONS:
            action = self._make(spec)
            handler = handlers[spec.id]
            action.triggered.connect(handler)
            (canvas if spec.local else window).addAction(action)
        theme.changed.connect(self._take_icons)
        self._take_icons()

    def __getitem__(self, name: str) -> QAction:
        return self._actions[name]

    def _make(self, spec: ActionSpec) -> QAction:
        action = QAction(translate("Actions", spec.text), self)
        action.setObjectName(spec.id)
        if not spec.hold:
            action.setShortcuts([QKeySequence(keys) for keys in spec.keys])
        if spec.local:
            action.setShortcutContext(Qt.ShortcutContext.WidgetShortcut)
        action.setCheckable(spec.checkable or bool(spec.group))
        plain = plain_text(action.text())
        keys = (
            QKeySequence(spec.keys[0]).toString(QKeySequence.SequenceFormat.NativeText) if spec.keys else ""
        )
        title = f"{plain} ({keys})" if keys else plain
        text = translate("Actions", spec.help) if spec.help else ""
        action.setToolTip(f"<b>{title}</b><br>{text}" if text else f"<b>{title}</b>")
        action.setStatusTip(text or plain)
        if spec.group:
            group = self._groups.setdefault(spec.group, QActionGroup(self))
            if spec.group == "compare":
                group.setExclusionPolicy(QActionGroup.ExclusionPolicy.ExclusiveOptional)
            group.addAction(action)
        self._actions[spec.id] = action
        return action

    def _take_icons(self) -> None:
        for spec in ACTIONS:
            if spec.icon:
                action = self._actions[spec.id]
                action.setIcon(self._theme.icon(spec.icon, checkable=action.isCheckable()))
        for name in self._primary:
            self._take_primary_icon(name)

    def enable(self, there: frozenset[str]) -> None:
        """Enable the actions whose needs are there."""
        for spec in ACTIONS:
            self._actions[spec.id].setEnabled(there.issuperset(spec.needs))

    def fill_menu_bar(self, bar: QMenuBar, special: Mapping[str, QMenu]) -> None:
        """Build the menus; `special` holds the sub-menus that are named with an @."""
        for title, entries in MENUS:
            menu = bar.addMenu(translate("Menus", title))
            menu.setToolTipsVisible(False)
            for entry in entries:
                if entry == "-":
                    menu.addSeparator()
                elif entry.startswith("@"):
                    menu.addMenu(special[entry])
                else:
                    menu.addAction(self._actions[entry])

    def fill_tool_bar(self, bar: QToolBar, entries: tuple[str, ...]) -> None:
        """Fill a tool bar; ! makes a button stand out, > pushes what follows to the end."""
        for entry in entries:
            if entry == "-":
                bar.addSeparator()
            elif entry == ">":
                spring = QWidget()
                spring.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
                bar.addWidget(spring)
            elif entry.endswith("!"):
                bar.addWidget(self._primary_button(entry[:-1]))
            else:
                action = self._actions[entry]
                bar.addAction(action)
                button = bar.widgetForAction(action)
                button.setAccessibleName(plain_text(action.text()))
                button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
                describe(button, action)
                self._buttons[entry] = button

    def explain(self, name: str, text: str) -> None:
        """Say what an action does, in the status bar and to screen readers."""
        self._actions[name].setStatusTip(text)
        describe(self._buttons[name], self._actions[name])

    def _primary_button(self, name: str) -> QToolButton:
        """A button in the accent colour; its icon is not that of the menu."""
        action = self._actions[name]
        button = QToolButton()
        button.setObjectName(f"button_{name}")
        button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        button.setText(plain_text(action.text()))
        button.setToolTip(action.toolTip())
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        describe(button, action)
        button.clicked.connect(action.trigger)
        button.setEnabled(action.isEnabled())
        action.enabledChanged.connect(button.setEnabled)
        self._primary[name] = button
        self._take_primary_icon(name)
        return button

    def _take_primary_icon(self, name: str) -> None:
        colour = "accent_text" if name == self._highlighted else "text"
        self._primary[name].setIcon(self._theme.icon(_SPECS[name].icon, colour))

    def highlight(self, name: str) -> None:
        """Show one of the large buttons as what comes next."""
        if name == self._highlighted:
            return
        self._highlighted = name
        for its, button in self._primary.items():
            button.setProperty("primary", its == name)
            button.style().unpolish(button)
            button.style().polish(button)
            self._take_primary_icon(its)


def key_rows() -> list[tuple[str, list[tuple[str, str]]]]:
    """The key sheet: titles of menus, and (what, keys) below each."""
    rows: list[tuple[str, list[tuple[str, str]]]] = []
    native = QKeySequence.SequenceFormat.NativeText
    for title, entries in MENUS:
        found = [_SPECS[e] for e in entries if e in _SPECS and _SPECS[e].keys]
        lines = [
            (
                plain_text(translate("Actions", spec.text)),
                "  ".join(QKeySequence(keys).toString(native) for keys in spec.keys),
            )
            for spec in found
        ]
        if lines:
            rows.append((plain_text(translate("Menus", title)), lines))
    rows.append(
        (
            translate("Keys", "Mouse and held keys"),
            [(translate("Keys", t), translate("Keys", k)) for k, t in OTHER_KEYS],
        )
    )
    return rows
