"""What the actions of the window do: it joins window, workspace and settings."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtGui import QActionGroup, QColor
from PySide6.QtWidgets import QDialog

from restorer.tiles import Box
from ui import dialogs
from ui.collector import Collector
from ui.core_texts import told
from ui.documents.fill_steps import DeviceUsed
from ui.documents.session import DocumentSession
from ui.documents.workspace import Workspace
from ui.jobs import Failed
from ui.panels.candidates import CandidatesDialog
from ui.settings import SettingsStore
from ui.theme import ThemeManager
from ui.window.batch_actions import BatchActions
from ui.window.desk import Desk
from ui.window.file_actions import FileActions
from ui.window.main_window import MainWindow
from ui.window.mask_actions import MaskActions
from ui.window.model_actions import ModelActions
from ui.window.project_actions import ProjectActions


class Controller(Desk):
    """Joins the parts.

    Args:
        workspace: the open photographs.
        store: settings.
        theme: colours.
        log_path: shown with errors.
    """

    def __init__(
        self, workspace: Workspace, store: SettingsStore, theme: ThemeManager, log_path: Path | None
    ) -> None:
        super().__init__(workspace, store, theme, log_path)
        self.collector = Collector(self)
        self._spot: Box | None = None  # that was walked to
        self._compare_before = "off"
        self.files = FileActions(self, lambda paths: self.projects.take(paths))
        self.masks = MaskActions(self, self.files.on_exported)
        self.projects = ProjectActions(self, self.files.show_recent)
        self.batches = BatchActions(self, self.files.open_paths)
        self.models = ModelActions(self, self.batches)
        self.window = MainWindow(theme, store, workspace.make_thumbnail, self._handlers)
        self._join()
        self._show_session(None)

    # --- joining

    def _handlers(self, window: MainWindow) -> dict[str, Callable[..., object]]:
        canvas = window.canvas
        handlers: dict[str, Callable[..., object]] = {
            **self.files.handlers(),
            **self.masks.handlers(),
            **self.projects.handlers(),
            **self.models.handlers(),
            **self.batches.handlers(),
            "settings": self.show_settings,
            "quit": window.close,
            "undo": lambda: self._with(DocumentSession.undo),
            "redo": lambda: self._with(DocumentSession.redo),
            "fit": canvas.fit,
            "actual": canvas.actual_size,
            "zoom_in": canvas.zoom_in,
            "zoom_out": canvas.zoom_out,
            "rotate_left": lambda: canvas.rotate_view(-90),
            "rotate_right": lambda: canvas.rotate_view(90),
            "overlay": lambda shown: setattr(canvas, "show_overlay", shown),
            "compare_split": lambda on: setattr(canvas, "compare", "split" if on else "off"),
            "compare_side": lambda on: setattr(canvas, "compare", "side" if on else "off"),
            "original": lambda on: setattr(canvas, "compare", "original" if on else "off"),
            "previous_photo": lambda: self.window.film_strip.step(-1),
            "next_photo": lambda: self.window.film_strip.step(1),
            "find": lambda: self._with(DocumentSession.find_damage),
            "repair": self.repair,
            "again": self.fill_differently,
            "next_spot": lambda: self.walk(1),
            "previous_spot": lambda: self.walk(-1),
            "cancel": lambda: self._with(DocumentSession.cancel),
            "brush_smaller": lambda: canvas.size_brush(-1),
            "brush_larger": lambda: canvas.size_brush(1),
            "brush_softer": lambda: setattr(canvas, "brush_hardness", canvas.brush_hardness - 0.1),
            "brush_harder": lambda: setattr(canvas, "brush_hardness", canvas.brush_hardness + 0.1),
            "key_pointer": lambda: setattr(canvas, "key_pointer", not canvas.key_pointer),
            "keys": lambda: dialogs.KeySheet(self.window).exec(),
            "logs": lambda: dialogs.open_folder(self.log_path.parent) if self.log_path else None,
            "about": lambda: dialogs.show_about(self.theme, self.window),
        }
        for name in canvas.tools:
            handlers[f"tool_{name}"] = lambda _=False, name=name: canvas.set_tool(name)
        return handlers

    def _join(self) -> None:
        window, canvas, workspace = self.window, self.window.canvas, self.workspace
        self.actions = window.actions_
        self._make_devices()
        workspace.session_changed.connect(self._show_session)
        workspace.opened.connect(lambda session, _: self._on_opened(session))
        workspace.opening.connect(
            lambda path: window.status.show_hint(self.tr("Opening {0}…").format(path.name))
        )
        workspace.failed.connect(self.files.on_open_failed)
        workspace.edited_changed.connect(window.film_strip.set_unsaved)
        workspace.opened.connect(lambda session, _: window.film_strip.renew(session.path))
        # Not before the photograph after them is shown.
        workspace.session_changed.connect(self.files.tell_unread, Qt.ConnectionType.QueuedConnection)
        window.film_strip.current_changed.connect(workspace.show)
        window.dropped.connect(self.files.open_paths)
        window.welcome.chosen.connect(self.files.open_paths)
        window.detection.region_chosen.connect(self._go_to_region)
        window.original_key.changed.connect(self._hold_original)
        canvas.zoom_changed.connect(window.status.show_zoom)
        canvas.cursor_moved.connect(window.status.show_position)
        canvas.hint.connect(window.status.show_hint)
        canvas.overlay_changed.connect(self._on_overlay)
        canvas.compare_changed.connect(self._on_compare)
        canvas.tool_changed.connect(self._on_tool)
        window.may_close = self._may_close
        self.projects.join()
        self.batches.join()
        self._restore_canvas()
        canvas.brush_changed.connect(self._remember_canvas)
        for name, tool in canvas.tools.items():
            self.actions.explain(f"tool_{name}", tool.hint)
        canvas.set_tool("brush")
        self._on_overlay()
        self._on_tool(canvas.tool.id)
        self.files.show_recent()

    def _restore_canvas(self) -> None:
        canvas, value = self.window.canvas, self.store.value
        canvas.overlay_opacity = value.overlay_opacity
        canvas.brush_size, canvas.brush_hardness = value.brush_size, value.brush_hardness
        for name in ("overlay_colour", "protect_colour"):
            colour = QColor(getattr(value, name))
            if colour.isValid():
                setattr(canvas, name, colour)

    def _make_devices(self) -> None:
        group = QActionGroup(self)
        for name in dialogs.DEVICES:
            action = self.window.device_menu.addAction(dialogs.device_title(name))
            action.setCheckable(True)
            action.setChecked(name == self.store.value.device)
            action.setData(name)
            group.addAction(action)
        group.triggered.connect(lambda action: self.set_device(action.data()))
        self._devices = group
        self._show_device()

    def set_device(self, device: str) -> None:
        """Compute there from now on."""
        self.store.change(device=device)
        self.workspace.set_device(device)
        for action in self._devices.actions():
            action.setChecked(action.data() == device)
        self._show_device()

    def _show_device(self, used: DeviceUsed | None = None) -> None:
        title = dialogs.device_title(self.store.value.device)
        if used is None:
            self.window.status.show_device(title, self.tr("Chosen when it is first needed."))
        else:
            self.window.status.show_device(dialogs.device_used_title(used.title), told(used.notice))

    # --- the session that is shown

    def _show_session(self, session: DocumentSession | None) -> None:
        for signal, slot in self._session_slots():
            signal.disconnect(slot)
        self.session = session
        self._spot = None
        for signal, slot in self._session_slots():
            signal.connect(slot)
        window = self.window
        window.canvas.set_session(session)
        for panel in (window.detection, window.repair, window.history):
            panel.set_session(session)
        window.show_photo(session is not None)
        self.files.show_recent()
        if session is not None:
            photo = session.photo
            depth = self.tr("{0} bit").format(photo.bit_depth)
            window.status.show_size(f"{photo.width} × {photo.height}  {photo.format}  {depth}")
            window.status.show_zoom(window.canvas.zoom)
            window.status.show_hint(window.canvas.tool.hint)
            if photo.notices:
                window.toast.say("\n".join(map(told, photo.notices)))
        else:
            window.status.show_size("")
            window.status.show_hint("")
            window.status.show_zoom(0)
        self._on_busy()
        self._show_title()

    def _session_slots(self) -> list[tuple]:
        session = self.session
        if session is None:
            return []
        return [
            (session.changed, self._on_changed),
            (session.busy_changed, self._on_busy),
            (session.progressed, self.window.status.show_news),
            (session.notice, self.window.toast.say),
            (session.device_used, self._show_device),
            (session.found, self._on_found),
            (session.repaired, self._on_repaired),
            (session.edited_changed, self._show_title),
        ]

    def _on_opened(self, session: DocumentSession) -> None:
        """What is told whether the photograph is shown or not: it may have to do with files."""

        def fail(title: str, failed: Failed) -> None:
            shown = session is self.session
            self.show_failure(title if shown else f"{title}: {session.name}", failed)

        session.failed.connect(fail)
        session.exported.connect(self.files.on_exported)

    def _with(self, act: Callable[[DocumentSession], object]) -> None:
        if self.session is not None:
            act(self.session)

    def _on_changed(self, change: object) -> None:
        tiles = change.tiles  # type: ignore[attr-defined]
        if "mask" in tiles and "result" not in tiles:
            self.window.canvas.show_overlay = True
        self.enable()

    def _on_busy(self) -> None:
        news = self.session.news if self.session is not None else None
        if news is None:
            self.window.status.hide_news()
        else:
            self.window.status.show_news(news)
        self.enable()

    def _show_title(self, _: bool = False) -> None:
        session = self.session
        if session is None:
            self.window.setWindowTitle("Restorer")
            return
        mark = "• " if session.edited else ""
        self.window.setWindowTitle(f"{mark}{session.name} - Restorer")

    def _on_found(self, _: object) -> None:
        self.window.canvas.show_overlay = True
        self.window.work_tabs.setCurrentIndex(0)
        if self.session is not None and self.session.looks_clean:
            self.window.toast.say(self.tr("Looks clean: nothing to repair."))

    def _on_repaired(self, _: object) -> None:
        self.window.canvas.show_overlay = False
        self.window.work_tabs.setCurrentIndex(2)

    # --- what actions do

    def repair(self) -> None:
        """Fill what is marked."""
        if self.session is not None:
            self.session.repair(settings=self.window.repair.settings)

    def walk(self, step: int) -> None:
        """Go to the next repaired spot, or the one before."""
        session = self.session
        if session is None or not session.repairs:
            return
        spots = _in_reading_order(session)
        here = _nearest(spots, self._spot) if self._spot is not None else min(0, -step)
        number = (here + step) % len(spots)
        self._spot = spots[number]
        self.window.canvas.center_on(self._spot)
        text = self.tr("Spot {0} of {1}")
        self.window.status.show_hint(text.format(number + 1, len(spots)))

    def fill_differently(self) -> None:
        """Offer several fills of the spot that was walked to, or of the one nearest to the middle."""
        session = self.session
        if session is None or not session.repairs:
            return
        spots = _in_reading_order(session)
        region = spots[_nearest(spots, self._spot or self.window.canvas.visible_box())]
        self._spot = region
        self.window.canvas.center_on(region)
        with self.workspace.holding(session):
            dialog = CandidatesDialog(session, region, self.window.repair.settings, self.window)
            if dialog.exec() == QDialog.DialogCode.Accepted and dialog.chosen is not None:
                session.choose(dialog.chosen)
            dialog.deleteLater()

    def _go_to_region(self, box: object) -> None:
        self.window.canvas.center_on(box)  # type: ignore[arg-type]

    def _hold_original(self, held: bool) -> None:
        canvas = self.window.canvas
        if held:
            self._compare_before = canvas.compare
            if self.session is not None:
                canvas.compare = "original"
        else:  # the photograph may have been closed meanwhile
            canvas.compare = self._compare_before  # type: ignore[assignment]

    def _on_compare(self, mode: str) -> None:
        for name, its in (("compare_split", "split"), ("compare_side", "side"), ("original", "original")):
            self.actions[name].setChecked(mode == its)

    def _on_overlay(self) -> None:
        canvas = self.window.canvas
        self.actions["overlay"].setChecked(canvas.show_overlay)
        self._remember_canvas()

    def _remember_canvas(self, *_: object) -> None:
        canvas = self.window.canvas
        self.store.value = replace(  # written when the window closes
            self.store.value,
            overlay_colour=canvas.overlay_colour.name(),
            overlay_opacity=canvas.overlay_opacity,
            protect_colour=canvas.protect_colour.name(),
            brush_size=canvas.brush_size,
            brush_hardness=canvas.brush_hardness,
        )

    def _on_tool(self, name: str) -> None:
        self.actions[f"tool_{name}"].setChecked(True)

    def show_settings(self) -> None:
        """Theme, language, device."""
        dialog = dialogs.SettingsDialog(self.store.value, self.window)
        if dialog.exec() == QDialog.DialogCode.Accepted:
            values = dialog.values
            self.store.change(**values)
            self.theme.choose(values["theme"])
            self.set_device(values["device"])
        dialog.deleteLater()

    def _may_close(self) -> bool:
        def others() -> list[str]:
            return [*self.batches.at_work, *self.models.at_work]

        return self.may_discard(self.workspace.sessions, others)

    def shut_down(self) -> None:
        """Refuse new jobs, cancel all, wait for them, save."""
        self.models.shut_down()
        self.workspace.runner.close()
        self.projects.shut_down()
        self.batches.shut_down()
        self.store.save()
        self.collector.stop()


def _in_reading_order(session: DocumentSession) -> list[Box]:
    boxes = (spot.box for spot in session.repairs)
    return sorted(boxes, key=lambda box: (box.y0 // 64, box.x0))


def _nearest(spots: list[Box], seen: Box) -> int:
    if seen in spots:
        return spots.index(seen)
    y, x = (seen.y0 + seen.y1) / 2, (seen.x0 + seen.x1) / 2

    def distance(index: int) -> float:
        box = spots[index]
        return ((box.y0 + box.y1) / 2 - y) ** 2 + ((box.x0 + box.x1) / 2 - x) ** 2

    return min(range(len(spots)), key=distance)
