"""What in a TIFF tells how its file is laid out, in contrast to what tells of the photograph.

That must not be carried on to a file with another layout, such as one page read out of several or a picture
that was turned: readers go by it and look for what is not there.
"""

from __future__ import annotations

import json
import re

# Of TIFF 6.0 and its supplements, old JPEG, XMP, IPTC and Photoshop (which are kept elsewhere), pointers,
# colour filters, padding, layers, and DNG, which would make a raw file of it.
_LAYOUT = frozenset(
    (273, 274, 301, 351, 559, 700, 33421, 33422, 33723, 34377, 34665, 34675, 34853, 37724, 40965, 59932)
) | {
    n
    for a, b in ((254, 266), (277, 284), (286, 297), (317, 347), (400, 405), (512, 532), (50706, 52600))
    for n in range(a, b + 1)
}
_JSON = (b'{"shape":', b"shape=(")  # of tifffile, and of its first versions
_IMAGEJ = re.compile(rb"(?m)^(images|channels|slices|frames|hyperstack|mode|loop)=.*\n?")


def is_of_layout(tag: int) -> bool:
    """Whether a tag of a page tells nothing of the photograph."""
    return tag in _LAYOUT


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
