"""The batch window: set up, look at the damage first if wanted, and the list at work."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QCloseEvent, QDragEnterEvent, QDropEvent, QKeySequence, QShortcut
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QStackedWidget, QTabBar, QVBoxLayout, QWidget

from restorer.batch.files import full_path, is_there, queue_path
from restorer.batch.queue import Item
from ui.batch import work as batch_work
from ui.batch.model import Thumbnails
from ui.batch.queue_page import QueuePage
from ui.batch.session import BatchSession
from ui.batch.setup import BatchSetup
from ui.batch.triage import LOADED_PX, MOST_LOADED, TriagePage
from ui.batch.watch import FolderWatch
from ui.batch.work import KnownBatches, Order, Run, Unfinished, found_of, triage_folder
from ui.core_texts import error_told
from ui.dropped import take_copies
from ui.jobs import Done, Failed, JobRunner, Outcome
from ui.theme import ThemeManager, app_icon
from ui.widgets import muted, resize_within_screen

SETUP, TRIAGE, QUEUE = range(3)


def _holds(out: Path) -> bool:
    return is_there(queue_path(out))


@dataclass(frozen=True)
class EditRequest:
    """A photograph of a batch that is to be corrected in the editor.

    Attributes:
        source: the photograph.
        mask: what was found, before it was grown; None if there is none.
        result: what the batch made of it; None if there is none.
        grow_px: by how much the mask was grown.
        sha256: of the photograph's file, as it was then; None if that is not known.
    """

    source: Path
    mask: Path | None = None
    result: Path | None = None
    grow_px: int = 0
    sha256: str | None = None


class BatchPanel(QWidget):
    """Everything about batches in one window.

    Args:
        runner: runs the jobs.
        theme: colours and icons.
        known: the batches that were begun here.
        run: puts one photograph through a recipe; None takes the real one.
        workers: processes; None takes as many as are faster.

    Signals:
        edit_wanted (EditRequest): open a photograph in the editor.
        unfinished_found (list[Unfinished]): batches were left; told once after `look_for_unfinished`.
        told (str): one sentence for the main window.
    """

    edit_wanted = Signal(object)
    unfinished_found = Signal(object)
    told = Signal(str)

    def __init__(
        self,
        runner: JobRunner,
        theme: ThemeManager,
        known: KnownBatches,
        run: Run | None = None,
        workers: int | None = None,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent, Qt.WindowType.Window)
        self.setWindowTitle(self.tr("Batch - Restorer"))
        self.setWindowIcon(app_icon())
        self.setObjectName("welcome")  # the plain ground of the window
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setAttribute(Qt.WidgetAttribute.WA_QuitOnClose, False)  # the main window ends the program
        self.setAcceptDrops(True)
        resize_within_screen(self, 1180, 780)
        self._runner, self._known, self._workers = runner, known, workers
        self.session, self.search = BatchSession(runner, run, self), BatchSession(runner, run, self)
        self._pictures = Thumbnails(runner, parent=self)
        self._large = Thumbnails(runner, LOADED_PX, MOST_LOADED, self)
        self.setup = BatchSetup(runner, theme)
        for session in (self.session, self.search):
            session.wanted_device = lambda: self.setup.wanted_device()
        self.triage = TriagePage(self.search, self._large, theme)
        self.watch = FolderWatch(self.session, runner, self)
        self.page = QueuePage(self.session, self._pictures, theme, self.watch)
        self._make_layout()
        self._join()
        self.show_page(SETUP)

    def _make_layout(self) -> None:
        self.tabs = QTabBar()
        self.tabs.setDocumentMode(True)
        self.tabs.setDrawBase(False)
        self.tabs.setExpanding(False)
        self.tabs.setAccessibleName(self.tr("Pages of the batch"))
        for title in (self.tr("Set up"), self.tr("Look first"), self.tr("Batch")):
            self.tabs.addTab(title)
        self.new = QPushButton(self.tr("&New batch"))
        self.new.setToolTip(self.tr("Set up another batch; what was done stays where it is"))
        self.new.clicked.connect(self.begin_anew)
        self._stack = QStackedWidget()
        for page in (self.setup, self.triage, self.page):
            self._stack.addWidget(page)
        self.tabs.currentChanged.connect(self._stack.setCurrentIndex)
        self._top = QWidget()
        line = QHBoxLayout(self._top)
        line.setContentsMargins(14, 8, 14, 0)
        self.place = muted()
        self.place.setWordWrap(False)
        self.place.setAccessibleName(self.tr("Folder of the results"))
        line.addWidget(self.tabs)
        line.addWidget(self.place, 1)
        line.addWidget(self.new)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self._top)
        layout.addWidget(self._stack, 1)

    def _join(self) -> None:
        self.setup.start_wanted.connect(self.start)
        self.setup.resume_wanted.connect(self.resume)
        self.setup.forget_wanted.connect(self._forget)
        self.triage.edit_wanted.connect(lambda item: self._edit(item, self.search))
        self.triage.repair_wanted.connect(self._repair_approved)
        self.triage.model.withdrawn.connect(self._withdraw)
        self.page.edit_wanted.connect(lambda item: self._edit(item, self.session))
        for session in (self.session, self.search):
            session.state_changed.connect(self._show_tabs)
            session.opened.connect(self._show_tabs)
        self.session.failed.connect(lambda failed: self._on_failed(self.session, failed))
        self.search.failed.connect(lambda failed: self._on_failed(self.search, failed))
        self.session.ended.connect(self._on_ended)
        close = QShortcut(QKeySequence(QKeySequence.StandardKey.Close), self)
        close.activated.connect(self.close)

    @property
    def models_in_use(self) -> set[str]:
        """Ids of the models without which what runs, or watches folders, could not go on."""
        at_work = [s for s in (self.session, self.search) if s.running]
        if self.watch.on:
            at_work.append(self.session)
        return {model for session in at_work for model in session.models}

    # --- pages

    def show_page(self, number: int) -> None:
        """Show one of `SETUP`, `TRIAGE` and `QUEUE`."""
        self._show_tabs()
        self.tabs.setCurrentIndex(number)
        (self.setup.sources, self.triage.grid, self.page.table)[number].setFocus()

    def _show_tabs(self) -> None:
        searching = self.search.out is not None
        working = self.session.out is not None
        self.tabs.setTabVisible(SETUP, not working and not searching)
        self.tabs.setTabVisible(TRIAGE, searching)
        self.tabs.setTabVisible(QUEUE, working)
        self._top.setVisible(searching or working)
        self.tabs.setVisible(searching and working)
        out = self.session.out or (self.search.out.parent if self.search.out is not None else None)
        self.place.setText(str(out) if out is not None else "")
        self.new.setEnabled(not self.session.running and not self.search.running)

    def begin_anew(self) -> None:
        """Back to the first page; the batch that was shown stays on disk."""
        self.watch.turn(False)
        self.page.forget()
        self.triage.forget()
        for session in (self.session, self.search):
            session.close()
        self.setup.clear()
        self.show_page(SETUP)
        self.look_for_unfinished()

    # --- beginning

    def add_paths(self, paths: Iterable[Path]) -> None:
        """Take files and folders into the list that is being set up, or into the batch that is shown.

        A folder that holds a batch is gone on with.
        """
        chosen = [full_path(path) for path in paths]
        if self.session.out is None and self.search.out is None:
            for path in chosen:
                if _holds(path) or _holds(triage_folder(path)):
                    self.resume(Unfinished(path, 0, 0, not _holds(path)))
                    return
            self.setup.add_paths(chosen)
        elif self.tabs.currentIndex() == TRIAGE:
            self.search.add(chosen)
        else:
            self.session.add(chosen)

    def start(self, order: Order) -> None:
        """Begin a batch, or the search before it."""
        if _holds(order.out) or _holds(triage_folder(order.out)):
            text = self.tr("That folder holds a batch already: choose another one, or go on with that batch.")
            self.setup.say(text)
            self.setup.show_unfinished([Unfinished(order.out, 0, 0, not _holds(order.out))])
            return
        self._known.add(order.out)
        order = replace(order, workers=self._workers)
        if order.triage:
            self.search.start(replace(order, out=triage_folder(order.out)))
            self.show_page(TRIAGE)
        else:
            self.session.start(order)
            self.show_page(QUEUE)

    def resume(self, entry: Unfinished) -> None:
        """Go on with a batch where it was left."""
        order = Order(entry.out, resume=True, device=self.setup.wanted_device(), workers=self._workers)
        self._known.add(entry.out)
        if _holds(triage_folder(entry.out)):
            self.search.start(replace(order, out=triage_folder(entry.out), triage=True))
        if _holds(entry.out):
            self.session.start(order)
        self.show_page(QUEUE if _holds(entry.out) else TRIAGE)

    def _repair_approved(self, items: list[Item]) -> None:
        """Repair what was approved; photographs that are in the list already are not added again."""
        plan, folder = self.triage.model.plan, self.search.out
        if plan is None or folder is None or not items:
            return
        out = folder.parent
        begun = _holds(out)
        self.session.restore(item.path for item in items)  # approved again
        self.session.start(
            Order(
                out,
                chosen=tuple(found_of(item) for item in items),
                recipe=None if begun else plan.recipe,
                naming=None if begun else plan.naming,
                device=self.setup.wanted_device(),
                workers=self._workers,
                sidecars=plan.sidecars,
                resume=begun,
            )
        )
        self.show_page(QUEUE)

    def _withdraw(self, items: list[Item]) -> None:
        """Take photographs out of the list again that are approved no more."""
        done = self.session.withdraw(item.path for item in items)
        text = self.tr("Repaired already: {0}. The list of the batch shows the results.")
        self.triage.say(text.format(f"{done:,}") if done else "", "warning")

    def _on_failed(self, session: BatchSession, failed: Failed) -> None:
        """Back to the first page if not even the list could be made."""
        if session.queue is not None:
            return
        if session.out is not None and self.session.queue is None and self.search.queue is None:
            self.session.close()
            self.search.close()
            self.show_page(SETUP)
        self.setup.say(error_told(failed.error))

    def _on_ended(self, summary: object) -> None:
        counts = self.session.standing.counts
        recipe = self.session.recipe
        if recipe is not None and recipe.stage("repair") is None:
            text = self.tr("Batch: damage found in {0}, {1} clean, {2} failed.")
        else:
            text = self.tr("Batch: {0} repaired, {1} clean, {2} failed.")
        self.told.emit(text.format(*(f"{counts[state]:,}" for state in ("done", "clean", "failed"))))

    # --- batches that were left

    def look_for_unfinished(self) -> None:
        """Look, in the background, for batches that were left; `unfinished_found` tells them."""
        folders = self._known.read()
        if folders:
            self._runner.submit(
                lambda ctx: batch_work.find_unfinished(folders, ctx),
                "io",
                self.tr("Looking for unfinished batches"),
                self._on_unfinished,
            )

    def _on_unfinished(self, outcome: Outcome) -> None:
        if isinstance(outcome, Done) and outcome.value:
            self.setup.show_unfinished(outcome.value)
            self.unfinished_found.emit(outcome.value)

    def _forget(self, entry: Unfinished) -> None:
        self._known.remove(entry.out)
        left = [offer.entry for offer in self.setup.offers if offer.entry != entry]
        self.setup.show_unfinished(left)

    # --- the editor

    def _edit(self, item: Item, session: BatchSession) -> None:
        out = session.out
        if out is None:
            return
        mask = out / item.mask if item.mask else None
        done = item.state == "done" and session is self.session and item.target
        grow = (item.report or {}).get("grow_px") or 0
        result = out / str(item.target) if done else None
        request = EditRequest(item.path, mask, result, int(grow), item.sha256)
        if mask is None or not mask.exists():
            request = replace(request, mask=self._mask_of_search(item.path))
        self.edit_wanted.emit(request)

    def _mask_of_search(self, source: Path) -> Path | None:
        """What the search before the batch found in a photograph that the batch could not repair."""
        out, model = self.search.out, self.triage.model
        if out is None:
            return None
        items = (model.item(row) for row in range(model.rowCount()))
        return next((out / i.mask for i in items if i.path == source and i.mask), None)

    # --- events

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Take files and folders."""
        take_copies(event)

    def dropEvent(self, event: QDropEvent) -> None:
        """Add what was dropped."""
        paths = take_copies(event)
        if paths:
            self.add_paths(paths)

    def closeEvent(self, event: QCloseEvent) -> None:
        """Closing the window lets the batch go on; its end is told in the main window."""
        if self.session.running or self.search.running:
            self.told.emit(self.tr("The batch goes on; Ctrl+B shows it again."))
        event.accept()

    def shut_down(self) -> None:
        """Let go of the lists; all jobs have ended before. What was left can be gone on with."""
        self.watch.turn(False)
        self.page.forget()
        self.triage.forget()
        self.session.close()
        self.search.close()
