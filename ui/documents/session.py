"""One open photograph in the window: its document, the jobs that work on it, and Qt's signals about both."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QCoreApplication, QObject, QTimer, Signal

from restorer.editing.document import Change, Document, Transaction
from restorer.editing.mask import CLEAN_SHARE, DamageMap, MaskSettings, Region
from restorer.editing.surface import Surface
from restorer.record.report import study_told
from restorer.tiles import Box, FinishedTile, SmallerTiles
from ui.core_texts import told
from ui.documents import work
from ui.documents.fill_steps import DeviceUsed
from ui.documents.foreground import Foreground, News
from ui.documents.networks import MovedToCpu, Networks
from ui.documents.recut import Recutter, Watch
from ui.documents.saved_state import SavedState
from ui.jobs import JobRunner, JobThread, Lane, Update

if TYPE_CHECKING:
    from restorer.image.reading import Photo

SURVEY_DELAY_MS, PROOF_DELAY_MS = 120, 60


class DocumentSession(QObject):
    """A photograph being worked on.

    Signals:
        changed (Change): of the document, for every change.
        tile_previewed ((Box, pixels)): a repaired tile while the job still runs; no part of the document.
        preview_cleared: the job settled: forget previews.
        busy_changed: a job that a person waits for began or ended.
        progressed (News): of that job.
        failed (str, Failed): it failed; the title of what was done.
        notice (str): one sentence worth showing for a while.
        device_used (DeviceUsed): what computes.
        found (Cut): a search ended and was applied.
        repaired (Filled): a repair ended and was applied.
        candidate_ready (Candidate): one of several ways to fill a region.
        surveyed (Survey): regions and share of the mask as it is now.
        proved (Proof): changed pixels, counted.
        exported (Path): a file was written.
        edited_changed (bool): what `edited` tells.
    """

    changed = Signal(object)
    tile_previewed = Signal(object)
    preview_cleared = Signal()
    busy_changed = Signal()
    progressed = Signal(object)
    failed = Signal(str, object)
    notice = Signal(str)
    device_used = Signal(object)
    found = Signal(object)
    repaired = Signal(object)
    candidate_ready = Signal(object)
    surveyed = Signal(object)
    proved = Signal(object)
    exported = Signal(object)
    edited_changed = Signal(bool)

    def __init__(
        self,
        photo: Photo,
        path: Path | None,
        runner: JobRunner,
        networks: Networks | None = None,
        parent: QObject | None = None,
        document: Document | None = None,
    ) -> None:
        super().__init__(parent)
        self.photo, self.path = photo, path
        self.document = document or Document(photo.pixels)
        self.project: Path | None = None
        self.device = "auto"
        self._runner = runner
        self._networks = networks or Networks()
        self._front = self._make_foreground()
        self._repair: JobThread | None = None  # the last one
        self._known: work.Found | None = None  # the last search
        self._recutter = Recutter(self, self.failed.emit)
        self._waiting: list[Callable[[], None]] = []
        self.saved = SavedState(self.document, self.edited_changed.emit, document is not None)
        self._closing = False
        self._outstanding = 0
        self._watches = {
            "mask": Watch(self, self.submit, SURVEY_DELAY_MS, self._survey_work, self.surveyed.emit),
            "result": Watch(self, self.submit, PROOF_DELAY_MS, self._proof_work, self.proved.emit),
        }
        self.document.listen(self._on_changed)
        if document is not None:  # work that was done before
            for watch in self._watches.values():
                watch.poke()

    def _make_foreground(self) -> Foreground:
        front = Foreground(self.submit, self)
        front.ended.connect(self.preview_cleared)
        front.changed.connect(self.busy_changed)
        front.progressed.connect(self.progressed)
        front.detailed.connect(self._on_detail)
        front.failed.connect(self.failed)
        front.notice.connect(self.notice)
        return front

    # --- what is there

    @property
    def name(self) -> str:
        """For a person."""
        path = self.project or self.path
        return path.name if path is not None else self.tr("Pasted picture")

    @property
    def damage(self) -> DamageMap | None:
        """The damage map, once there is one."""
        return self.document.values.get("damage")

    @property
    def survey(self) -> work.Survey:
        """What the mask holds, as it was counted last."""
        return self._watches["mask"].value or work.Survey()

    @property
    def proof(self) -> work.Proof | None:
        """Changed pixels; None until they are counted."""
        watch = self._watches["result"]
        return watch.value if watch.current else None

    @property
    def mask_settings(self) -> MaskSettings:
        """How the map is cut."""
        return self.document.values.get("mask_settings", MaskSettings())

    @property
    def wanted_settings(self) -> MaskSettings:
        """How it is to be cut: what was asked for last, though the cut may still be at work."""
        return self._recutter.newest

    @property
    def proposal_share(self) -> float | None:
        """Share of the picture that the cut map marks; None before a search."""
        return self.document.values.get("proposal_share")

    @property
    def looks_clean(self) -> bool:
        """Whether the search found nothing worth repairing."""
        share = self.proposal_share
        return share is not None and share < CLEAN_SHARE

    @property
    def repairs(self) -> tuple[Region, ...]:
        """The places that were filled, the largest first."""
        return self.document.values.get("repairs", ())

    @property
    def marked(self) -> bool:
        """Whether anything is marked for filling."""
        mask = self.document.surfaces["mask"]
        return any(tile is not None and tile.any() for tile in map(mask.tile, mask.keys()))

    @property
    def busy(self) -> bool:
        """Whether a job runs that a person waits for."""
        return self._front.job is not None

    @property
    def news(self) -> News | None:
        """What was told last of the job that a person waits for, while there is one."""
        return self._front.news

    @property
    def repairing(self) -> bool:
        """Whether a repair runs and was not cancelled."""
        job = self._front.job
        return job is not None and job is self._repair and not job.cancelled

    @property
    def rested(self) -> bool:
        """Whether all counts in the background are up to date and nothing runs."""
        return not self._outstanding and not any(watch.pending for watch in self._watches.values())

    @property
    def edited(self) -> bool:
        """Whether there is work that was neither exported nor saved, or is not in its project."""
        return self.saved.edited

    @property
    def proposal(self) -> Surface | None:
        """What was cut from the map, before any correction by hand."""
        return self.document.values.get("proposal")

    @property
    def _filled(self) -> Surface:
        none = Surface(self.document.height, self.document.width)
        return self.document.values.get("filled", none)

    @property
    def _shots(self) -> tuple[Surface, Surface, Surface]:
        """The result, the mask and what is protected, as they are now."""
        surfaces = self.document.surfaces
        return surfaces["result"].snapshot(), surfaces["mask"].snapshot(), surfaces["protect"].snapshot()

    # --- jobs that a person waits for

    def find_damage(self) -> None:
        """Search for damage in the worker; what the last search found is taken while it is still true."""
        if self.busy:
            return
        order = work.Search(
            self.document.source, *self._shots, self._filled, self.mask_settings, self.device, self._known
        )
        networks = self._networks
        self._start(self.tr("Find damage"), lambda ctx: work.find(networks, order, ctx), self._apply_found)

    def forget_search(self) -> None:
        """The detector may be another one: what the last search found is not taken again."""
        self._known = None

    def repair(self, region: Box | None = None, settings: work.FillSettings | None = None) -> None:
        """Fill what is marked, in the worker; with `region` that place alone, anew.

        Places that were filled before stay as they are unless the settings are others now; places that are
        not marked any more become the photograph again. A stroke that is being drawn is waited for.
        """
        if self.document.editing:
            self._waiting.append(lambda: self.repair(region, settings))
        if self.busy or self.document.editing:
            return
        settings = replace(settings or work.FillSettings(), device=self.device)
        used = self.document.values.get("fill_settings")
        anew = region is None and used is not None and replace(used, device=settings.device) != settings
        order, networks = self._order(settings, region, anew), self._networks
        title = self.tr("Repair") if region is None else self.tr("Repair one place")
        self._start(
            title,
            lambda ctx: work.fill(networks, order, ctx),
            lambda value: self.apply_fill(value, order, title),
        )
        self._repair = self._front.job

    def try_candidates(self, region: Box, choices: list[work.FillSettings]) -> None:
        """Fill one place in several ways; `candidate_ready` tells each."""
        if self.busy:
            return
        order, networks = self._order(choices[0], region, False), self._networks
        self._front.start(
            self.tr("Several ways to fill"),
            lambda ctx: work.candidates(networks, order, choices, ctx),
            lambda _: None,
            silent=True,  # the dialog closes with what has come so far
        )

    def choose(self, candidate: work.Candidate) -> None:
        """Take one of the ways to fill a place."""
        self.when_free(lambda: self.apply_fill(candidate.outcome, None, self.tr("Another fill")))

    def run_file_job(
        self, title: str, task: work.Task, on_done: Callable[[Any], None], lane: Lane = "io"
    ) -> None:
        """Read or write a file in the worker; refused while another job runs."""
        if not self.busy:
            self._start(title, task, on_done, lane)

    def cancel(self) -> None:
        """Ask the job to stop; it does within a tile, and at once where it still waits."""
        if self._front.job is not None:
            self._front.job.cancel()

    def _order(self, settings: work.FillSettings, region: Box | None, anew: bool) -> work.FillOrder:
        steps = self.document.values.get("fill_steps", ())
        return work.FillOrder(self.document.source, *self._shots, self._filled, settings, region, anew, steps)

    def _start(self, title: str, task: work.Task, on_done: Callable[[Any], None], lane: Lane = "gpu") -> None:
        self._front.start(title, task, lambda value: self.when_free(lambda: on_done(value)), lane)

    def _on_detail(self, detail: object) -> None:
        if isinstance(detail, FinishedTile):
            self.tile_previewed.emit((detail.box, detail.pixels))
        elif isinstance(detail, DeviceUsed):
            self.device_used.emit(detail)
        elif isinstance(detail, work.Candidate):
            self.candidate_ready.emit(detail)
        elif isinstance(detail, SmallerTiles):
            self.notice.emit(self.tr("Memory ran short: the work goes on with smaller tiles."))
        elif isinstance(detail, MovedToCpu):
            self.notice.emit(self.tr("The graphics memory is too small: the work goes on on the processor."))

    # --- applying what jobs give, on the window's thread, one step of the history each

    def when_free(self, apply: Callable[[], None]) -> None:
        """Now, or as soon as the stroke that is being drawn has ended."""
        if self.document.editing:
            self._waiting.append(apply)
        else:
            apply()

    def _flush(self) -> None:
        while self._waiting and not self.document.editing:
            self._waiting.pop(0)()

    def _apply_found(self, value: work.Found) -> None:
        self._known = value
        self._recutter.cutter = value.cutter
        mask, by_hand = self.document.surfaces["mask"], self.document.values.get("by_hand")
        with self.document.edit(self.tr("Find damage")) as tx:
            tx.set("damage", value.damage)
            tx.set("by_hand", work.settled(mask, by_hand, self._filled))
            self.set_cut(tx, value.cut, self.mask_settings)
        self.found.emit(value.cut)

    def set_cut(self, tx: Transaction, value: work.Cut, settings: MaskSettings) -> None:
        """Put a new proposal into the mask, with what was corrected by hand."""
        by_hand = self.document.values.get("by_hand")
        new = work.corrected(self.document.surfaces["mask"], self.proposal, by_hand, value.surface)
        tx.set("mask_settings", settings)
        tx.set("proposal", value.surface)
        tx.set("proposal_share", value.share)
        tx.set("by_hand", new.by_hand)
        tx.put("mask", new.mask)

    def apply_fill(self, value: work.Filled, order: work.FillOrder | None, label: str) -> None:
        """Make a repair of this photograph a step of the history, without what was protected or unmarked
        meanwhile."""
        result = self.document.surfaces["result"]
        if order is not None and not work.same_pixels(result, order.result):
            self.notice.emit(self.tr("The photograph was changed meanwhile; the repair was not applied."))
            return
        if order is not None:
            surfaces = self.document.surfaces
            value = work.spared(value, order, surfaces["mask"], surfaces["protect"])
        done_before = value.steps == self.document.values.get("fill_steps", ())
        gain = None if done_before else value.study_gain
        studied = "" if gain is None else told(study_told(gain))
        if work.same_pixels(result, value.result) and work.same_pixels(self._filled, value.filled):
            nothing = QCoreApplication.translate("DetectionPanel", "Nothing is marked.")
            done = self.tr("Everything that is marked is repaired already.")
            self.notice.emit(studied or (done if value.filled.keys() else nothing))
            return
        with self.document.edit(label) as tx:
            tx.put("result", value.result)
            tx.set("filled", value.filled)
            tx.set("repairs", value.spots)
            tx.set("fill_steps", value.steps)
            if order is not None and order.region is None:
                tx.set("fill_settings", order.settings)
        self.repaired.emit(value)
        as_before = self.tr(
            "Places that are as in the scan again, since they are not marked any more: {0}. "
            "Ctrl+Z brings their repairs back."
        )
        texts = [studied, as_before.format(f"{value.given_back:,}") if value.given_back else ""]
        if any(texts):
            self.notice.emit("\n".join(filter(None, texts)))

    # --- masks

    def recut(self, settings: MaskSettings) -> None:
        """Cut the cached map again; the newest settings win, and all until `end_gesture` are one step."""
        self._recutter.request(settings)

    def end_gesture(self) -> None:
        """The slider was let go: the next re-cut is a step of its own."""
        self._recutter.end_gesture()

    def change_mask(self, label: str, change: Callable[[Surface], Surface]) -> None:
        """Replace the mask by what `change` makes of it, as one step."""

        def apply() -> None:
            mask = change(self.document.surfaces["mask"])
            with self.document.edit(label) as tx:
                tx.put("mask", mask)

        self.when_free(apply)

    def add_to_mask(self, label: str, mask: Surface) -> None:
        """Mark what `mask` marks as well."""
        self.change_mask(label, lambda mine: work.united(mine, mask))

    # --- history

    def undo(self) -> None:
        """Take back the newest step."""
        self.go_to(len(self.document.history) - 1)

    def redo(self) -> None:
        """Do it again."""
        self.go_to(len(self.document.history) + 1)

    def go_to(self, steps: int) -> None:
        """Undo or redo until `steps` steps are done."""
        if not self.document.editing:
            self.document.go_to(steps)

    def mark_exported(self, path: Path, surfaces: Mapping[str, Surface], filled: Surface) -> None:
        """Remember that this state lies in a file, its mask if all of that was filled; not where there is a
        project, with which the photograph is shown again."""
        mask, protect = surfaces["mask"], surfaces["protect"]
        if self.project is None:
            unfilled = work.any_unfilled(mask, protect, filled)
            self.saved.note(surfaces["result"], None if unfilled else mask, protect)
        self.exported.emit(path)

    def mark_saved(self, project: Path, surfaces: Mapping[str, Surface]) -> None:
        """Remember that this state lies in a project."""
        self.project = project
        self.saved.note(surfaces["result"], surfaces["mask"], surfaces["protect"])

    def mark_kept(self) -> None:
        """Remember that this state can be had again from what lies in files."""
        self.saved.note(*(self.document.surfaces[n].snapshot() for n in ("result", "mask", "protect")))

    def _on_changed(self, change: Change) -> None:
        self._recutter.on_changed()
        if "mask" in change.tiles or "protect" in change.tiles:
            self._watches["mask"].poke()
        if "result" in change.tiles or "filled" in change.values:
            self._watches["result"].poke()
        self.changed.emit(change)
        if not self.document.editing:
            self.saved.check()
        if self._waiting and not self.document.editing:
            QTimer.singleShot(0, self, self._flush)

    # --- what is counted in the background

    def _survey_work(self) -> work.Task:
        mask, protect = (self.document.surfaces[name].snapshot() for name in ("mask", "protect"))
        return lambda ctx: work.survey(mask, protect, ctx)

    def _proof_work(self) -> work.Task:
        source, filled = self.document.source, self._filled
        result = self.document.surfaces["result"].snapshot()
        return lambda ctx: work.prove(source, result, filled, ctx)

    # --- the end

    def submit(
        self, task: work.Task, lane: Lane, title: str,
        on_settled: Callable[[object], None], on_progress: Callable[[Update], None] | None = None,
    ) -> JobThread:  # fmt: skip
        """Run a job for this session; after `close` only what came of writing a file is told."""
        self._outstanding += 1

        def settle(outcome: object) -> None:
            self._outstanding -= 1
            if not self._closing or lane == "write":
                on_settled(outcome)
            if self._closing and not self._outstanding:
                self.deleteLater()

        def progress(update: Update) -> None:
            if on_progress is not None and not self._closing:
                on_progress(update)

        return self._runner.submit(task, lane, title, settle, progress)

    def close(self) -> None:
        """Stop what is going on; the session goes when its last job has ended."""
        if self._closing:
            return
        if self._front.job is not None:
            self._front.job.dismiss()
        for watch in self._watches.values():
            watch.stop()
        self._waiting.clear()
        self._closing = True
        if not self._outstanding:
            self.deleteLater()
