"""What a batch passes over because of its format: raw files of cameras, layered pictures, films, texts."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

from restorer.batch.files import (
    OWN_FILES,
    WORK_FOLDER,
    find_others,
    full_path,
    is_folder,
    is_linked_folder,
    is_photograph,
)

MOST_ENDINGS = 8  # that are told by name
PICTURES = {  # endings of pictures that another program can save as TIFF, raw files of cameras first
    *(".3fr", ".arw", ".cr2", ".cr3", ".crw", ".dcr", ".dng", ".erf", ".fff", ".iiq", ".kdc", ".mef", ".mos"),
    *(".mrw", ".nef", ".nrw", ".orf", ".pef", ".raf", ".raw", ".rw2", ".rwl", ".sr2", ".srf", ".srw", ".x3f"),
    *(".psd", ".psb", ".xcf", ".kra", ".afphoto", ".avif", ".exr", ".gif", ".j2k", ".jp2", ".jpf", ".jpx"),
    *(".jxl", ".jxr", ".pcd", ".pct", ".pcx", ".pgm", ".pict", ".ppm", ".sgi", ".tga", ".wdp"),
}
_OF_SYSTEMS = {"desktop.ini", "ehthumbs.db", "picasa.ini", "thumbs.db", "icon\r"}
_OWN = (".restorer", ".restorer-model")  # projects and exported models
_ENDING = re.compile(r"\.\w{1,12}")
NO_ENDING, NOWHERE, LINKED = "no ending", "links that lead nowhere", "linked folders"  # for an ending


def passed_over(paths: Sequence[Path], out: Path) -> dict[str, int]:
    """How many files below what was named are no photographs by their endings, by ending in small letters,
    or are links that lead nowhere or to folders.

    Pictures come first, then the most frequent. What Restorer itself writes beside photographs does not
    count, nor what systems put into every folder, nor what is hidden.

    Args:
        paths: files, folders and patterns.
        out: the output folder, which is not looked into.
    """
    seen = set(map(full_path, paths))  # a file that was named is not passed over
    found = Counter[str]()
    for file in find_others(paths, out):
        if file not in seen and not _is_of_a_program(file):
            if len(paths) > 1:  # a home folder may hold millions
                seen.add(file)
            found[_kind(file)] += 1
    first = {*PICTURES, NOWHERE, LINKED}
    order = sorted(found, key=lambda ending: (ending not in first, -found[ending], ending))
    return {ending: found[ending] for ending in order}


def _kind(file: Path) -> str:
    if is_linked_folder(file):
        return LINKED
    if is_photograph(file.name):
        return NOWHERE
    ending = file.suffix.lower()
    return ending if _ENDING.fullmatch(ending) else NO_ENDING


def _is_of_a_program(file: Path) -> bool:
    if file.name.casefold() in _OF_SYSTEMS or file.suffix.lower() in _OWN:
        return True
    if file.suffix.lower() == ".json" and is_photograph(file.stem):  # a sidecar
        return True
    return file.name in OWN_FILES and is_folder(file.parent / WORK_FOLDER)


def told(passed: Mapping[str, int]) -> str:
    """What was passed over, as sentences for a person; empty where nothing was."""
    kinds = {ending: number for ending, number in passed.items() if ending not in (NOWHERE, LINKED)}
    sentences = []
    if links := passed.get(NOWHERE):
        which = (
            "1 photograph is a link that leads" if links == 1 else f"{links} photographs are links that lead"
        )
        sentences.append(f"{which} nowhere.")
    if links := passed.get(LINKED):
        which = "1 linked folder was" if links == 1 else f"{links} linked folders were"
        sentences.append(f"{which} not looked into: name what they lead to, if it is to be repaired as well.")
    if kinds:
        count, named = sum(kinds.values()), list(kinds.items())[:MOST_ENDINGS]
        parts = [f"{ending} ({number})" for ending, number in named]
        if rest := count - sum(number for _, number in named):
            parts.append(f"others ({rest})")
        files = "1 file of another kind was" if count == 1 else f"{count} files of other kinds were"
        sentences.append(f"{files} passed over: {', '.join(parts)}.")
    if not PICTURES.isdisjoint(kinds):
        sentences.append("Pictures among them can be repaired once they are saved as TIFF.")
    return " ".join(sentences)
