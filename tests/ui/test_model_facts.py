from __future__ import annotations

from PySide6.QtWidgets import QLabel, QScrollArea

from restorer.weights import shipped
from ui.model_facts import ModelFacts


def test_every_fact_is_shown_whole_and_the_rest_can_be_scrolled_to(qtbot) -> None:
    facts = ModelFacts()
    qtbot.addWidget(facts)
    facts.resize(320, 400)
    facts.show()
    facts.show_model(max(shipped(), key=lambda entry: len(entry.scores)))
    page = facts.widget(0)
    assert isinstance(page, QScrollArea)
    bar = page.verticalScrollBar()
    qtbot.waitUntil(lambda: bar.maximum() > 0)
    labels = [label for label in page.widget().findChildren(QLabel) if label.isVisible() and label.text()]
    assert len(labels) > 30
    assert not [label.text() for label in labels if label.height() < label.heightForWidth(label.width())]


def test_no_model_no_facts(qtbot) -> None:
    facts = ModelFacts()
    qtbot.addWidget(facts)
    facts.show_model(shipped()[0])
    facts.show_model(None)
    assert not facts.name.text() and not facts.card.toPlainText() and facts.grid.count() == 0
