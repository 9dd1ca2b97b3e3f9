"""`restorer-gui`: puts the parts together, starts and ends them in order."""

from __future__ import annotations

import logging
import logging.handlers
import sys
import traceback
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType

import platformdirs
from PySide6.QtCore import QMessageLogContext, QtMsgType, qInstallMessageHandler
from PySide6.QtWidgets import QApplication

from restorer import __version__
from ui import i18n
from ui.documents.networks import Networks
from ui.documents.workspace import Workspace
from ui.jobs import Failed, JobRunner
from ui.settings import SettingsStore
from ui.theme import ThemeManager
from ui.window.controller import Controller

log = logging.getLogger("ui")
LOG_BYTES, LOG_FILES = 1 << 20, 3
_LEVELS = {
    QtMsgType.QtDebugMsg: logging.DEBUG,
    QtMsgType.QtInfoMsg: logging.INFO,
    QtMsgType.QtWarningMsg: logging.WARNING,
    QtMsgType.QtCriticalMsg: logging.ERROR,
    QtMsgType.QtFatalMsg: logging.CRITICAL,
}


def start_logging(folder: Path | None = None) -> Path | None:
    """Write a log file in the user's folder; returns it, or None where that cannot be done."""
    folder = folder or Path(platformdirs.user_log_dir("restorer", appauthor=False))
    try:
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / "restorer.log"
        handler = logging.handlers.RotatingFileHandler(
            path, maxBytes=LOG_BYTES, backupCount=LOG_FILES, encoding="utf-8", delay=True
        )
    except OSError:
        return None
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    root = logging.getLogger()
    root.addHandler(handler)
    root.setLevel(logging.INFO)
    return path


def _on_qt_message(kind: QtMsgType, context: QMessageLogContext, text: str) -> None:
    logging.getLogger("qt").log(_LEVELS.get(kind, logging.WARNING), "%s", text)


def build(
    app: QApplication,
    store: SettingsStore | None = None,
    networks: Networks | None = None,
    log_path: Path | None = None,
) -> Controller:
    """The window with everything behind it, not shown yet."""
    store = store or SettingsStore()
    i18n.install(app, store.value.language)
    theme = ThemeManager(app, store.value.theme)
    workspace = Workspace(JobRunner(), store, networks)
    return Controller(workspace, store, theme, log_path)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the window with the files that were named; returns the exit code."""
    arguments = list(sys.argv if argv is None else argv)
    if "--version" in arguments[1:]:
        print(f"restorer-gui {__version__}")
        return 0
    if {"-h", "--help"} & set(arguments[1:]):
        print(
            "Usage: restorer-gui [--version] [--help] [FILES]...\n\n  Open the window with these photographs."
        )
        return 0
    plain = [name.encode(errors="backslashreplace").decode() for name in arguments]
    named = dict(zip(plain, arguments, strict=True))
    app = QApplication(plain)  # Qt ends the program at a name that is not UTF-8
    app.setApplicationName("Restorer")
    app.setApplicationVersion(__version__)
    app.setDesktopFileName("restorer")
    log_path = start_logging()
    qInstallMessageHandler(_on_qt_message)
    controller = build(app, log_path=log_path)

    def on_exception(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        details = "".join(traceback.format_exception(kind, error, trace))
        log.error("unexpected error\n%s", details)
        if not issubclass(kind, KeyboardInterrupt):
            controller.show_failure(app.applicationName(), Failed(error, details))

    sys.excepthook = on_exception
    controller.window.show()
    paths = [Path(named.get(name, name)) for name in app.arguments()[1:] if not name.startswith("-")]
    controller.projects.offer_recovery(lambda: controller.files.open_paths(paths))
    code = app.exec()
    controller.shut_down()
    return code


if __name__ == "__main__":
    sys.exit(main())
