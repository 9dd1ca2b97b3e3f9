"""Community weights: networks that spandrel recognises, as generators of our kind.

spandrel (MIT) is an optional dependency (`pip install 'restorer[import]'`) and is imported here only.
"""

from __future__ import annotations

import importlib
import importlib.util
import re
import sys
import threading
from pathlib import Path
from types import ModuleType
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from restorer.errors import InputError, WeightsError
from restorer.models.generator import Generator

MISSING = "Community weights need the optional package 'spandrel'."
MUCH_PX = 256  # a network that is padded to multiples of this square is given one window at a time
KNOWN_SHARE = 0.02  # a tile with less known around it is left to the coarse solution

_lock = threading.Lock()
_kept: list[Any] = []  # torch forgets operators whose library object is gone


def load_spandrel() -> ModuleType:
    """The package spandrel.

    Raises:
        InputError: it is not installed, or its torchvision does not fit PyTorch.
    """
    with _lock:
        try:
            _import_torchvision()
            package = importlib.import_module("spandrel")
            # Architectures under restrictive licences (MAT): only there if the user has installed them.
            if importlib.util.find_spec("spandrel_extra_arches") is not None:
                importlib.import_module("spandrel_extra_arches").install(ignore_duplicates=True)
            return package
        except ImportError as error:
            raise InputError(MISSING, "Install it with: python -m pip install 'restorer[import]'") from error
        except RuntimeError as error:
            raise InputError(
                "The installed torchvision does not fit the installed PyTorch.",
                "Install both from the same place, as pytorch.org describes.",
            ) from error


def _import_torchvision() -> None:
    """Import torchvision, also one whose compiled part was built for another kind of PyTorch.

    spandrel needs none of its compiled operators, but without them torchvision fails at describing them to
    torch.compile; declared by name, they let its Python part be imported.
    """
    try:
        importlib.import_module("torchvision")
        return
    except RuntimeError as error:
        if "torchvision::" not in str(error):
            raise
    found = importlib.util.find_spec("torchvision")
    if found is None or found.origin is None:
        raise ImportError("torchvision")
    source = (Path(found.origin).parent / "_meta_registrations.py").read_text(encoding="utf-8")
    operators = torch.library.Library("torchvision", "FRAGMENT")
    for name in re.findall(r'register_fake\("torchvision::(\w+)"\)', source):
        operators.define(f"{name}(Tensor a, Tensor b, float c) -> Tensor")
    _kept.append(operators)
    for name in [n for n in sys.modules if n.split(".")[0] == "torchvision"]:
        del sys.modules[name]
    importlib.import_module("torchvision")


def describe(tensors: dict[str, Tensor]) -> Any:
    """spandrel's descriptor of the network that `tensors` belong to, in eval mode, float32, on the CPU.

    Raises:
        InputError: spandrel is missing.
        WeightsError: no architecture that spandrel knows, or its weights do not fit.
    """
    spandrel = load_spandrel()
    misfit = WeightsError(
        "The weights do not fit the architecture that they look like.", "The file may be incomplete."
    )
    # spandrel builds as many layers as the names count, whether there are weights for them or not.
    numbers = (int(part) for name in tensors for part in name.split(".") if part.isdecimal())
    if max(numbers, default=0) > 8 * len(tensors) + 64:
        raise misfit
    try:
        descriptor = spandrel.ModelLoader().load_from_state_dict(dict(tensors))
    except spandrel.UnsupportedModelError as error:
        raise WeightsError(
            "The weights belong to no known architecture.",
            "LaMa, the ESRGAN family, SwinIR, NAFNet and others that spandrel knows can be imported; "
            "MAT and DDColor need the package 'spandrel_extra_arches' as well.",
        ) from error
    except (RuntimeError, KeyError, ValueError, IndexError, TypeError, AssertionError) as error:
        raise misfit from error
    descriptor.model.eval().requires_grad_(False).float()
    return descriptor


class ImportedFill(Generator):
    """A masked-image network of spandrel behind the contract of our generators.

    It gets no noise. Sizes that it cannot take are padded by its descriptor.

    Args:
        tensors: its weights.

    Raises:
        InputError: spandrel is missing.
        WeightsError: unknown weights, or not for filling holes.
    """

    coarse_radius_px = 40  # these see further than our own
    surroundings_px = 96

    def __init__(self, tensors: dict[str, Tensor]) -> None:
        super().__init__()
        descriptor = describe(tensors)
        if descriptor.purpose != "Inpainting":
            raise WeightsError("These weights are not for filling holes.")
        self._call = descriptor
        self.net: nn.Module = descriptor.model  # a submodule, so that it moves with this one
        sizes = descriptor.size_requirements
        if sizes.square and sizes.multiple_of >= MUCH_PX:  # MAT: 512
            self.window_px, self.surroundings_px = int(sizes.multiple_of), Generator.surroundings_px

    def forward(
        self, image: Tensor, mask: Tensor, noise: Tensor | None = None, coarse: Tensor | None = None
    ) -> Tensor:
        """Fill the holes.

        The values in the hole are not given to the network. `noise` is ignored. Where next to nothing is
        known, `coarse` (N, 3, H, W) is the answer; elsewhere it gives the broad tones.
        """
        del noise
        out = []
        for i in range(len(image)):
            hole = (mask[i : i + 1] > 0.5).float()
            given = image[i : i + 1].float() * (1 - hole)
            start = None if coarse is None else coarse[i : i + 1].float()
            if start is not None and float(1 - hole.mean()) < KNOWN_SHARE:
                out.append(start)
                continue
            # Fourier layers have no kernels for bfloat16 on a CPU.
            with torch.autocast(image.device.type, enabled=False):
                found = self._call(given.contiguous(), hole.contiguous())
            out.append(found if start is None else found + _broad(start - found, hole))
        return torch.cat(out)


def _broad(difference: Tensor, hole: Tensor, cell_px: int = 32) -> Tensor:
    """What is left of `difference` (1, 3, H, W) in the hole when averaged over cells, smoothly."""
    cell = min(cell_px, *difference.shape[-2:])
    weight = F.avg_pool2d(hole, cell, ceil_mode=True).clamp_min(1e-3)
    mean = F.avg_pool2d(difference * hole, cell, ceil_mode=True) / weight
    return F.interpolate(mean, size=difference.shape[-2:], mode="bilinear", align_corners=False)
