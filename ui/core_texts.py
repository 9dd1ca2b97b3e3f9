"""What the product and the training say, in the language of the window.

They know no Qt and speak English. Here their sentences are matched with the templates of a catalogue, which
``python -m tests.core_texts`` takes out of their source, and what was set into the template is set into its
translation. What stands in quotation marks is a name and is never translated; anything else may be a text of
its own. What no template fits stays as it is.
"""

from __future__ import annotations

import re
import xml.etree.ElementTree as ElementTree
from collections.abc import Callable, Iterable
from functools import lru_cache
from pathlib import Path

from restorer.errors import RestorerError

CONTEXT = "Core"
_HOLE = re.compile(r"%(\d)")
_QUOTED = re.compile(r"'[^']*'|“[^”]*”")
_SENTENCE_END = re.compile(r"(?<=[.?!]) (?=\S)")
MOST_SENTENCES = 12


class Template:
    """One text with holes %1, %2 ... and its translation.

    Args:
        source: English.
        translation: with the same holes, in any order.
    """

    def __init__(self, source: str, translation: str) -> None:
        self.translation = translation
        pieces = _HOLE.split(source)
        self.literals = pieces[::2]
        self.letters = sum(map(str.isalpha, "".join(self.literals)))
        self._pattern: re.Pattern[str] | None = None
        self._numbers = pieces[1::2]
        quoted = [*_QUOTED.findall(source), *_QUOTED.findall(translation)]
        self._names = {number for name in quoted for number in _HOLE.findall(name)}

    def order(self) -> tuple[bool, int, int]:
        """What to try first: texts that begin with words of their own, then those that have more of them;
        last frames like "%1: %2.", the simplest first."""
        length = sum(map(len, self.literals))
        return not self.literals[0], -self.letters, -length if self.letters else length

    def fill(self, text: str, translated: Callable[[str], str]) -> str | None:
        """The translation of `text`, its arguments as `translated` gives them; None if it does not fit."""
        if not text.endswith(self.literals[-1]) or not all(piece in text for piece in self.literals):
            return None
        if self._pattern is None:
            self._pattern = re.compile("(.*?)".join(map(re.escape, self.literals)), re.DOTALL)
        found = self._pattern.fullmatch(text)
        if found is None:
            return None
        given = dict(zip(self._numbers, found.groups(), strict=True))
        if not self.literals[-1] and re.search(r"[^.]\.$", text):  # the stop is that of a sentence around it
            return None
        told = {n: value if n in self._names else translated(value) for n, value in given.items()}
        if not self.letters and told == given:  # nothing but marks between texts that are not known
            return None
        return _HOLE.sub(lambda hole: told[hole[1]], self.translation)


class Catalogue:
    """The texts of one language.

    Args:
        pairs: sources and translations.
    """

    def __init__(self, pairs: Iterable[tuple[str, str]]) -> None:
        pairs = list(pairs)
        self._whole = {source: translation for source, translation in pairs if not _HOLE.search(source)}
        templates = [Template(*pair) for pair in pairs if _HOLE.search(pair[0])]
        self._templates = sorted(templates, key=Template.order)
        self.told = lru_cache(maxsize=4096)(self._told)

    def _told(self, text: str) -> str:
        return self._sentences(text) or self._phrase(text) or text

    def _argument(self, text: str) -> str:
        return self._phrase(text) or text

    def _phrase(self, text: str) -> str | None:
        """`text` as one known text, or as several with semicolons between them."""
        parts = text.split("; ")
        told = [self._one(part) for part in parts]
        if len(parts) > 1 and all(told):
            return "；".join(map(str, told))
        one = self._one(text)
        if one is None and any(told):
            return "；".join(new or old for new, old in zip(told, parts, strict=True))
        return one

    def _one(self, text: str) -> str | None:
        if text in self._whole:
            return self._whole[text]
        return next(filter(None, (t.fill(text, self._argument) for t in self._templates)), None)

    def _sentences(self, text: str) -> str | None:
        """`text` as two or more known sentences one after the other."""
        ends = [found.start() for found in _SENTENCE_END.finditer(text)]
        if text in self._whole or not 0 < len(ends) < MOST_SENTENCES:
            return None
        for end in ends:
            first = self._phrase(text[:end])
            if first is not None:
                others = self._sentences(text[end + 1 :]) or self._phrase(text[end + 1 :])
                if others is not None:
                    return joined(first, others)
        return None


def joined(first: str, second: str) -> str:
    """Two sentences one after the other; after a full-width mark there is no space."""
    return first + second if first[-1:] in "。！？；：" else f"{first} {second}".strip()


_speaks: Catalogue | None = None


def use(catalogue: Path | None, translate: Callable[[str], str] = str) -> None:
    """Choose what `told` speaks.

    Args:
        catalogue: a .ts file with the context "Core", whose sources are the templates; None for English.
        translate: gives the translation of a source, or the source where there is none.
    """
    global _speaks
    if catalogue is None:
        _speaks = None
        return
    messages = ElementTree.parse(catalogue).iter("message")
    sources = [message.findtext("source") or "" for message in messages]
    _speaks = Catalogue((s, t) for s, t in ((s, translate(s)) for s in sources) if t != s)


def told(text: str) -> str:
    """A text of the core in the language of the window."""
    return text if _speaks is None else _speaks.told(text)


def error_told(error: BaseException) -> str:
    """What an error says, sentence and hint, in the language of the window."""
    if not isinstance(error, RestorerError):
        return str(error)
    return joined(told(error.sentence), told(error.hint)) if error.hint else told(error.sentence)
