"""What a run tells about itself: one JSON object per photograph, and the memory that was needed."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from restorer.new_files import new_file

LEFT_OUT = {  # by what `restorer.image.saving.left_out` names
    "pixels": (
        "This format compresses with loss: pixels outside the mask differ slightly in the file. "
        "Use .png or .tif to keep them."
    ),
    "metadata": "This format has no place for EXIF, IPTC and XMP. Use .png or .tif to keep them.",
    "damaged": "The EXIF of the photograph is damaged and has no place in a TIFF. Use .png to keep it.",
    "texts": "This file has no place for the comments of the photograph. Use .png to keep them.",
}


@dataclass(frozen=True)
class Studied:
    """Progress detail: what came of studying a photograph.

    Attributes:
        gain: by what share the error (root mean square) in test holes fell, 0..1; 0 = nothing was kept.
    """

    gain: float


def study_told(gain: float) -> str:
    """One sentence about what came of studying a photograph; `gain` as in `Studied`."""
    if gain <= 0:
        return "Studying this photograph brought nothing: it was filled as without study."
    return f"Studying this photograph helped: holes made in it for a test had {100 * gain:.0f} % less error."


@dataclass
class PhotoReport:
    """The report of one photograph.

    Attributes:
        source: path as given.
        state: "repaired", "detected", "clean" or "failed".
        output: path of the written file, if any.
        error: sentence and hint of a failure.
        models: id and sha256 by task.
        device: what computed.
        device_class: "cpu", "cuda" or "mps"; on the same class the same pixels come out.
        threads: of the processor, on the CPU.
        sensitivity: 0..1, as used; None with a mask from a file.
        threshold: probability from which thin damage counted.
        damage_score: 0..100.
        regions: connected damaged places.
        share_found: damaged share of the picture, 0..1.
        share_repaired: share of the picture inside the grown mask, 0..1.
        grow_px: by how much the mask was dilated.
        detail: 0..1, as used.
        changed_inside: pixels that changed inside the mask.
        changed_outside: pixels that changed outside of it: 0.
        seconds: by step.
        notices: what the reader of the file had to say, and what came of studying the photograph.
    """

    source: str
    state: str = "failed"
    output: str | None = None
    error: str | None = None
    width: int = 0
    height: int = 0
    models: dict[str, dict[str, str]] = field(default_factory=dict)
    device: str = ""
    device_class: str = ""
    threads: int | None = None
    sensitivity: float | None = None
    threshold: float | None = None
    damage_score: float | None = None
    regions: int | None = None
    share_found: float | None = None
    share_repaired: float | None = None
    grow_px: int | None = None
    detail: float | None = None
    changed_inside: int | None = None
    changed_outside: int | None = None
    seconds: dict[str, float] = field(default_factory=dict)
    notices: list[str] = field(default_factory=list)


def peak_memory_mib() -> float | None:
    """Largest resident memory of this process so far in MiB; None where the system does not tell."""
    try:
        import resource
    except ImportError:
        return None
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return round(peak / (1024 * 1024 if sys.platform == "darwin" else 1024), 1)


def write_report(path: Path, photos: list[PhotoReport], version: str) -> None:
    """Write the reports as a new JSON file, atomically.

    Raises:
        OutputError: the file exists or cannot be written.
    """
    content: dict[str, Any] = {
        "application": "restorer",
        "version": version,
        "peak_memory_mib": peak_memory_mib(),
        "photographs": [asdict(p) for p in photos],
    }
    text = json.dumps(content, indent=2, ensure_ascii=False) + "\n"
    with new_file(path) as (stream, _):
        stream.write(text.encode("utf-8", "replace"))
