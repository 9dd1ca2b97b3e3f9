"""The panel of the search: what was found, and how the map is cut into a mask."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from PySide6.QtCore import QAbstractListModel, QModelIndex, QPersistentModelIndex, Qt, Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QComboBox, QGridLayout, QLabel, QListView, QPushButton, QWidget

from restorer.editing.mask import MaskSettings, Region
from ui.documents.session import DocumentSession
from ui.documents.work import Survey
from ui.theme import ThemeManager
from ui.widgets import Panel, SliderRow, Verdict, button_for, logarithmic, share_text

LARGEST_PX = 1_000_000  # the end of the slider: no limit
POLARITIES = ("both", "light", "dark")


class RegionList(QAbstractListModel):
    """The regions of the mask for a list view; made for a hundred thousand of them."""

    def __init__(self) -> None:
        super().__init__()
        self.regions: list[Region] = []

    def show(self, regions: list[Region]) -> None:
        """Show other regions."""
        self.beginResetModel()
        self.regions = regions
        self.endResetModel()

    def rowCount(self, parent: QModelIndex | QPersistentModelIndex | None = None) -> int:
        """Number of regions."""
        return 0 if parent is not None and parent.isValid() else len(self.regions)

    def data(self, index: QModelIndex | QPersistentModelIndex, role: int = Qt.ItemDataRole.DisplayRole):
        """One line for a region."""
        if not index.isValid():
            return None
        region = self.regions[index.row()]
        box = region.box
        if role == Qt.ItemDataRole.DisplayRole:
            text = self.tr("{0}.  {1} × {2} px, area {3}")
            return text.format(index.row() + 1, box.width, box.height, region.area)
        if role == Qt.ItemDataRole.ToolTipRole:
            return self.tr("At {0}, {1}. Click to go there.").format(box.x0, box.y0)
        return None


class DetectionPanel(Panel):
    """Find damage, the verdict, sliders that cut the map again, and the regions of the mask.

    Args:
        find: the action that starts the search.
        theme: for icons.

    Signals:
        region_chosen (Box): go there.
    """

    region_chosen = Signal(object)

    def __init__(self, find: QAction, theme: ThemeManager, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session: DocumentSession | None = None
        self._walking = True  # a region that becomes current is one to go to
        self._theme = theme
        self._find = button_for(find, self.tr("Find damage"))
        self._find.setProperty("primary", True)
        self.column.addWidget(self._find)
        self._verdict = Verdict()
        self.column.addWidget(self._verdict)
        self._make_sliders()
        self._make_regions()
        theme.changed.connect(self._show)
        self._show()

    # --- parts

    def _make_sliders(self) -> None:
        to_area, from_area = logarithmic(1, 10_000, 100)
        to_large, from_large = logarithmic(10, LARGEST_PX, 100)
        self._sensitivity = SliderRow(
            self.tr("&Sensitivity"),
            100,
            lambda step: step,
            lambda value: value,
            " %",
            self.tr("More finds fainter damage, and more that is none"),
        )
        self._smallest = SliderRow(
            self.tr("Smallest re&gion"),
            100,
            to_area,
            from_area,
            self.tr(" px"),
            self.tr("Regions with a smaller area are left out"),
        )
        self._largest = SliderRow(
            self.tr("L&argest region"),
            100,
            to_large,
            from_large,
            self.tr(" px"),
            self.tr("Regions with a larger area are left out"),
            self.tr("any"),
        )
        self._elongation = SliderRow(
            self.tr("&Least elongation"),
            39,
            lambda step: step + 1,
            lambda value: value - 1,
            "",
            self.tr("1 keeps everything, from 3 on spots are left out, above 10 only long scratches stay"),
        )
        self._sliders = (self._sensitivity, self._smallest, self._largest, self._elongation)
        for row in self._sliders:
            self.column.addWidget(row)
            row.released.connect(self._end_gesture)
        self._sensitivity.changed.connect(lambda value: self._recut(sensitivity=value / 100))
        self._smallest.changed.connect(lambda value: self._recut(smallest_px=value))
        self._largest.changed.connect(
            lambda value: self._recut(largest_px=None if value >= LARGEST_PX else value)
        )
        self._elongation.changed.connect(lambda value: self._recut(minimum_elongation=float(value)))
        self._polarity = QComboBox()
        self._polarity.addItems([self.tr("Light and dark"), self.tr("Light only"), self.tr("Dark only")])
        self._polarity.currentIndexChanged.connect(self._on_polarity)
        self._polarity_label = label = QLabel(self.tr("Kind of &damage"))
        label.setBuddy(self._polarity)
        tip = self.tr("Damage that is lighter or darker than what is around it")
        for widget in (label, self._polarity):
            widget.setToolTip(tip)
        self._polarity.setAccessibleName(self.tr("Kind of damage"))
        self._reset = QPushButton(self.tr("Reset"))
        self._reset.setToolTip(self.tr("Back to the calibrated values"))
        self._reset.clicked.connect(self._on_reset)
        grid = QGridLayout()
        grid.addWidget(label, 0, 0)
        grid.addWidget(self._polarity, 0, 1)
        grid.addWidget(self._reset, 0, 2)
        grid.setColumnStretch(1, 1)
        self.column.addLayout(grid)

    def _make_regions(self) -> None:
        self._regions_title = QLabel(self.tr("Regions"))
        self._regions_title.setObjectName("heading")
        self._regions = RegionList()
        self._list = QListView()
        self._list.setModel(self._regions)
        self._list.setUniformItemSizes(True)
        self._list.setMinimumHeight(110)
        self._list.setAccessibleName(self.tr("Regions of the mask"))
        self._list.setToolTip(self.tr("Choose a region to go there"))
        self._regions_title.setBuddy(self._list)
        self._list.selectionModel().currentChanged.connect(self._on_region)
        self._list.clicked.connect(self._on_region)
        self.column.addWidget(self._regions_title)
        self.column.addWidget(self._list, 1)

    # --- session

    def set_session(self, session: DocumentSession | None) -> None:
        """Work on another photograph."""
        if self._session is not None:
            self._session.changed.disconnect(self._on_changed)
            self._session.surveyed.disconnect(self._on_surveyed)
        self._session = session
        self._list.setCurrentIndex(QModelIndex())
        if session is not None:
            session.changed.connect(self._on_changed)
            session.surveyed.connect(self._on_surveyed)
        self._on_surveyed(session.survey if session is not None else Survey())
        self._show_settings(self._sliders)  # what is half typed was meant for the other one
        self._show()

    def _on_changed(self, change: object) -> None:
        values = change.values  # type: ignore[attr-defined]
        if values & {"damage", "mask_settings", "proposal_share"}:
            self._show()

    def _on_surveyed(self, survey: Survey) -> None:
        self._show_regions(survey.regions)
        self._regions_title.setText(self.tr("Regions: {0}").format(f"{len(survey.regions):,}"))
        self._show_count()

    def _show_regions(self, regions: list[Region]) -> None:
        """List other regions; who walks along the list goes on from there, and the view stays where it is."""
        row = self._list.currentIndex().row()
        chosen = self._regions.regions[row] if row >= 0 else None
        self._regions.show(regions)
        if chosen is not None and regions:
            row = regions.index(chosen) if chosen in regions else min(row, len(regions) - 1)
            self._walking = False
            self._list.setCurrentIndex(self._regions.index(row))
            self._walking = True

    def _on_region(self, index: QModelIndex, _: object = None) -> None:
        if self._walking and index.isValid() and index.row() < len(self._regions.regions):
            self.region_chosen.emit(self._regions.regions[index.row()].box)

    # --- both ways

    @property
    def _settings(self) -> MaskSettings:
        return self._session.wanted_settings if self._session is not None else MaskSettings()

    def _recut(self, **changed: Any) -> None:
        if self._session is not None:
            self._session.recut(replace(self._settings, **changed))

    def _end_gesture(self) -> None:
        if self._session is not None:
            self._session.end_gesture()

    def _on_polarity(self, index: int) -> None:
        self._recut(polarity=POLARITIES[index])
        self._end_gesture()

    def _on_reset(self) -> None:
        if self._session is not None:
            self._session.recut(MaskSettings())
            self._session.end_gesture()
            self._show()

    def _show_settings(self, rows: Iterable[SliderRow]) -> None:
        settings = self._settings
        shown = {
            self._sensitivity: round(settings.sensitivity * 100),
            self._smallest: settings.smallest_px,
            self._largest: LARGEST_PX if settings.largest_px is None else settings.largest_px,
            self._elongation: round(settings.minimum_elongation),
        }
        for row in rows:
            row.show_value(shown[row])

    def _show(self) -> None:
        session, settings = self._session, self._settings
        self._show_settings(row for row in self._sliders if not row.in_hand)
        self._polarity.blockSignals(True)
        self._polarity.setCurrentIndex(POLARITIES.index(settings.polarity))
        self._polarity.blockSignals(False)
        searched = session is not None and session.damage is not None
        for widget in (*self._sliders, self._polarity, self._polarity_label):
            widget.setEnabled(searched)
        self._reset.setEnabled(searched and settings != replace(MaskSettings()))
        self._show_verdict(session)
        self._show_count()

    def _show_verdict(self, session: DocumentSession | None) -> None:
        if session is None or session.damage is None:
            look = "info", "muted", self.tr("Not searched yet"), ""
        elif session.looks_clean:
            look = "check", "good", self.tr("Looks clean: nothing to repair"), "good"
        else:
            look = "warning", "warning", self.tr("Damage found"), ""
        if self._find.property("primary") != (look[0] == "info"):
            self._find.setProperty("primary", look[0] == "info")  # afterwards the next step is another one
            self._find.style().unpolish(self._find)
            self._find.style().polish(self._find)
        icon = self._theme.pixmap(look[0], 24, look[1])
        self._verdict.show_statement(icon, look[2], look[3])

    def _show_count(self) -> None:
        if self._session is None:
            self._verdict.note.setText(self.tr("Open a photograph to begin."))
            return
        survey = self._session.survey
        if not survey.regions:
            empty = self.tr("Nothing is marked.")
            self._verdict.note.setText(
                empty if self._session.damage is not None else self.tr("Search, or mark damage by hand.")
            )
            return
        one, many = self.tr("1 region, {1} of the picture"), self.tr("{0} regions, {1} of the picture")
        text = one if len(survey.regions) == 1 else many
        self._verdict.note.setText(text.format(f"{len(survey.regions):,}", share_text(survey.share)))
