from __future__ import annotations

from PySide6.QtWidgets import QLabel, QScrollArea

from restorer.library.weights import shipped
from ui.library.facts import ModelFacts


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


def test_the_figures_are_explained_and_the_card_is_the_one_beside_them(qtbot) -> None:
    facts = ModelFacts()
    qtbot.addWidget(facts)
    for entry, word in ((shipped()[0], "F1:"), (shipped()[1], "PSNR:")):
        facts.show_model(entry)
        shown = [label.text() for label in facts.findChildren(QLabel) if not label.isHidden()]
        assert any(text.startswith(word) for text in shown)
        assert any("see the model card" in text for text in shown) and not any(".md" in t for t in shown)
