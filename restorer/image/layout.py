"""Image descriptions (tag 270) by which programs tell how the pages of a TIFF are laid out.

A file with one of them read out of several, or with a picture that was turned, must not carry on what tells
of all: readers go by it and look for pages that are not there.
"""

from __future__ import annotations

import json
import re

_JSON = (b'{"shape":', b"shape=(")  # of tifffile, and of its first versions
_IMAGEJ = re.compile(rb"(?m)^(images|channels|slices|frames|hyperstack|mode|loop)=.*\n?")


def about_the_picture(value: bytes, alone: bool) -> bytes:
    """What of a description holds for one page that is written by itself.

    Args:
        value: as it is stored.
        alone: whether the page has the file for itself.

    Returns:
        `value`, what remains of it, or nothing.
    """
    text = value.split(b"\x00", 1)[0].rstrip()
    if text.startswith(_JSON):
        remains = _without_shape(text)
    elif text.startswith(b"ImageJ="):
        remains = _IMAGEJ.sub(b"", text).rstrip()
    else:
        return value if alone or not text.endswith(b"OME>") else b""
    return value if remains == text else remains + b"\x00" if remains else b""


def _without_shape(text: bytes) -> bytes:
    if text.startswith(_JSON[1]):
        return b""
    try:
        told = json.loads(text)
    except (ValueError, RecursionError):
        return text
    if not isinstance(told["shape"], list):
        return text
    rest = {key: value for key, value in told.items() if key not in ("shape", "axes", "truncated")}
    return json.dumps(rest).encode() if rest else b""
