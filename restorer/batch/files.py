"""Which files a batch takes, found lazily, and which names its results get; nothing is opened here."""

from __future__ import annotations

import glob
import os
import re
import string
import unicodedata
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from restorer.errors import InputError, OutputError
from restorer.image.reading import SUFFIXES
from restorer.image.saving import ENDINGS

TEMPLATE = "{stem}"
FIELDS = ("stem", "n", "folder", "model")
OWN_FOLDERS = ("thumbnails", "masks", "sidecars")
OWN_FILES = ("report.html", "report.csv", "report.json")
WORK_FOLDER = ".restorer-batch"
LONGEST_NAME = 200  # bytes of one name; file systems end at 255 and a number may follow
_OF_DRIVES = {"$recycle.bin", "lost+found", "system volume information"}
_JUNCTION = 0xA0000003  # tag of a link to a folder on Windows
_RESERVED = re.compile(r"(?i)(con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³])(\..*)?")
_UNSAFE = re.compile(r'[\x00-\x1f\x7f<>:"|?*\\/]')
Wanted = Callable[[os.DirEntry[str] | Path], bool]  # whether a file is looked for


@dataclass(frozen=True)
class Found:
    """A file that a batch takes.

    Attributes:
        path: absolute.
        root: the folder that was named, or the file's own.
        folder: where below the output folder the result goes, mirroring the tree; "" = directly.
    """

    path: Path
    root: Path
    folder: str


def is_pattern(text: str) -> bool:
    """Whether `text` is to be matched against names; an existing file of that very name goes first."""
    return glob.has_magic(text) and not os.path.lexists(text)


def queue_path(out: Path) -> Path:
    """Where the list of the batch lies that writes into `out`."""
    return out / WORK_FOLDER / "queue.sqlite"


def file_state(what: Path | os.stat_result) -> tuple[int, int, int]:
    """What changes when a file is written to or replaced: size, time of modification, number."""
    status = what.stat() if isinstance(what, Path) else what
    return status.st_size, status.st_mtime_ns, status.st_ino


def is_there(path: Path) -> bool:
    """Whether something of that name can be seen; False too where the system refuses to look."""
    try:
        return path.exists()
    except OSError:  # a name that is too long, a folder that may not be entered
        return False


def is_folder(path: Path) -> bool:
    """Whether a folder of that name can be seen; False too where the system refuses to look."""
    try:
        return path.is_dir()
    except OSError:
        return False


def is_away(path: Path) -> bool:
    """Whether nothing of that name is there now; what a pattern matches may be no more and come again."""
    return not is_pattern(str(path)) and not is_there(path)


def check_sources(paths: Sequence[Path], out: Path) -> None:
    """See that every source is there, all problems in one error.

    Raises:
        InputError: naming what is missing, or the output folder is itself named as a source.
        OutputError: a folder or pattern lies below the output folder, where nothing is taken.
    """
    problems = [f"'{p}' is not there" for p in paths if is_away(p)]
    problems += [f"'{p}' is the output folder itself" for p in paths if _same(p, out)]
    odd = [p for p in paths if is_pattern(str(p)) and any("**" in q and q != "**" for q in p.parts)]
    problems += [f"'{p}' is no pattern: '**' stands for whole folders, between two '/'" for p in odd]
    if problems:
        raise InputError("Not everything that was named can be used.", "; ".join(problems[:20]) + ".")
    barred = full_path(out)  # below it nothing is looked for: that would find nothing, and say so late
    below = [p for p in paths if barred in full_path(p).parents and (is_pattern(str(p)) or is_folder(p))]
    if below:
        listed = ", ".join(f"'{p}'" for p in below[:20])
        raise OutputError(
            f"Results would go into '{barred}', where {listed} lies as well.", "Choose another output folder."
        )


def _same(one: Path, other: Path) -> bool:
    try:
        return one.samefile(other)
    except OSError:
        return False


def are_several(paths: Sequence[Path], away: Sequence[Path] = ()) -> bool:
    """Whether more than one folder or pattern is among `paths` and what is `away`, so that each of them gets
    a folder of its name for its results."""
    folders = sum(is_folder(p) or is_pattern(str(p)) for p in paths)
    return folders + sum(not is_photograph(p.name) for p in away) > 1


def find_sources(
    paths: Sequence[Path], out: Path, away: Sequence[Path] = (), trees: Mapping[Path, bool] | None = None
) -> Iterator[Found]:
    """The photographs that `paths` name, one after the other, while folders are still being read.

    Folders are read recursively, without hidden files, and without following linked folders. A file that is
    named is taken whatever its ending is; from folders and patterns only endings of photographs are taken.
    A folder that may not be read is given itself. Nothing below `out` is taken, nor what an earlier batch has
    put below a folder: its results, masks, thumbnails. Of a folder of results that is named itself, the
    results alone are taken.

    Args:
        paths: files, folders and patterns with `*`, `?`, `[...]` and `**`.
        out: the output folder.
        away: files and folders that were named with them and are not there now; the tree is as if they were.
        trees: of some of `paths`, whether each has a folder of its name for its results already.
    """
    named = list(dict.fromkeys(map(full_path, paths)))
    several, known = are_several(named, away), trees or {}
    barred = full_path(out)
    for path in named:
        found = _files_of(path, barred, _is_present)
        if found is None:
            yield Found(path, path.parent, "")
            continue
        root, files = found
        for file in files:
            if barred not in file.parents:
                inside = "." if file == root else file.parent.relative_to(root).as_posix()
                folder = "" if inside == "." else inside
                own = known.get(path, several)
                yield Found(file, root, f"{root.name}/{folder}".strip("/") if own else folder)


def find_others(paths: Sequence[Path], out: Path) -> Iterator[Path]:
    """What `find_sources` passes over although a person may have meant it: files that are not called like
    photographs, hidden ones left out, and links called so that lead nowhere.

    What lies below two of `paths` comes twice.
    """
    barred = full_path(out)
    for path in dict.fromkeys(map(full_path, paths)):
        _, files = _files_of(path, barred, _is_other) or (path, ())
        yield from (file for file in files if barred not in file.parents)


def _is_present(file: os.DirEntry[str] | Path) -> bool:
    return is_photograph(file.name) and _is_file(file) and not is_of_a_result(Path(file))


def _is_other(file: os.DirEntry[str] | Path) -> bool:
    if is_photograph(file.name):
        return file.is_symlink() and not is_there(Path(file))
    return not file.name.startswith(".") and (_is_file(file) or is_linked_folder(file))


def is_linked_folder(file: os.DirEntry[str] | Path) -> bool:
    """Whether it is a link to a folder, which is not followed: it may lead back, or to all that a drive
    holds."""
    try:
        return (file.is_symlink() or _is_junction(file)) and file.is_dir()
    except OSError:
        return False


def _is_junction(file: os.DirEntry[str] | Path) -> bool:
    """Whether it is a folder of Windows that leads to another one; no symbolic link by its name."""
    return os.name == "nt" and getattr(os.lstat(file), "st_reparse_tag", 0) == _JUNCTION


def _files_of(path: Path, barred: Path, wanted: Wanted) -> tuple[Path, Iterator[Path]] | None:
    """The root of a pattern or a folder, and what is wanted of it; None for a file."""
    if is_pattern(str(path)):
        root = _fixed_part(path)
        return root, (m for m in sorted(_matches(path, root)) if _is_taken(m, root, wanted))
    return (path, _walk(path, barred, wanted)) if is_folder(path) else None


def find_present(
    paths: Sequence[Path], out: Path, trees: Mapping[Path, bool] | None = None
) -> Iterator[Found]:
    """`find_sources` for those of `paths` that are there now, with the tree as if all of them were."""
    away = set(filter(is_away, paths))
    return find_sources([p for p in paths if p not in away], out, list(away), trees)


def matches_any(pattern: Path, out: Path) -> bool:
    """Whether `find_sources` would find anything by that pattern; ends at the first match."""
    path, barred = full_path(pattern), full_path(out)
    root = _fixed_part(path)
    return any(_is_taken(m, root, _is_present) and barred not in m.parents for m in _matches(path, root))


def _matches(pattern: Path, root: Path) -> Iterator[Path]:
    """What a pattern matches below `root`, in no order."""
    wanted = pattern.relative_to(root)
    named_hidden = _is_hidden(wanted)
    return (m for m in root.glob(str(wanted)) if named_hidden or not _is_hidden(m.relative_to(root)))


def _is_taken(match: Path, root: Path, wanted: Wanted) -> bool:
    """Whether what a pattern matched below `root` is wanted and nothing that a batch has made."""
    return wanted(match) and not _is_of_a_batch(match, root)


def full_path(path: Path) -> Path:
    """The path from the root, without "." and "..", links kept as they are."""
    return Path(os.path.normpath(path.absolute()))


def is_photograph(name: str) -> bool:
    """Whether a name found in a folder is that of a photograph, going by its ending."""
    return not name.startswith(".") and Path(name).suffix.lower() in SUFFIXES


def _fixed_part(pattern: Path) -> Path:
    parts = pattern.parts
    fixed = next(i for i, part in enumerate(parts) if glob.has_magic(part))
    return Path(*parts[:fixed])


def _is_hidden(inside: Path) -> bool:
    """Whether one of the folders on the way is hidden: caches, bins, what shells do not match either."""
    return any(part.startswith(".") for part in inside.parts[:-1])


def _is_output(folder: Path) -> bool:
    """Whether a batch writes, or wrote, its results into `folder`."""
    return is_folder(folder / WORK_FOLDER)


def _is_of_a_batch(file: Path, root: Path) -> bool:
    """Whether `file`, found below `root`, is what a batch has made, apart from results in `root` itself."""
    inside = file.relative_to(root).parts[:-1]
    folders = [root.joinpath(*inside[:depth]) for depth in range(1, len(inside) + 1)]
    return bool(inside) and (any(map(_is_output, folders)) or (inside[0] in OWN_FOLDERS and _is_output(root)))


def is_of_a_result(file: Path) -> bool:
    """Whether `file` is the mask or the patch that lies beside a result for `restorer replay`."""
    result, *ending = file.name.rsplit(".", 2)
    of_replay = ending in (["mask", "tif"], ["patch", "tif"]) and is_photograph(result)
    return of_replay and is_there(file.with_name(f"{result}.json"))


def _walk(folder: Path, barred: Path, wanted: Wanted) -> Iterator[Path]:
    try:
        with os.scandir(folder) as listing:
            entries = sorted(listing, key=lambda entry: entry.name)
    except (FileNotFoundError, NotADirectoryError):  # gone since it was seen
        return
    except OSError:  # it is listed itself, and fails with its reason: what lies in it must not be missed
        if wanted is _is_present and not _is_of_the_system(folder):
            yield folder
        return
    for entry in entries:
        if entry.is_dir(follow_symlinks=False) and not is_linked_folder(entry):
            inner = folder / entry.name
            made = _is_output(inner) or (entry.name in OWN_FOLDERS and _is_output(folder))
            if not entry.name.startswith(".") and inner != barred and not made:
                yield from _walk(inner, barred, wanted)
        elif wanted(entry):
            yield folder / entry.name


def _is_of_the_system(folder: Path) -> bool:
    """Whether it is no wonder that a folder may not be read: nobody may, and no photographs are missed."""
    try:
        linked = getattr(folder.lstat(), "st_reparse_tag", 0) == _JUNCTION
    except OSError:
        linked = False
    return linked or folder.name.casefold() in _OF_DRIVES


def _is_file(entry: os.DirEntry[str] | Path) -> bool:
    """Whether it is a file, or a link to one; a link that leads nowhere, or in a circle, is none."""
    try:
        return entry.is_file()
    except OSError:
        return False


# --- names of the results


@dataclass(frozen=True)
class Naming:
    """How results are called.

    Attributes:
        template: the name without ending, with {stem}, {n}, {folder} and {model}; "/" makes sub-folders.
        format: "source" keeps the source's format; or one of `ENDINGS`.
        model: what {model} stands for.
        existing: what happens where a file of that name was there before the batch: "number" gives the
            result another name, "skip" leaves the photograph out. Nothing is ever overwritten.
    """

    template: str = TEMPLATE
    format: str = "source"
    model: str = "none"
    existing: str = "number"

    def check(self) -> None:
        """Raise InputError that names all problems."""
        problems = _template_problems(self.template)
        if self.format != "source" and self.format not in ENDINGS:
            problems.append(f"the format must be source or one of {', '.join(ENDINGS)}")
        if self.existing not in ("number", "skip"):
            problems.append("the rule for existing files must be number or skip")
        if problems:
            raise InputError("The names of the results cannot be made so.", "; ".join(problems) + ".")

    def wanted(self, source: Path, folder: str, number: int, kind: str | None = None) -> str:
        """The name that a result should get, relative to the output folder, with "/" between its parts.

        Args:
            source: path of the photograph.
            folder: mirrored folder.
            number: for {n}, from 1.
            kind: the format of the file where it is known; otherwise the name's ending tells.
        """
        values = {
            "stem": source.stem,
            "n": f"{number:04d}",
            "folder": source.parent.name,
            "model": self.model,
        }
        safe = {key: safe_part(value, "photo") for key, value in values.items()}
        inner = [p for p in self.template.format(**safe).split("/") if p]
        parts = [safe_part(p, "_") for p in folder.split("/") if p] + [safe_part(p, "photo") for p in inner]
        # A result or a mask may have that very name: x.jpg as x.png, and the folder x.png.
        parts[:-1] = [f"{p}_" if is_photograph(p) else p for p in parts[:-1]]
        if parts[0].casefold() in {*OWN_FOLDERS, *OWN_FILES, WORK_FOLDER}:
            parts[0] = "_" + parts[0]
        return "/".join(parts) + self._ending(source, kind)

    def _ending(self, source: Path, kind: str | None) -> str:
        written = SUFFIXES.get(source.suffix.lower())
        if self.format != "source":
            kind = self.format
        if kind is None or kind == written:
            return source.suffix if written else ".png"
        return ENDINGS[kind]


def _template_problems(template: str) -> list[str]:
    try:
        fields = [part[1:] for part in string.Formatter().parse(template) if part[1] is not None]
    except ValueError:
        fields = [(None, None, None)]
    if any(name not in FIELDS or spec or conversion for name, spec, conversion in fields):
        return [f"the template may use {', '.join('{' + f + '}' for f in FIELDS)} and plain text"]
    problems = []
    parts = template.format(**dict.fromkeys(FIELDS, "x")).split("/")
    if template.startswith("/") or "\\" in template or re.match(r"[A-Za-z]:", template):
        problems.append("the template must not lead to another folder")
    if any(p in (".", "..") for p in parts) or not parts[-1].strip(" ."):
        problems.append("the template must name a file inside of the output folder")
    if _UNSAFE.search(template.replace("/", "").replace("\\", "")) or len(template) > LONGEST_NAME:
        problems.append(f"the template must have at most {LONGEST_NAME} letters that file names allow")
    return problems


def safe_part(text: str, otherwise: str) -> str:
    """`text` as one part of a path that every system accepts and that leads nowhere else."""
    text = os.fsencode(_UNSAFE.sub("_", text))[:LONGEST_NAME].decode("utf-8", "ignore")
    text = text.strip(" ").rstrip(". ") or otherwise
    return f"_{text}" if _RESERVED.fullmatch(text) else text


def shortened(text: str) -> str:
    """`text`, cut where a number and endings behind it would make the name of a file too long."""
    data = os.fsencode(text)
    return text if len(data) <= LONGEST_NAME else data[:LONGEST_NAME].decode("utf-8", "ignore")


def numbered(wanted: str, number: int) -> str:
    """`wanted` for 1, then "name-2.tif", "name-3.tif" and so on."""
    if number == 1:
        return wanted
    ending = PurePosixPath(wanted).suffix
    return f"{wanted.removesuffix(ending)}-{number}{ending}"


def same_place(relative: str) -> str:
    """A key that is equal for names which some file system takes for one: case, and Unicode composition."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", relative).casefold())
