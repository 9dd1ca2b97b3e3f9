"""The open photographs: files to sessions, one at a time, those with work kept."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterable, Iterator
from itertools import count, islice
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QBuffer, QObject, QStandardPaths, Signal
from PySide6.QtGui import QImage

from restorer.jobs import JobContext
from restorer.new_files import new_file
from ui.documents import work
from ui.documents.networks import Networks
from ui.documents.project_work import Loaded
from ui.documents.session import DocumentSession
from ui.jobs import Done, Failed, JobRunner, JobThread
from ui.settings import SettingsStore

if TYPE_CHECKING:
    from restorer.image.reading import Photo

THUMBNAIL_PX = 256
MOST_FILES = 5000
MOST_SEARCHED_PX = 150_000_000  # in all, of photographs with found damage alone that stay open unseen


class Workspace(QObject):
    """Which photographs are open and which one is shown.

    Signals:
        session_changed (DocumentSession | None): another photograph is shown.
        opening (Path): a file is being read.
        failed (str, Failed): of reading a file.
        edited_changed (Path, bool): a photograph has work that was not exported, or has none any more.
        opened (DocumentSession, Loaded | None): there is one more, with the work on it, if there was any.
        closed (DocumentSession): it goes.

    Attributes:
        readers: for photographs on which there is work, what reads both.
    """

    session_changed = Signal(object)
    opening = Signal(object)
    failed = Signal(str, object)
    edited_changed = Signal(object, bool)
    opened = Signal(object, object)
    closed = Signal(object)

    def __init__(
        self,
        runner: JobRunner,
        store: SettingsStore,
        networks: Networks | None = None,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self.runner = runner
        self._store, self._networks = store, networks or Networks()
        self._sessions: dict[Path, DocumentSession] = {}
        self._current: DocumentSession | None = None
        self._reading: JobThread | None = None  # what will be shown
        self._searched: list[
            DocumentSession
        ] = []  # not shown, with damage found or repaired; the oldest first
        self._held: list[DocumentSession] = []  # asked about
        self.readers: dict[Path, work.Task] = {}

    @property
    def current(self) -> DocumentSession | None:
        """What is shown."""
        return self._current

    @property
    def sessions(self) -> list[DocumentSession]:
        """All that are held."""
        return list(self._sessions.values())

    def show(self, path: Path | None) -> None:
        """Show the photograph in `path`, reading it if need be; None shows none."""
        if self._reading is not None:
            self._reading.cancel()
            self._reading = None
        if path is None or path in self._sessions:
            self._switch(self._sessions[path] if path is not None else None)
            return
        self.opening.emit(path)
        read = self.readers.get(path, lambda ctx: work.open_file(path, ctx))
        job = self.runner.submit(read, "io", "open", lambda outcome: self._on_read(path, job, outcome))
        self._reading = job

    def _on_read(self, path: Path, job: JobThread, outcome: object) -> None:
        if job is not self._reading:
            return  # another one was chosen meanwhile
        self._reading = None
        if isinstance(outcome, Done):
            session = self.adopt(path, outcome.value)
            if session.project is None:
                self._store.value = self._store.value.with_recent(path)
                self._store.save()
            self._switch(session)
        elif isinstance(outcome, Failed):
            self.readers.pop(path, None)  # the photograph alone may still be there
            self.failed.emit(self.tr("Opening {0}").format(path.name), outcome)

    def adopt(self, path: Path, value: Photo | Loaded) -> DocumentSession:
        """A session of what was read; not shown yet."""
        loaded = value if isinstance(value, Loaded) else None
        photo = loaded.photo if loaded is not None else value
        document = loaded.document if loaded is not None else None
        session = DocumentSession(photo, path, self.runner, self._networks, self, document)  # type: ignore[arg-type]
        session.device = self._store.value.device
        session.edited_changed.connect(lambda edited: self.edited_changed.emit(path, edited))
        self._sessions[path] = session
        self.opened.emit(session, loaded)
        return session

    def session_of(self, path: Path) -> DocumentSession | None:
        """The session of a photograph, if it is open."""
        return self._sessions.get(path)

    def _switch(self, session: DocumentSession | None) -> None:
        before, self._current = self._current, session
        self.session_changed.emit(session)
        self._searched = [kept for kept in self._searched if kept is not session]
        if before is None or before is session or before in self._held or before.edited or before.busy:
            return
        if before.saved.unrepaired or before.repairs:
            self._keep(before)
        else:
            self._drop(before)

    def _keep(self, session: DocumentSession) -> None:
        """Keep what is not shown any more while there is room for it."""
        self._searched.append(session)
        while sum(kept.document.height * kept.document.width for kept in self._searched) > MOST_SEARCHED_PX:
            idle = next((kept for kept in self._searched if not kept.busy), None)
            if idle is None:
                return
            self._drop(idle)

    @contextlib.contextmanager
    def holding(self, session: DocumentSession) -> Iterator[None]:
        """Keep `session` in the block, in which a dialog asks about it: another photograph that is still
        being read may be shown meanwhile. Afterwards it stays for what the dialog has begun."""
        self._held.append(session)
        try:
            yield
        finally:
            self._held.remove(session)
            if session is not self._current and session in self._sessions.values():
                self._keep(session)

    def _drop(self, session: DocumentSession) -> None:
        self._searched = [kept for kept in self._searched if kept is not session]
        self._sessions = {path: kept for path, kept in self._sessions.items() if kept is not session}
        self.closed.emit(session)
        session.close()

    def close(self, path: Path) -> None:
        """Forget a photograph with the work on it."""
        session = self._sessions.get(path)
        self.readers.pop(path, None)
        if session is self._current and session is not None:
            self._current = None
            self.session_changed.emit(None)
        if session is not None:
            self._drop(session)

    def set_device(self, device: str) -> None:
        """Compute on another device from now on."""
        for session in self._sessions.values():
            session.device = device

    def make_thumbnail(self, path: Path, callback: Callable[[QImage], None]) -> Callable[[], bool]:
        """Start making a thumbnail; an empty image says that there is none. Returns what withdraws it, if
        it has not begun: whether it had not."""

        def settle(outcome: object) -> None:
            if isinstance(outcome, Done):
                pixels = outcome.value
                height, width = pixels.shape[:2]
                image = QImage(pixels.tobytes(), width, height, 3 * width, QImage.Format.Format_RGB888)
                callback(image.copy())
            elif isinstance(outcome, Failed):
                callback(QImage())

        return self.runner.submit(
            lambda ctx: work.thumbnail(path, THUMBNAIL_PX, ctx), "thumbnails", "thumbnail", settle
        ).withdraw

    def keep_pasted(self, image: QImage) -> Path:
        """Write a pasted picture into a file of its own, so that it can be worked on like any other.

        Raises:
            OutputError: it could not be written.
        """
        place = QStandardPaths.writableLocation(QStandardPaths.StandardLocation.PicturesLocation)
        folder = Path(place or Path.home()) / "Restorer"
        with contextlib.suppress(OSError):  # told below
            folder.mkdir(parents=True, exist_ok=True)
        path = next(p for n in count(1) if not os.path.lexists(p := folder / f"pasted-{n}.png"))
        data = QBuffer()
        data.open(QBuffer.OpenModeFlag.WriteOnly)
        image.save(data, "PNG")  # type: ignore[call-overload]
        with new_file(path) as (stream, _):
            stream.write(data.data().data())
        return path


def photographs_in(paths: Iterable[Path], ctx: JobContext | None = None) -> list[Path]:
    """Files as they are, folders as the photographs in them and below, `MOST_FILES` at most.

    Of folders neither hidden ones nor what a batch has put below them.
    """
    from restorer.batch.files import WORK_FOLDER, find_sources
    from restorer.project.source import is_file

    ctx = ctx or JobContext()

    def found() -> Iterator[Path]:
        for path in paths:
            if is_folder(path):
                for source in find_sources([path], path / WORK_FOLDER):
                    ctx.check()
                    if is_file(source.path):  # not the folders that may not be read
                        yield source.path
            else:
                yield _without_dots(path.absolute())

    return list(islice(found(), MOST_FILES))


def is_folder(path: Path) -> bool:
    """Whether `path` is one; False too where the system refuses to look, which is told when it is opened."""
    try:
        return path.is_dir()
    except OSError:
        return False


def _without_dots(path: Path) -> Path:
    """`path` without "..", by which one photograph would have two names."""
    return Path(os.path.realpath(path.parent), path.name) if ".." in path.parts else path
