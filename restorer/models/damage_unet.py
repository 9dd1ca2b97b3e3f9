"""The shipped damage detector: a small U-Net over the photograph and its top-hats.

U-Net after Ronneberger et al., MICCAI 2015, with a pixel-unshuffle stem. The white and black top-hats
(Serra, 1982), the classical detector of dust and scratches, are computed inside the network and given to it
as extra planes: it learns what they cannot know.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from restorer.models.blocks import ResBlock, act, act_in_place, conv, dilate, join


@dataclass(frozen=True)
class DamageConfig:
    """Hyper-parameters of `DamageUNet`.

    Attributes:
        channels: widths at 1/2, 1/4, ... of the resolution.
        radii: half sides in pixels of the square structuring elements of the top-hats.
        blocks: number of residual blocks at the lowest resolution, where the scene is told from the damage.
    """

    channels: tuple[int, ...] = (32, 48, 64, 96, 128)
    radii: tuple[int, ...] = (2, 6)
    blocks: int = 0


def top_hats(luma: Tensor, radius: int) -> Tensor:
    """White and black top-hat of `luma` (N, 1, H, W) with a square element: (N, 2, H, W), both >= 0."""
    opened = dilate(-dilate(-luma, radius), radius)
    closed = -dilate(-dilate(luma, radius), radius)
    return torch.cat([luma - opened, closed - luma], 1)


class DamageUNet(nn.Module):
    """Damage segmentation with separate planes for thin damage and for regions; H and W must be multiples of
    32."""

    multiple_of = 32

    def __init__(self, config: DamageConfig) -> None:
        super().__init__()
        self.config = config
        widths = config.channels
        planes = 3 + 2 * len(config.radii)
        self.stem = conv(4 * planes, widths[0])
        pairs = list(pairwise(widths))
        self.enter = nn.ModuleList(conv(w, w) for w in widths)
        self.down = nn.ModuleList(conv(a, b, stride=2) for a, b in pairs)
        self.deep = nn.Sequential(*(ResBlock(widths[-1]) for _ in range(config.blocks)))
        self.lift = nn.ModuleList(nn.Conv2d(b, a, 1) for a, b in pairs)
        self.leave = nn.ModuleList(ResBlock(a) for a, _ in pairs)
        self.head = conv(widths[0], 8)
        self._initialise()

    def _initialise(self) -> None:
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_normal_(module.weight, a=0.2)
                nn.init.zeros_(module.bias)  # type: ignore[arg-type]
            if isinstance(module, ResBlock):
                module.b.weight.data.mul_(0.3)
        self.head.weight.data.mul_(0.1)
        nn.init.constant_(self.head.bias, -4.0)  # type: ignore[arg-type]  # damage is rare

    def planes(self, image: Tensor) -> Tensor:
        """The input planes (N, 3 + 2 * radii, H, W) of `image` (N, 3, H, W) in [0, 1]: luma, two colour
        differences, top-hats."""
        red, green, blue = image.unbind(1)
        luma = (0.299 * red + 0.587 * green + 0.114 * blue)[:, None]
        hats = [top_hats(luma, radius) * 4 for radius in self.config.radii]
        colour = torch.stack([red - green, blue - green], 1) * 2
        return torch.cat([luma * 2 - 1, colour, *hats], 1)

    def forward(self, image: Tensor) -> Tensor:
        """Segment `image` (N, 3, H, W) in [0, 1]: logits (N, 2, H, W) of thin damage and of damaged
        regions."""
        with torch.no_grad():
            x = F.pixel_unshuffle(self.planes(image), 2).contiguous(memory_format=torch.channels_last)
        x = self.stem(x)
        skips: list[Tensor] = []
        for index, enter in enumerate(self.enter):
            x = enter(act(x)).add_(x)
            if index < len(self.down):
                skips.append(x)
                x = self.down[index](act(x))
        x = self.deep(x)
        for lift, leave, skip in zip(reversed(self.lift), reversed(self.leave), reversed(skips), strict=True):
            x = leave(join(lift(act_in_place(x)), skip))
        return F.pixel_shuffle(self.head(act_in_place(x)), 2)
