"""What a batch passes over because of its format: raw files of cameras, layered pictures, films, texts."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

from restorer.batch_files import OWN_FILES, WORK_FOLDER, find_others, full_path, is_folder, is_photograph

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
_NONE = ""  # stands for names without an ending


def passed_over(paths: Sequence[Path], out: Path) -> dict[str, int]:
    """How many files below what was named are no photographs by their endings, by ending in small letters.

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
            seen.add(file)
            ending = file.suffix.lower()
            found[ending if _ENDING.fullmatch(ending) else _NONE] += 1
    order = sorted(found, key=lambda ending: (ending not in PICTURES, -found[ending], ending))
    return {ending: found[ending] for ending in order}


def _is_of_a_program(file: Path) -> bool:
    if file.name.casefold() in _OF_SYSTEMS or file.suffix.lower() in _OWN:
        return True
    if file.suffix.lower() == ".json" and is_photograph(file.stem):  # a sidecar
        return True
    return file.name in OWN_FILES and is_folder(file.parent / WORK_FOLDER)


def told(passed: Mapping[str, int]) -> str:
    """What was passed over, as sentences for a person; empty where nothing was."""
    if not passed:
        return ""
    count, named = sum(passed.values()), list(passed.items())[:MOST_ENDINGS]
    parts = [f"{ending or 'no ending'} ({number})" for ending, number in named]
    if rest := count - sum(number for _, number in named):
        parts.append(f"others ({rest})")
    files = "1 file of another kind was" if count == 1 else f"{count} files of other kinds were"
    sentence = f"{files} passed over: {', '.join(parts)}."
    if PICTURES.isdisjoint(passed):
        return sentence
    return f"{sentence} Pictures among them can be repaired once they are saved as TIFF."
