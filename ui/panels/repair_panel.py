"""The panel of the repair: how holes are filled, what is running, and the proof of what changed."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import QT_TRANSLATE_NOOP, QCoreApplication, QSignalBlocker
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLabel, QWidget

from restorer.library.store import library
from restorer.library.weights import IMPORTED, ModelEntry
from restorer.record.report import study_told
from ui.core_texts import told
from ui.documents.session import DocumentSession
from ui.documents.work import FillSettings
from ui.settings import SettingsStore
from ui.theme import ThemeManager
from ui.widgets import Panel, SliderRow, Verdict, button_for

STUDY_STEPS, STUDY_STEP = 1000, 20  # at most, and by how many the slider moves

# The models that come with the program carry their titles in English.
TITLES: tuple[str, ...] = (
    QT_TRANSLATE_NOOP("ModelTitles", "Repair: fills holes, from faithful to textured"),  # type: ignore[assignment]
    QT_TRANSLATE_NOOP("ModelTitles", "VAE-GAN: another seed, another plausible fill"),  # type: ignore[assignment]
)


def model_title(entry: ModelEntry) -> str:
    """The title of a model in the user's language; one that a person gave stays as it is."""
    return told(QCoreApplication.translate("ModelTitles", entry.title))


def named_now(chosen: str, listed: Mapping[str, str]) -> str:
    """The id of a chosen model, which may have been renamed since.

    Args:
        chosen: its id.
        listed: fingerprints by id of the models that there were when it was chosen.
    """
    models = library()
    if chosen not in listed or any(entry.id == chosen for entry in models):
        return chosen
    return next((entry.id for entry in models if entry.fingerprint == listed[chosen]), chosen)


class RepairPanel(Panel):
    """Model, detail, growth and seed of a repair.

    Args:
        actions: "repair", "previous_spot", "next_spot" and "again".
        store: remembers what was chosen.
        theme: for icons.
    """

    def __init__(
        self,
        actions: dict[str, QAction],
        store: SettingsStore,
        theme: ThemeManager,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._store, self._theme = store, theme
        self._session: DocumentSession | None = None
        self._own: FillSettings | None = None  # a person's, while those of a photograph are shown
        self._listed: Mapping[str, str] = {}
        repair = button_for(actions["repair"], self.tr("Repair"))
        repair.setProperty("primary", True)
        self.column.addWidget(repair)
        self._make_choices()
        self._proof = Verdict()
        self.column.addWidget(self._proof)
        line = QHBoxLayout()
        for name, text in (("previous_spot", self.tr("Previous")), ("next_spot", self.tr("Next"))):
            line.addWidget(button_for(actions[name], text))
        self.column.addLayout(line)
        self.column.addWidget(button_for(actions["again"], self.tr("Fill this spot differently…")))
        self.column.addStretch(1)
        theme.changed.connect(self._show_proof)
        self._show_proof()

    def _make_choices(self) -> None:
        value = self._store.value
        self._model = QComboBox()
        self._model.setAccessibleName(self.tr("Model"))
        self._model.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self._model.setToolTip(self.tr("The network that fills"))
        label = QLabel(self.tr("Mode&l"))
        label.setBuddy(self._model)
        self._detail = SliderRow(
            self.tr("&Detail"),
            100,
            lambda step: step,
            lambda number: number,
            " %",
            self.tr(
                "0 % is the smoothest, most probable fill; above that it has grain, "
                "and wide holes have texture from elsewhere in the photograph"
            ),
        )
        self._grow = SliderRow(
            self.tr("Widen mas&k by"),
            16,
            lambda step: step,
            lambda number: number,
            self.tr(" px"),
            self.tr("Damage has soft edges: this rim is filled as well, and is part of the mask"),
        )
        self._seed = SliderRow(
            self.tr("Seed"),
            999,
            lambda step: step,
            lambda number: number,
            "",
            self.tr("Another seed gives other grain and texture"),
        )
        self._study = SliderRow(
            self.tr("Stud&y this photograph"),
            STUDY_STEPS // STUDY_STEP,
            lambda step: step * STUDY_STEP,
            lambda number: round(number / STUDY_STEP),
            self.tr(" steps"),
            self.tr(
                "The network first practises on the undamaged parts of this photograph; slower, and better "
                "where a pattern repeats. It keeps what it learns only if that fills better. 0 = not at all"
            ),
        )
        self._detail.show_value(round(value.detail * 100))
        self._grow.show_value(value.grow_px)
        self.column.addWidget(label)
        self.column.addWidget(self._model)
        for row in (self._detail, self._grow, self._seed, self._study):
            self.column.addWidget(row)
        self._model.currentIndexChanged.connect(lambda _: self._remember())
        self._model.currentIndexChanged.connect(lambda _: self._show_study())
        self.reload_models()
        for row in (self._detail, self._grow, self._seed, self._study):
            row.released.connect(self._remember)

    def reload_models(self) -> None:
        """Read the library again; where the chosen model is gone or the default now, the default is taken."""
        chosen = named_now(self._store.value.model, self._listed)
        if chosen != self._store.value.model:
            self._store.change(model=chosen)
        self._listed = {entry.id: entry.fingerprint for entry in library()}
        with QSignalBlocker(self._model):
            self._model.clear()
            for entry in library():
                if entry.task == "repair":
                    self._model.addItem(model_title(entry), "" if entry.default else entry.id)
            row = self._model.findData(self._store.value.model)
            self._model.setCurrentIndex(row if row >= 0 else self._model.findData(""))
        self._show_study()
        self._show_used()

    def _show_study(self) -> None:
        """Networks of others cannot practise: how they were trained is not known."""
        chosen = self._model.currentData() or None
        entry = next((e for e in library() if e.task == "repair" and _is(e, chosen)), None)
        self._study.setEnabled(entry is None or entry.architecture != IMPORTED)

    @property
    def settings(self) -> FillSettings:
        """How to fill, as it is set."""
        return FillSettings(
            self._model.currentData() or None,
            self._detail.value / 100,
            self._grow.value,
            self._seed.value,
            self._store.value.device,
            self._study.value if self._study.isEnabled() else 0,
        )

    def set_session(self, session: DocumentSession | None) -> None:
        """Work on another photograph."""
        if self._session is not None:
            self._session.proved.disconnect(self._show_proof)
            self._session.changed.disconnect(self._on_changed)
        self._session = session
        if session is not None:
            session.proved.connect(self._show_proof)
            session.changed.connect(self._on_changed)
        self._show_used()
        self._show_proof()

    def _show_used(self) -> None:
        """Show how this photograph was filled: with other settings all of it would be filled anew. One that
        was not gets what a person chose last."""
        used = self._session.document.values.get("fill_settings") if self._session is not None else None
        own = self._own or self.settings
        self._own = own if used is not None else None
        shown = used or own
        row = self._model.findData(shown.model or "")
        with QSignalBlocker(self._model):
            self._model.setCurrentIndex(row if row >= 0 else self._model.currentIndex())
        self._show_study()
        self._detail.show_value(round(shown.detail * 100))
        self._grow.show_value(shown.grow_px)
        self._seed.show_value(shown.seed)
        self._study.show_value(shown.study_steps)

    def _remember(self) -> None:
        self._own = None
        model = self._model.currentData() or ""
        self._store.change(model=model, detail=self._detail.value / 100, grow_px=self._grow.value)

    def _on_changed(self, change: object) -> None:
        if "fill_settings" in change.values:  # type: ignore[attr-defined]
            self._show_used()
        if "repairs" in change.values:  # type: ignore[attr-defined]
            self._show_proof()

    def _show_proof(self) -> None:
        session = self._session
        proof = session.proof if session is not None else None
        if session is None or not session.repairs:
            look = "info", "muted", self.tr("Nothing repaired yet"), ""
            count = self.tr("Only pixels inside the mask will change.")
        elif proof is None:
            look = "info", "muted", self.tr("Comparing with the scan…"), ""
            count = self.tr("The pixels that changed are being counted.")
        elif proof.outside:
            text = self.tr("{0} pixels changed outside the mask")
            look = "error", "danger", text.format(f"{proof.outside:,}"), "danger"
            count = self.tr("Please report this.")
        else:
            look = "check", "good", self.tr("0 pixels changed outside the mask"), "good"
            one = self.tr("1 spot, {1} pixels changed inside")
            count = self.tr("{0} spots, {1} pixels changed inside") if len(session.repairs) != 1 else one
            count = count.format(f"{len(session.repairs):,}", f"{proof.inside:,}")
            count = "\n".join([count, *_studied(session)])
        icon = self._theme.pixmap(look[0], 24, look[1])
        self._proof.show_statement(icon, look[2], look[3])
        self._proof.note.setText(count)


def _studied(session: DocumentSession) -> list[str]:
    """What studying the photograph brought the last repair that is there, if it was studied."""
    steps = session.document.values.get("fill_steps", ())
    gains = [step.study_gain for step in steps[-1:] if step.study_gain is not None]
    return [told(study_told(gain)) for gain in gains]


def _is(entry: ModelEntry, chosen: str | None) -> bool:
    return entry.default if chosen is None else entry.id == chosen
