"""Files that are dropped on a window or pasted into it."""

from __future__ import annotations

import os
from pathlib import Path
from urllib.parse import unquote_to_bytes

from PySide6.QtCore import QMimeData, Qt, QUrl
from PySide6.QtGui import QDropEvent


def take_copies(event: QDropEvent) -> list[Path]:
    """Accept files and folders of this computer that are dragged here or dropped, and tell them."""
    paths = local_paths(event.mimeData())
    if paths:
        event.setDropAction(Qt.DropAction.CopyAction)  # of what was moved, file managers delete their own
        event.accept()
    return paths


def local_paths(data: QMimeData) -> list[Path]:
    """The files and folders of this computer, also those whose names are not UTF-8."""
    return [_path_of(url) for url in data.urls() if url.isLocalFile()]


def _path_of(url: QUrl) -> Path:
    name = url.toLocalFile()
    if "\ufffd" not in name or os.name == "nt":
        return Path(name)
    whole = url.path(QUrl.ComponentFormattingOption.FullyEncoded)  # Qt has no letters for those bytes
    return Path(os.fsdecode(unquote_to_bytes(whole)))
