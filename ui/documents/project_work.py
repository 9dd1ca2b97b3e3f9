"""What jobs do with projects and journals: functions of snapshots that return values. No Qt."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from restorer.editing.brush import Mark
from restorer.editing.document import Document
from restorer.errors import RestorerError
from restorer.jobs import JobContext
from restorer.project import codec as project_codec, state as project_state
from restorer.project.file import (
    Opened,
    Packer,
    ProjectState,
    Snapshot,
    SourceRecord,
    View,
    load_source,
    open_project,
    save_project,
)
from restorer.project.journal import Journal, LeftJournal
from restorer.project.journal_reading import Recovered
from restorer.project.source import belongs, embed, file_identity, of_another
from ui.documents.fill_steps import FillSettings, FillStep
from ui.documents.work import open_file

if TYPE_CHECKING:
    from restorer.image.reading import Photo

project_codec.register(
    FillSettings,
    lambda made: (
        0 <= made.detail <= 1
        and 0 <= made.grow_px <= 64
        and 0 <= made.seed < 2**31
        and 0 <= made.study_steps <= 10_000
    ),
)
project_codec.register(FillStep)
project_state.VALUES["fill_settings"] = FillSettings
project_state.VALUES["fill_steps"] = tuple[FillStep, ...]


@dataclass(frozen=True)
class Loaded:
    """A photograph with the work on it, read from a project or a journal.

    Attributes:
        photo: decoded.
        path: its file; the project's where it lies in that.
        document: with the work, its history empty.
        state: what it was made of.
        project: where the work was saved, if it was.
        notices: sentences for a person.
        left: the journal that it came from, held.
        project_sha256: of the project's file when the work was read from it, or secured beside it.
    """

    photo: Photo
    path: Path
    document: Document
    state: ProjectState
    project: Path | None
    notices: tuple[str, ...] = ()
    left: LeftJournal | None = None
    project_sha256: str | None = None


def load_project(project: Path, source: Path | None, ctx: JobContext) -> Loaded:
    """Open a project and its photograph, which `source` names if it was moved.

    Raises:
        SourceMissingError: it was moved.
        InputError: one of them cannot be used.
    """
    digest, state = _read(project)
    ctx.check()
    return _found(project, digest, state, source)


def load_again(project: Path, path: Path, ctx: JobContext) -> Loaded | Photo:
    """A photograph with the work on it from the project where that was saved last; alone, with a notice, if
    the project holds the work on another photograph by now.

    Raises:
        InputError: one of them cannot be used.
    """
    digest, state = _read(project)
    ctx.check()
    if belongs(state.source, project, path):
        return _found(project, digest, state, path if state.source.embedded is None else None)
    photo = open_file(path, ctx)
    return replace(photo, notices=(*photo.notices, of_another(state.source, project)))


def _read(project: Path) -> tuple[str, ProjectState]:
    digest = file_identity(project)[0]  # before it is read: one that is replaced meanwhile is another one
    return digest, open_project(project)


def _found(project: Path, digest: str, state: ProjectState, source: Path | None) -> Loaded:
    loaded = _loaded(state, load_source(state.source, state.blobs, project, source), project)
    return replace(loaded, project_sha256=digest)


def load_left(left: LeftJournal, found: Recovered, source: Path | None, ctx: JobContext) -> Loaded:
    """The work that a journal holds.

    Raises:
        SourceMissingError: its photograph was moved.
        InputError: it cannot be used.
    """
    ctx.check()
    opened = load_source(found.state.source, found.state.blobs, found.project, source)
    loaded = _loaded(found.state, opened, found.project, found.notices)
    return replace(loaded, left=left, project_sha256=found.project_sha256)


def _loaded(
    state: ProjectState, opened: Opened, project: Path | None, notices: tuple[str, ...] = ()
) -> Loaded:
    document = Document(opened.photo.pixels)
    notices = (*notices, *opened.notices, *state.apply(document))
    path = opened.path or project or Path("picture.tif")
    return Loaded(opened.photo, path.absolute(), document, state, project, notices)


@dataclass(frozen=True)
class LeftWork:
    """A journal that was left behind, and what it holds, or why it cannot be read."""

    left: LeftJournal
    found: Recovered | None
    trouble: str = ""


def read_left(journals: list[LeftJournal], ctx: JobContext) -> list[LeftWork]:
    """Read what was left behind."""
    work = []
    for left in journals:
        ctx.check()
        try:
            work.append(LeftWork(left, left.read()))
        except RestorerError as error:
            work.append(LeftWork(left, None, str(error)))
    return work


@dataclass(frozen=True)
class Order:
    """What is to be secured or saved: a document as it was after a step, and what belongs to it."""

    snapshot: Snapshot
    view: View | None
    marks: tuple[tuple[str, Mark], ...]


def _state(path: Path | None) -> tuple[int, int, int] | None:
    """By which a file is known to be the same; None if it is gone."""
    from restorer.batch.files import file_state  # brings SQLite, which the start of a window need not load

    try:
        return file_state(path) if path is not None else None
    except (OSError, ValueError):
        return None


class Writer:
    """Secures and saves one document; its methods run in jobs, one at a time.

    Args:
        photo: decoded.
        path: its file.
        loaded: what the document was opened from, if not from the photograph alone.
    """

    def __init__(self, photo: Photo, path: Path | None, loaded: Loaded | None = None) -> None:
        self._photo, self._path = photo, path
        self._file = _state(path)
        self._base = loaded.state if loaded is not None else None
        self._left = loaded.left if loaded is not None else None
        self._packer: Packer | None = None
        self._journal: Journal | None = None
        self.project = loaded.project if loaded is not None else None
        self._project_sha256 = loaded.project_sha256 if loaded is not None else None

    def secure(self, order: Order, ctx: JobContext) -> int:
        """Write the journal; returns the revision that will be there after a crash.

        Raises:
            OutputError: it could not be written.
        """
        state = self._pack(order, ctx)
        if self._journal is None:
            self._journal, self._left = Journal(project=self.project, left=self._left), None
        self._journal.project, self._journal.project_sha256 = self.project, self._project_sha256
        self._journal.write(state)
        return order.snapshot.revision

    def save(self, order: Order, project: Path, ctx: JobContext, agreed: bool = False) -> Path:
        """Save a project; what is saved needs no journal any more.

        Args:
            order: what.
            project: its file.
            ctx: of the job.
            agreed: a person agreed to replace whatever project has that name; otherwise one that changed
                since this window read or wrote it is not replaced.

        Raises:
            OutputError: it could not be written.
        """
        mine = self._project_sha256 if project == self.project and not agreed else None
        self._project_sha256 = save_project(project, self._pack(order, ctx, whole=True), mine)
        self.project = project
        self.close()
        return project

    def leave(self, order: Order, ctx: JobContext) -> None:
        """Secure for the next start; `close` takes that away no more.

        Raises:
            OutputError: it could not be secured; what was secured before is left.
        """
        try:
            self.secure(order, ctx)
        finally:
            if self._journal is not None:
                self._journal.keep()
            elif self._left is not None:
                self._left.release()
            self._journal = self._left = None

    def close(self) -> None:
        """The work is saved, or given up: the journal goes."""
        if self._journal is not None:
            self._journal.close()
        elif self._left is not None:
            self._left.discard()
        self._journal = self._left = None

    def _pack(self, order: Order, ctx: JobContext, whole: bool = False) -> ProjectState:
        """The state of the document; `whole`: with the photograph, where its file is gone or another one."""
        ctx.check()
        if self._packer is None:
            base = self._base
            if base is not None and base.source.embedded is not None:
                record = base.source
            else:
                record = SourceRecord.of(self._photo, self._path)
            self._packer = Packer(record, base=base)
        if whole and self._packer.source.embedded is None and _state(self._path) != self._file:
            self._packer.embed(embed(self._photo))
        return self._packer.pack(order.snapshot, order.view, marks=order.marks)
