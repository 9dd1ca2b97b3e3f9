"""Texts of the product and of the training that the window shows, taken out of their source.

`restorer` and `training` know no Qt and speak English; the window translates what they say by the templates
of `core_zh_CN.ts`, whose sources are the strings of the code with %1, %2 ... for what is set into them.

    python -m tests.core_texts      # brings the templates of core_zh_CN.ts up to date, keeps translations
"""

from __future__ import annotations

import ast
import itertools
import json
import re
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[1]
CATALOGUE = ROOT / "resources" / "translations" / "core_zh_CN.ts"
CONTEXT = "Core"
# What these say is for the command line, reports and model cards; the errors that they raise are taken.
NOT_SHOWN = (
    "ui/", "restorer/__main__.py", "restorer/cli/", "restorer/batch/passed.py", "restorer/batch/report.py",
    "restorer/metrics.py", "training/__main__.py", "training/console.py",
    "training/measuring/c", "training/measuring/evaluate.py",
    "training/measuring/verdict.py", "training/fitting/publish.py", "training/tuning/command.py",
)  # fmt: skip
# Calls whose texts a person does not see.
INTERNAL = {
    "ValueError", "TypeError", "RuntimeError", "KeyError", "AttributeError", "OSError", "EOFError", "compile",
    "DamagedError", "UnknownTypeError", "FileNotFoundError", "echo", "execute", "info", "debug", "warning",
    "exception", "TypeVar", "Tally",
}  # fmt: skip
# Strings that are no texts: queries, markup, commands, marks in the errors of libraries, figures of a log.
NO_TEXT = re.compile(
    r"[<`\n=|]|^(state|id| AND|%1 about|SELECT)\b|out of memory$|can't allocate|Raw profile|^weights only$"
    r"|Tensor|^restorer(-train finetune| models import)|^Restorer %1|photograph made|^PSNR in the hole$"
    r"|^F1 within|^system volume|^your photographs|^replay set$|^CPU, %1|^%1 of %2$"
)
TEXT = re.compile(
    r"[A-Za-z]{2}\W.* .*[a-z]{2}|[A-Za-z]+ [a-z]+|%\d.* [a-z]{2}|^[A-Z][a-z]+[,:]? %1", re.DOTALL
)
# Words that are set into the templates, and what systems say of files (POSIX, as glibc and macOS put it).
WORDS = (
    "recipe", "sidecar", "mask", "patch", "naming", "model", "signed", "floating-point", "%1-bit", "stage %1",
    "deleted", "renamed", "a SHA-256", "8 or 16", "Watching", "Learning", "the output folder is gone",
    "%1 photographs, see %2.md", "damage", "mask settings", "proposal", "proposal share", "by hand", "filled",
    "repairs", "No such file or directory", "Permission denied", "Operation not permitted",
    "No space left on device", "Read-only file system", "Input/output error", "File name too long",
    "File exists", "Is a directory", "Not a directory", "Device or resource busy", "Disk quota exceeded",
    "Too many open files", "File too large", "Stale file handle", "No such device", "Broken pipe",
    "Connection timed out", "Host is down", "[Errno %1] %2", "[Errno %1] %2: '%3'", "[WinError %1] %2",
    "[WinError %1] %2: '%3'",
)  # fmt: skip
_HOLE = "\0"


def trees() -> dict[Path, ast.Module]:
    """Every module of the packages, parsed."""
    folders = ("restorer", "training", "ui")
    paths = sorted(p for folder in folders for p in (ROOT / folder).rglob("*.py"))
    return {path: ast.parse(path.read_text(encoding="utf-8")) for path in paths}


def error_classes(modules: dict[Path, ast.Module]) -> set[str]:
    """Names of `RestorerError` and of everything that derives from it."""
    names, before = {"RestorerError"}, 0
    classes = [n for tree in modules.values() for n in ast.walk(tree) if isinstance(n, ast.ClassDef)]
    while len(names) > before:
        before = len(names)
        names |= {c.name for c in classes if any(_name(base) in names for base in c.bases)}
    return names


def raise_sites(modules: dict[Path, ast.Module]) -> Iterator[tuple[str, list[str]]]:
    """Each place that makes an error for a person: "file:line" and the templates of its sentence and hint."""
    classes = error_classes(modules)
    for path, tree in modules.items():
        assigned = _assigned(tree)
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and _name(node.func) in classes:
                given = [*node.args, *(k.value for k in node.keywords)]
                names = {n.id for arg in given for n in ast.walk(arg) if isinstance(n, ast.Name)}
                direct = [t for arg in given for t in templates(arg)]
                indirect = [t for name in sorted(names) for t in assigned.get(name, ())]
                yield f"{path.name}:{node.lineno}", [*direct, *indirect]


def _assigned(tree: ast.Module) -> dict[str, list[str]]:
    """Texts that a module gives to variables, by their names."""
    found: dict[str, list[str]] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign):
            for target in node.targets:
                found.setdefault(_name(target), []).extend(_prose(node.value))
    return found


def _prose(node: ast.expr) -> list[str]:
    return [text for text in templates(node) if TEXT.search(text) and not NO_TEXT.search(text)]


def texts() -> list[str]:
    """All templates of the core, in the order of the source, each once."""
    modules = trees()
    found = {text: None for _, site in raise_sites(modules) for text in site}
    for path, tree in modules.items():
        if not path.relative_to(ROOT).as_posix().startswith(NOT_SHOWN):
            found |= dict.fromkeys(_shown(tree))
    return [*found, *(word for word in (*WORDS, *_measured()) if word not in found)]


def _measured() -> list[str]:
    """What the scores of the shipped models are called, and those that are sentences."""
    manifest = json.loads((ROOT / "resources" / "weights" / "manifest.json").read_text(encoding="utf-8"))
    scores = [score for model in manifest["models"] for score in model["scores"].items()]
    names = [name.partition(": ") for name, _ in scores]
    values = (re.sub(r"[\d.]+", "%1", text, count=1) for _, text in scores if re.search("[a-z]{3}", text))
    called = ((family, f"%1: {what}") if colon else (family,) for family, colon, what in names)
    return list(dict.fromkeys([*itertools.chain.from_iterable(called), *values]))


def templates(node: ast.expr) -> list[str]:
    """What an expression may say, with %1, %2 ... for what is not known before; nothing if that is all."""
    numbered = []
    for text in _alternatives(node):
        count = itertools.count(1)
        numbered.append(re.sub(_HOLE, lambda _, count=count: f"%{next(count)}", text))
    return [text for text in numbered if text.strip() and not re.fullmatch(r"(%\d)+", text)]


def _alternatives(node: ast.expr) -> list[str]:
    match node:
        case ast.Constant(value=str(text)):
            return [text]
        case ast.JoinedStr(values=parts):
            return ["".join(said) for said in itertools.product(*map(_alternatives, parts))]
        case ast.FormattedValue(value=ast.IfExp() | ast.BoolOp(op=ast.And()) as value):
            said = _alternatives(value)
            return said if any(text != _HOLE for text in said) else [_HOLE]
        case ast.BoolOp(op=ast.And(), values=[*_, last]):
            return ["", *_alternatives(last)]
        case ast.BinOp(left=left, op=ast.Add(), right=right):
            return [a + b for a in _alternatives(left) for b in _alternatives(right)]
        case ast.IfExp(body=body, orelse=orelse):
            return list(dict.fromkeys([*_alternatives(body), *_alternatives(orelse)]))
    return [_HOLE]


def _name(node: ast.expr) -> str:
    return node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", "")


def _shown(tree: ast.Module) -> Iterator[str]:
    """Texts of a module, without docstrings, decorators and what `INTERNAL` and `NO_TEXT` leave out."""
    left_out: set[int] = set()
    for node in ast.walk(tree):
        if id(node) in left_out:
            continue
        for part in _internal(node):
            left_out |= {id(inner) for inner in ast.walk(part)}
        if id(node) not in left_out and isinstance(node, ast.Constant | ast.JoinedStr | ast.BinOp):
            said = _prose(node)
            yield from said
            if said or isinstance(node, ast.JoinedStr):
                left_out |= {id(inner) for inner in ast.walk(node)}


def _internal(node: ast.AST) -> list[ast.AST]:
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
        return [node.value]  # docstrings, those of attributes too
    if isinstance(node, ast.FunctionDef | ast.ClassDef):
        return list(node.decorator_list)
    if isinstance(node, ast.Assert) or (isinstance(node, ast.Call) and _name(node.func) in INTERNAL):
        return [node]
    return []


def merge(catalogue: Path, sources: list[str], translations: dict[str, str] | None = None) -> list[str]:
    """Write the catalogue with exactly `sources`; translations that are there are kept.

    Args:
        catalogue: the .ts file; made if it is not there.
        sources: templates, in the order in which they are to stand.
        translations: new ones by source, over those that are there.

    Returns:
        The sources without a translation, marked as unfinished.
    """
    known = finished(catalogue) | (translations or {})
    root = ElementTree.Element("TS", version="2.1", language="zh_CN")
    context = ElementTree.SubElement(root, "context")
    ElementTree.SubElement(context, "name").text = CONTEXT
    for source in sources:
        message = ElementTree.SubElement(context, "message")
        ElementTree.SubElement(message, "source").text = source
        translation = ElementTree.SubElement(message, "translation")
        translation.text = known.get(source)
        if source not in known:
            translation.set("type", "unfinished")
    ElementTree.indent(root, "    ")
    text = ElementTree.tostring(root, encoding="unicode")
    catalogue.write_text(
        f'<?xml version="1.0" encoding="utf-8"?>\n<!DOCTYPE TS>\n{text}\n', encoding="utf-8", newline="\n"
    )
    return [source for source in sources if source not in known]


def finished(catalogue: Path) -> dict[str, str]:
    """Finished translations of a catalogue by their source."""
    if not catalogue.exists():
        return {}
    found = {}
    for message in ElementTree.parse(catalogue).iter("message"):
        translation = message.find("translation")
        if translation is not None and translation.get("type") is None and translation.text:
            found[message.findtext("source") or ""] = translation.text
    return found


if __name__ == "__main__":
    for missing in merge(CATALOGUE, texts()):
        print("not translated:", missing)
