"""Restorer: repairs old photographs on one's own computer and changes nothing outside the agreed mask.

The public API, loaded when first used, so that `import restorer` stays fast:

    photo = restorer.open_photo("scan.tif")
    found = restorer.detect(photo)
    result = restorer.repair(photo, found.mask)
    restorer.save_photo(result.photo, "scan-restored.tif", source="scan.tif")
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

__version__ = "0.1.0"

_WHERE = {
    "open_photo": "image.reading",
    "save_photo": "image.saving",
    "Photo": "image.reading",
    "detect": "processing.engine",
    "repair": "processing.engine",
    "Detection": "processing.engine",
    "Repair": "processing.engine",
    "MaskSettings": "editing.mask",
    "RepairSettings": "processing.repairer",
    "JobContext": "jobs",
    "Cancelled": "jobs",
    "RestorerError": "errors",
}


def __getattr__(name: str) -> Any:
    if name not in _WHERE:
        raise AttributeError(f"module 'restorer' has no attribute '{name}'")
    return getattr(import_module(f"restorer.{_WHERE[name]}"), name)
