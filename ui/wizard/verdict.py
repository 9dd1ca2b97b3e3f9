"""The last page of the training wizard: is it better, how sure is that, and what becomes of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QLocale, Signal
from PySide6.QtGui import QFont
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QTextBrowser, QVBoxLayout

from restorer.library import store as library
from ui.parts import Notice, button, card, card_text
from ui.widgets import heading, muted
from ui.wizard.interval import IntervalChart, Row
from ui.wizard.page import Context, Page

if TYPE_CHECKING:
    from training.measuring.verdict import Comparison, Verdict
    from training.tuning.finetune import Outcome


class VerdictPage(Page):
    """Shipped against fine-tuned.

    Signals:
        insisted: keep the model against the verdict.
        discarded: throw it away.
        default_wanted (str): use that model from now on.
        library_wanted: show the model library.
    """

    insisted = Signal()
    discarded = Signal()
    default_wanted = Signal(str)
    library_wanted = Signal()

    def __init__(self, context: Context) -> None:
        super().__init__(
            context,
            self.tr("The verdict"),
            self.tr(
                "Both models worked on the same photographs of yours, none of which the new one was trained "
                "on. It is kept only if it is better there beyond chance and has forgotten nothing elsewhere."
            ),
        )
        self.outcome: Outcome | None = None
        self.column.addWidget(self._make_headline())
        self.chart = IntervalChart(context.theme)
        self.column.addWidget(self.chart)
        self.column.addLayout(self._make_actions())
        self.notice = Notice(context.theme)
        self.column.addWidget(self.notice)
        self.card_title = heading(self.tr("Model card"))
        self.card = QTextBrowser()
        self.card.setAccessibleName(self.tr("Model card"))
        self.card.setOpenExternalLinks(False)
        self.column.addWidget(self.card_title)
        self.column.addWidget(self.card, 1)
        self.column.addStretch()  # without a card
        context.theme.changed.connect(self._paint_icon)

    def _make_headline(self) -> QFrame:
        frame, column = card()
        self._icon, self.headline, self.sentence = QLabel(), QLabel(), muted()
        self._icon.setFixedSize(40, 40)
        font = QFont(self.headline.font())
        font.setPointSizeF(font.pointSizeF() * 1.3)
        font.setWeight(QFont.Weight.DemiBold)
        self.headline.setFont(font)
        self.headline.setWordWrap(True)
        texts = QVBoxLayout()
        texts.setSpacing(3)
        texts.addWidget(self.headline)
        texts.addWidget(self.sentence)
        line = QHBoxLayout()
        line.setSpacing(14)
        line.addWidget(self._icon)
        line.addLayout(texts, 1)
        column.addLayout(line)
        return frame

    def _make_actions(self) -> QHBoxLayout:
        self.default_button = button(
            self.tr("&Use it from now on"), self.tr("It becomes the default; the library can roll back")
        )
        self.default_button.setProperty("primary", True)
        self.library_button = button(
            self.tr("Show model &library"), self.tr("All models, and how good they are")
        )
        self.save_button = button(
            self.tr("Save it &anyway"), self.tr("It is marked in the library as kept against the verdict")
        )
        self.discard_button = button(self.tr("&Discard it"), self.tr("The shipped model stays as it was"))
        self.default_button.clicked.connect(self._on_default)
        self.library_button.clicked.connect(self.library_wanted)
        self.save_button.clicked.connect(self.insisted)
        self.discard_button.clicked.connect(self.discarded)
        line = QHBoxLayout()
        for made in (self.default_button, self.discard_button, self.save_button, self.library_button):
            line.addWidget(made)
        line.addStretch(1)
        return line

    # --- showing

    def show_outcome(self, outcome: Outcome) -> None:
        """Show what came of a training."""
        self.outcome = outcome
        verdict, entry = outcome.verdict, outcome.entry
        self.headline.setText(self._headline(outcome))
        self.sentence.setText(self._sentence(verdict))
        self.chart.show_rows([Row(self._title(c), c) for c in (verdict.user, *verdict.guards)])
        self.notice.say("")
        saved = entry is not None
        self.default_button.setVisible(saved)
        self.default_button.setEnabled(saved and not entry.default)  # type: ignore[union-attr]
        self.library_button.setVisible(saved)
        self.save_button.setVisible(not saved)
        self.discard_button.setVisible(not saved)
        self.card.setVisible(saved)
        self.card_title.setVisible(saved)
        if entry is not None:
            self.card.setMarkdown(card_text(library.read_card(entry)))
        self._paint_icon()
        self.changed.emit()

    def _paint_icon(self) -> None:
        if self.outcome is not None:
            look = ("check", "good") if self.outcome.verdict.better else ("info", "warning")
            self._icon.setPixmap(self.context.theme.pixmap(look[0], 40, look[1]))

    def _headline(self, outcome: Outcome) -> str:
        entry = outcome.entry
        if outcome.verdict.better and entry is not None:
            return self.tr("Better on your photographs. Saved as “{0}”.").format(entry.id)
        if entry is not None:
            return self.tr("Saved as “{0}”, marked as kept against the verdict.").format(entry.id)
        return self.tr("No better: the model stays as it was.")

    def _sentence(self, verdict: Verdict) -> str:
        user = verdict.user
        digits = 2 if user.unit else 3
        size = f"{QLocale().toString(user.gain, 'f', digits)} {user.unit}".strip()
        lost = [g for g in verdict.guards if not g.accepted]
        if verdict.better:
            text = self.tr(
                "It gained {0} on {1} photographs that it did not train on; {2} of them got better."
            )
            return text.format(size, user.count, user.better_photos)
        if user.gain <= 0:
            text = self.tr("On {1} photographs that it did not train on nothing was gained ({0}).")
        elif user.low <= 0:
            text = self.tr("It gained {0} on {1} photographs that it did not train on: that can be chance.")
        elif not user.accepted:
            text = self.tr("It gained {0} on {1} photographs that it did not train on: too little to matter.")
        else:
            text = self.tr("It gained {0} on {1} photographs of yours, but lost too much here: {2}.")
        return text.format(size, user.count, ", ".join(self._title(g) for g in lost))

    def _title(self, told: Comparison) -> str:
        """What was measured, in the user's language."""
        if told.name.startswith("replay"):
            return self.tr("Shipped pictures ({0})").format(told.count)
        if "at detail" in told.name:
            return self.tr("Your held-out photographs, with full texture ({0})").format(told.count)
        return self.tr("Your held-out photographs ({0})").format(told.count)

    def _on_default(self) -> None:
        if self.outcome is not None and self.outcome.entry is not None:
            self.default_wanted.emit(self.outcome.entry.id)

    def default_set(self, name: str) -> None:
        """It is the default now."""
        self.default_button.setEnabled(False)
        self.notice.say(self.tr("“{0}” is used from now on.").format(name), "good")
