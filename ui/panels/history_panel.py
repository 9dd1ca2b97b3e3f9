"""The panel of the history: named steps, click to go there."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QLocale, QTimer
from PySide6.QtGui import QColor, QPalette
from PySide6.QtWidgets import QListWidget, QListWidgetItem, QWidget

from ui.documents.session import DocumentSession
from ui.widgets import Panel, muted


class HistoryPanel(Panel):
    """All steps, those that were undone in grey; choosing one undoes or redoes up to it."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session: DocumentSession | None = None
        self._shown: tuple[list[str], list[str], int] | None = None
        self._list = QListWidget()
        self._list.setUniformItemSizes(True)
        self._list.setAccessibleName(self.tr("History"))
        self._list.setToolTip(self.tr("Choose a step to go back or forward to it"))
        self._list.itemClicked.connect(self._go)
        self._list.itemActivated.connect(self._go)
        self._forgotten = muted()
        self.column.addWidget(self._list, 1)
        self.column.addWidget(self._forgotten)
        self._timer = QTimer(self, singleShot=True, interval=0)  # many changes are one repaint
        self._timer.timeout.connect(self._show)
        self._show()

    def set_session(self, session: DocumentSession | None) -> None:
        """Show another photograph's history."""
        if self._session is not None:
            self._session.changed.disconnect(self._on_changed)
        self._session = session
        if session is not None:
            session.changed.connect(self._on_changed)
        self._show()

    def changeEvent(self, event: QEvent) -> None:
        """Undone steps take the grey of another theme."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange and getattr(self, "_shown", None) is not None:
            self._shown = None
            self._timer.start()

    def _on_changed(self, _: object) -> None:
        self._timer.start()

    def _go(self, item: QListWidgetItem) -> None:
        if self._session is not None:
            self._session.go_to(self._list.row(item))

    def _show(self) -> None:
        session = self._session
        if session is None:
            self._list.clear()
            self._forgotten.setText(self.tr("No photograph is open."))
            self._shown = None
            return
        document = session.document
        state = document.history, document.future, document.forgotten
        if state == self._shown:
            return
        self._shown = state
        done, undone, forgotten = state
        self._list.clear()
        opened = self.tr("Opened") if not forgotten else self.tr("Earliest kept step")
        self._list.addItems([opened, *done, *undone])
        grey = self.palette().color(QPalette.ColorGroup.Disabled, QPalette.ColorRole.Text)
        for row in range(len(done) + 1, self._list.count()):
            self._list.item(row).setForeground(QColor(grey))
        self._list.setCurrentRow(len(done))
        text = self.tr("1 step") if len(done) == 1 else self.tr("{0} steps").format(len(done))
        kept = document.history_size()
        if kept:
            size = QLocale().formattedDataSize(kept, 1, QLocale.DataSizeFormat.DataSizeTraditionalFormat)
            text = self.tr("{0}, {1} kept to go back").format(text, size)
        if forgotten:
            text += self.tr("; {0} older ones were dropped").format(forgotten)
        if not (done or undone or forgotten):
            text = self.tr("Nothing was changed yet.")
        self._forgotten.setText(text)
