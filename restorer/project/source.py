"""Which photograph a project belongs to: how it is known again, found where it was moved to, and opened."""

from __future__ import annotations

import contextlib
import hashlib
import math
import os
import re
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from restorer.errors import InputError
from restorer.hashes import is_sha256
from restorer.project.codec import LONGEST_TEXT, DamagedError, fits

if TYPE_CHECKING:  # what the start of a window need not load
    from restorer.image.reading import Photo


@dataclass(frozen=True)
class SourceRecord:
    """Which photograph a project belongs to.

    Attributes:
        height: rows.
        width: columns.
        channels: 0 for grey, 3.
        dtype: "uint8" or "uint16".
        pixels_sha256: of the decoded pixels.
        path: where the file lay; None for a picture that has none, which is then kept in the project.
        relative: from the project's folder, with slashes.
        size: of the file in bytes.
        sha256: of the file.
        embedded: name of the blob that holds the picture, if there is no file or it was gone or another one
            when the work was saved.
    """

    height: int
    width: int
    channels: int
    dtype: str
    pixels_sha256: str
    path: str | None = None
    relative: str | None = None
    size: int | None = None
    sha256: str | None = None
    embedded: str | None = None

    @classmethod
    def of(cls, photo: Photo, path: Path | None) -> SourceRecord:
        """The record of an open photograph; reads its file once more, if it is still there."""
        from restorer.record.sidecar import pixel_hash

        facts: dict[str, Any] = {}
        if path is not None:
            facts["path"] = str(Path(path).absolute())
            with contextlib.suppress(InputError):  # on a drive that is gone: its pixels tell enough
                facts["sha256"], facts["size"] = file_identity(path)
        channels = photo.pixels.shape[2] if photo.pixels.ndim == 3 else 0
        dtype = photo.pixels.dtype.name
        return cls(photo.height, photo.width, channels, dtype, pixel_hash(photo), **facts)

    @property
    def name(self) -> str:
        """File name, for a person; "" if it has none."""
        return re.split(r"[/\\]", self.path or self.relative or "")[-1]

    def fits(self, photo: Photo) -> bool:
        """Whether `photo` has the size and the type of the photograph."""
        shape = (self.height, self.width) + ((self.channels,) if self.channels else ())
        return photo.pixels.shape == shape and photo.pixels.dtype.name == self.dtype


def file_identity(path: Path) -> tuple[str, int]:
    """SHA-256 and size of a file.

    Raises:
        InputError: it cannot be read.
    """
    try:
        with path.open("rb") as stream:
            digest = hashlib.file_digest(stream, "sha256")
            return digest.hexdigest(), stream.tell()
    except (OSError, ValueError) as error:
        raise InputError(f"'{path}' cannot be read any more.", "Is its drive still there?") from error


def embed(photo: Photo) -> bytes:
    """`photo` as a file, for one that has none."""
    from restorer.image.saving import save_photo

    with tempfile.TemporaryDirectory(prefix="restorer-") as folder:
        path = Path(folder) / "source.tif"
        save_photo(photo, path)
        return path.read_bytes()


def relative_to(source: SourceRecord, folder: Path) -> SourceRecord:
    """The record for a project in `folder`."""
    if source.path is None:
        return source
    try:
        relative = Path(os.path.relpath(source.path, folder.absolute())).as_posix()
    except ValueError:  # another drive
        relative = None
    return replace(source, relative=relative)


class SourceMissingError(InputError):
    """The photograph of a project is not where it was, or another one is; name it to `load_source`."""


@dataclass(frozen=True)
class Opened:
    """The photograph of a project.

    Attributes:
        photo: decoded.
        path: its file; None if the project holds it.
        notices: what is different from when the project was saved, sentences for a person.
    """

    photo: Photo
    path: Path | None
    notices: tuple[str, ...] = ()


def load_source(
    record: SourceRecord, blobs: Mapping[str, bytes], project: Path | None, source: Path | None = None
) -> Opened:
    """Open the photograph of a project.

    It is looked for where it lies relative to the project, where it lay, and beside the project; the first
    with the right content is taken, else the one in the project, if there is one.

    Args:
        record: of the project.
        blobs: of the project.
        project: its file, if it has one.
        source: where the photograph is now, if a person said so.

    Raises:
        SourceMissingError: it was not found, or has another size or bit depth than the one of the
            project.
        InputError: it cannot be read.
    """
    from restorer.image.reading import open_photo

    if source is None and record.embedded is not None:
        opened = _own_or_embedded(record, blobs.get(record.embedded, b""), project)
    else:
        path = source or _find(record, project)
        photo = open_photo(path)
        opened = Opened(photo, path, _changes(record, photo, path))
    if not record.fits(opened.photo):
        raise other_size(record.name)
    return opened


def _own_or_embedded(record: SourceRecord, data: bytes, project: Path | None) -> Opened:
    """The file of the photograph if that is as it was, else the picture in the project."""
    from restorer.image.reading import open_photo

    if record.path is None:
        return Opened(_embedded(data), None)
    with contextlib.suppress(InputError, OSError):
        path = _find(record, project)
        photo = open_photo(path)
        if not _changes(record, photo, path):
            return Opened(photo, path)
    told = f"The photograph '{record.name}' is not there any more as it was; this is the copy in the project."
    return Opened(_embedded(data), None, (told,))


def _embedded(data: bytes) -> Photo:
    from restorer.image.reading import open_photo

    with tempfile.TemporaryDirectory(prefix="restorer-") as folder:
        path = Path(folder) / "source.tif"
        path.write_bytes(data)
        return open_photo(path)


def _find(record: SourceRecord, project: Path | None) -> Path:
    folder = project.absolute().parent if project is not None else None
    there = [path for path in _places(record, folder) if is_file(path)]
    for path in there:
        if len(there) == 1 or (
            path.stat().st_size == record.size and file_identity(path)[0] == record.sha256
        ):
            return path
    if there:
        return there[0]
    raise SourceMissingError(
        f"The photograph '{record.name}' of the project is not where it was.",
        "Choose where it is now.",
    )


def belongs(record: SourceRecord, project: Path, path: Path) -> bool:
    """Whether the photograph of a project is the file `path`, or one of the same content.

    Raises:
        InputError: `path` cannot be read.
    """
    if record.embedded is not None and record.path == str(path.absolute()):
        return True
    with contextlib.suppress(SourceMissingError):
        if _find(record, project) == path:
            return True
    digest, size = file_identity(path)
    return (size, digest) == (record.size, record.sha256)


def _places(record: SourceRecord, folder: Path | None) -> Iterator[Path]:
    if folder is not None and record.relative is not None and not Path(record.relative).is_absolute():
        yield Path(os.path.normpath(folder / record.relative))
    if record.path is not None:
        path = Path(record.path)
        # A server that a stranger's project names would be told who opens it.
        strange = path.drive.startswith("\\\\") and (folder is None or folder.drive != path.drive)
        if path.is_absolute() and not strange:
            yield path
    if folder is not None and record.name not in ("", ".", ".."):
        yield folder / record.name


def is_file(path: Path) -> bool:
    """Whether a file is there, also of names and folders that make pathlib raise an error."""
    try:
        return path.is_file()
    except (OSError, ValueError):
        return False


def _changes(record: SourceRecord, photo: Photo, path: Path) -> tuple[str, ...]:
    from restorer.record.sidecar import pixel_hash

    if pixel_hash(photo) == record.pixels_sha256:  # its file may have changed before it was first saved
        return ()
    return (
        f"'{path.name}' was changed since the project was saved: repaired places are as they were, all "
        "others are as they are now.",
    )


# --- checks


def other_size(name: str) -> SourceMissingError:
    """The sentence about a photograph that cannot be the project's."""
    return SourceMissingError(
        f"The photograph has another size or bit depth than the one of the project{name and f' ({name})'}.",
        "Choose the photograph that the project was made of.",
    )


def of_another(record: SourceRecord, project: Path) -> str:
    """The sentence about a project under whose name the work on another photograph was saved since."""
    return f"The project '{project.name}' holds the work on another photograph now ('{record.name}')."


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and 0 < len(value) <= LONGEST_TEXT and "\x00" not in value


def read_source(made: Any) -> SourceRecord:
    """A record from anyone; sizes are checked before anything is allocated for them.

    Raises:
        DamagedError: it is none.
    """
    from restorer.image.codecs import LIMIT_MEGAPIXELS

    if not isinstance(made, dict):
        raise DamagedError("no photograph")
    facts: dict[str, Any] = {name: made.get(name) for name in SourceRecord.__dataclass_fields__}
    sides = [facts["height"], facts["width"]]
    sane = (
        all(fits(side, int) and 0 < side <= LIMIT_MEGAPIXELS * 10**6 for side in sides)
        and math.prod(sides) <= LIMIT_MEGAPIXELS * 10**6
        and facts["channels"] in (0, 3)
        and fits(facts["channels"], int)
        and facts["dtype"] in ("uint8", "uint16")
        and is_sha256(facts["pixels_sha256"])
        and all(facts[k] is None or _is_text(facts[k]) for k in ("path", "relative", "embedded"))
        and (facts["sha256"] is None or is_sha256(facts["sha256"]))
        and (facts["size"] is None or (fits(facts["size"], int) and facts["size"] >= 0))
    )
    if not sane:
        raise DamagedError("no photograph")
    return SourceRecord(**facts)
