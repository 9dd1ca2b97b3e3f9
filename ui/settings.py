"""What the program remembers: typed, in JSON, in the user's configuration folder. Qt's own settings hold the
geometry of the window alone."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import Any, Literal

import platformdirs

from restorer.errors import OutputError
from restorer.new_files import new_file

log = logging.getLogger(__name__)

SCHEMA = 1
RECENT_FILES = 10
Theme = Literal["system", "light", "dark"]
CHOICES: Mapping[str, tuple[str, ...]] = {
    "theme": ("system", "light", "dark"),
    "language": ("system", "en", "zh_CN"),
    "device": ("auto", "cpu", "cuda", "mps"),
    "export_metadata": ("all", "no-location", "none"),
}
RANGES: Mapping[str, tuple[float, float]] = {
    "detail": (0, 1),
    "grow_px": (0, 64),
    "overlay_opacity": (0, 1),
    "brush_size": (1, 500),
    "brush_hardness": (0, 1),
    "export_quality": (1, 100),
    "export_bits": (0, 16),
}


@dataclass(frozen=True)
class Settings:
    """Everything that is remembered; what a file says wrongly or not at all is the default.

    Attributes:
        theme: "system", "light" or "dark".
        language: "system", "en" or "zh_CN".
        device: "auto", "cpu", "cuda" or "mps".
        model: id of the repair model; empty = the default.
        detail: of fills, 0..1.
        grow_px: by how much the mask grows before it is filled.
        overlay_colour: "#rrggbb".
        overlay_opacity: 0..1.
        protect_colour: of protected places, "#rrggbb".
        brush_size: diameter in pixels, 1..500.
        brush_hardness: 0..1.
        recent: files that were opened, the latest first.
        folder: where files were opened last.
        export_format: "same", or a format of `restorer.image.reading`.
        export_bits: 8, 16, or 0 = as the source.
        export_quality: 1..100.
        export_metadata: "all", "no-location" or "none".
        export_template: name of exported files, see `restorer.record.export`.
        export_folder: empty = beside the source.
        export_record: whether a record is written beside exports, see `restorer.record.sidecar`.
        keep_corrections: masks that were corrected by hand may be kept to train the detector with.
    """

    theme: str = "system"
    language: str = "system"
    device: str = "auto"
    model: str = ""
    detail: float = 0.8
    grow_px: int = 2
    overlay_colour: str = ""
    overlay_opacity: float = 0.7
    protect_colour: str = ""
    brush_size: float = 30.0
    brush_hardness: float = 0.8
    recent: tuple[str, ...] = ()
    folder: str = ""
    export_format: str = "same"
    export_bits: int = 0
    export_quality: int = 95
    export_metadata: str = "all"
    export_template: str = "{name}-restored"
    export_folder: str = ""
    export_record: bool = False
    keep_corrections: bool = False

    def with_recent(self, path: Path) -> Settings:
        """With `path` as the file that was opened last."""
        name = str(path)
        kept = [name, *(other for other in self.recent if other != name)][:RECENT_FILES]
        return replace(self, recent=tuple(kept), folder=str(path.parent))


def from_json(content: Any) -> Settings:
    """Settings from what a JSON file held, whatever that is."""
    if not isinstance(content, dict):
        return Settings()
    default = Settings()
    good: dict[str, Any] = {}
    for field in fields(Settings):
        value, usual = content.get(field.name), getattr(default, field.name)
        if field.name == "recent":
            if isinstance(value, list):
                good["recent"] = tuple(v for v in value if isinstance(v, str))[:RECENT_FILES]
            continue
        if isinstance(usual, float) and isinstance(value, int) and not isinstance(value, bool):
            value = float(value) if abs(value) < 2**53 else None
        if type(value) is type(usual) and _allowed(field.name, value):
            good[field.name] = value
    return Settings(**good)


def _allowed(name: str, value: Any) -> bool:
    if name in CHOICES:
        return value in CHOICES[name]
    if name in RANGES:
        low, high = RANGES[name]
        return low <= value <= high
    return True


class SettingsStore:
    """The settings file.

    Args:
        folder: where it lies; None takes the user's configuration folder.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self.folder = folder or Path(platformdirs.user_config_dir("restorer", appauthor=False))
        self.path = self.folder / "settings.json"
        self.geometry_path = self.folder / "window.ini"
        self.value = self._read()

    def _read(self) -> Settings:
        try:
            content = json.loads(self.path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return Settings()
        except (OSError, ValueError, RecursionError) as error:
            log.warning("settings were not readable and start afresh: %s", error)
            return Settings()
        return from_json(content)

    def change(self, **values: Any) -> None:
        """Change some values and write them."""
        changed = replace(self.value, **values)
        if changed != self.value:
            self.value = changed
            self.save()

    def save(self) -> None:
        """Write the file, whole or not at all; a full disk must not stop the work."""
        content = json.dumps({"schema": SCHEMA, **asdict(self.value)}, indent=2)  # names may be no Unicode
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            with new_file(self.path, overwrite=True) as (stream, _):
                stream.write(content.encode())
        except (OSError, OutputError) as error:
            log.warning("settings could not be written: %s", error)
