"""Names for the arrays that travel through the program.

OpenCV's and NumPy's stubs lose element types at most calls, so these aliases are for the reader; the
docstrings say shapes and ranges.
"""

from __future__ import annotations

from typing import Any

from numpy.typing import NDArray

Pixels = NDArray[Any]
"""uint8 or uint16, (H, W) grey or (H, W, 3) RGB."""

Float = NDArray[Any]
"""float32; pictures in 0..1 unless said otherwise."""

Bytes = NDArray[Any]
"""uint8: masks with 0/1 or 0/255, probabilities with 255 = 1, 8-bit RGB."""

Bools = NDArray[Any]
"""bool masks (H, W), True = damaged or to be filled."""
