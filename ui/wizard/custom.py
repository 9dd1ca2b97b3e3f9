"""Own settings of a training: how much and how boldly, which layers, which losses."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QComboBox, QDoubleSpinBox, QFormLayout, QHBoxLayout, QSpinBox, QWidget

from ui.widgets import NumberField, indent, plain_text

# The usual weights of the losses, as in `training.tuning.tasks`, which this must not import: it needs torch.
LOSSES: Mapping[str, Mapping[str, float]] = {
    "repair": {"l1": 2.0, "log_mse": 0.5, "pyramid": 1.0, "l2": 0.0},
    "detect": {"bce": 4.0, "dice": 1.0},
}


class CustomForm(QWidget):
    """The form; its values go into `training.tuning.setup.FinetuneConfig` as they are.

    Signals:
        changed: something else was chosen.
    """

    changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.fields: dict[str, QSpinBox | QDoubleSpinBox] = {}
        self.losses: dict[str, QDoubleSpinBox] = {}
        self._task = "repair"
        line = QHBoxLayout(self)
        line.setContentsMargins(0, 0, 0, 0)
        line.setSpacing(28)
        for part in (self._make_amounts(), self._make_rates(), self._make_losses()):
            part.setLabelAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
            part.setVerticalSpacing(6)
            part.setRowWrapPolicy(QFormLayout.RowWrapPolicy.WrapLongRows)
            line.addLayout(part, 1)
        self.show_task("repair")

    # --- parts

    def _make_amounts(self) -> QFormLayout:
        form = self._amounts = QFormLayout()
        tip = self.tr("Times that the weights are changed")
        self._add(form, "steps", self.tr("Ste&ps"), (10, 100_000, 500, 50, 0), tip)
        tip = self.tr("More is steadier and takes more memory")
        self._add(form, "batch", self.tr("Crops per s&tep"), (1, 64, 32, 1, 0), tip)
        tip = self.tr("Larger holes need larger crops")
        self._add(form, "crop_px", self.tr("Cr&op, pixels"), (64, 192, 128, 32, 0), tip)
        self.layers = QComboBox()
        self.layers.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.layers.setMinimumContentsLength(12)
        for title, value in (
            (self.tr("All of them"), "all"),
            (self.tr("The first half"), "first"),
            (self.tr("The last half"), "last"),
            (self.tr("Only the offsets"), "biases"),
        ):
            self.layers.addItem(title, value)
        tip = self.tr("Fewer layers learn less and forget less; the rest stays as it is")
        title = self.tr("La&yers that learn")
        self._name(self.layers, title, tip)
        self.layers.currentIndexChanged.connect(lambda _: self.changed.emit())
        form.addRow(title, self.layers)
        return form

    def _make_rates(self) -> QFormLayout:
        form = QFormLayout()
        tip = self.tr("How boldly; too much forgets")
        self._add(form, "rate", self.tr("Learning &rate"), (0.00001, 0.01, 0.001, 0.0001, 5), tip)
        tip = self.tr("More keeps closer to the shipped model")
        self._add(form, "pull", self.tr("P&ull to the old weights"), (0, 5, 0.5, 0.1, 2), tip)
        tip = self.tr("Practised besides yours, so that nothing is forgotten")
        self._add(form, "replay_share", self.tr("Share of shipp&ed pictures"), (0, 0.9, 0.2, 0.05, 2), tip)
        return form

    def _make_losses(self) -> QFormLayout:
        self._losses = QFormLayout()
        for name, title, tip in (
            ("l1", self.tr("Loss: difference"), self.tr("Mean distance of the values in the hole (L1)")),
            ("log_mse", self.tr("Loss: PSNR"), self.tr("Logarithm of the mean square in the hole")),
            ("pyramid", self.tr("Loss: coarse structure"), self.tr("The difference of reduced pictures")),
            ("l2", self.tr("Loss: square"), self.tr("Mean square in the hole (L2): large errors count most")),
            ("bce", self.tr("Loss: each pixel"), self.tr("Cross-entropy of damaged or not")),
            ("dice", self.tr("Loss: overlap"), self.tr("Dice: how far the marked areas agree")),
        ):
            task = "repair" if name in LOSSES["repair"] else "detect"
            spin = self._spin((0, 10, LOSSES[task][name], 0.25, 2))
            self._name(spin, title, tip)
            self._losses.addRow(title, spin)
            self.losses[name] = spin  # type: ignore[assignment]
        return self._losses

    def _add(
        self, form: QFormLayout, key: str, title: str, limits: tuple[float, ...], tip: str
    ) -> None:  # fmt: skip
        spin = self.fields[key] = self._spin(limits)
        self._name(spin, title, tip)
        form.addRow(title, spin)

    def _spin(self, limits: tuple[float, ...]) -> QSpinBox | QDoubleSpinBox:
        low, high, value, step, digits = limits
        if digits:
            real = QDoubleSpinBox()
            real.setDecimals(int(digits))
            real.setRange(low, high)
            real.setSingleStep(step)
            real.setValue(value)
            real.valueChanged.connect(lambda _: self.changed.emit())
            indent(real)
            made: QSpinBox | QDoubleSpinBox = real
        else:
            made = NumberField()
            made.setRange(int(low), int(high))
            made.setSingleStep(int(step))
            made.setValue(int(value))
            made.valueChanged.connect(lambda _: self.changed.emit())
        made.setKeyboardTracking(False)
        return made

    @staticmethod
    def _name(widget: QWidget, title: str, tip: str) -> None:
        widget.setToolTip(tip)
        widget.setAccessibleName(plain_text(title))
        widget.setAccessibleDescription(tip)

    # --- values

    def take_typed(self) -> None:
        """Take what is still being typed into a field."""
        for spin in (*self.fields.values(), *self.losses.values()):
            spin.interpretText()

    def show_task(self, task: str) -> None:
        """Offer the losses of that task."""
        self._task = task
        for name, spin in self.losses.items():
            self._losses.setRowVisible(spin, name in LOSSES[task])

    def values(self) -> dict[str, Any]:
        """What was chosen, by the names of `FinetuneConfig`; the usual losses are left out."""
        chosen = {name: self.losses[name].value() for name in LOSSES[self._task]}
        losses = {} if chosen == LOSSES[self._task] else {k: v for k, v in chosen.items() if v}
        amounts = {key: spin.value() for key, spin in self.fields.items()}
        return {**amounts, "layers": self.layers.currentData(), "losses": losses}

    @property
    def learns(self) -> bool:
        """Whether any loss has a weight."""
        return any(self.losses[name].value() for name in LOSSES[self._task])
