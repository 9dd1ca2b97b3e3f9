"""Whether damage is lighter or darker than what lies around it."""

from __future__ import annotations

import numpy as np
import pytest

from restorer.editing.mask import DamageMap, MaskSettings, cut_mask


@pytest.mark.parametrize("side", [6, 20, 120, 200])
@pytest.mark.parametrize(("inside", "polarity"), [(100, "dark"), (220, "light")])
def test_polarity_of_narrow_and_wide_damage(side: int, inside: int, polarity: str) -> None:
    picture = np.full((300, 300), 160, np.uint8)
    found = np.zeros_like(picture)
    place = slice(40, 40 + side), slice(50, 50 + side)
    picture[place], found[place] = inside, 255
    nothing = np.zeros_like(found)
    masks = {
        name: cut_mask(DamageMap(nothing, found), picture, MaskSettings(polarity=name))
        for name in ("dark", "light")
    }
    other = {"dark": "light", "light": "dark"}[polarity]
    assert masks[polarity][place].all() and not masks[other].any()
