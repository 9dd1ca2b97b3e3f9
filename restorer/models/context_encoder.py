"""Context encoder: a bottleneck that sees the whole picture at once.

Pathak, Krähenbühl, Donahue, Darrell and Efros, "Context Encoders: Feature Learning by Inpainting" (CVPR
2016): a strided encoder, a channel-wise fully connected layer that carries information across the whole
picture, and a decoder. As in the paper the network has one working size; pictures of any other size are
scaled to it and the result is scaled back. What differs: the network starts from the push-pull fill and
predicts what is to be added to it, so that a picture larger than the working size keeps a sharp border and
only the correction is coarse; group instead of batch normalisation, so that one picture does not depend on
its batch; in use a membrane takes away the step at the border, which a coarse correction cannot meet.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from math import gcd

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from restorer.models.generator import Generator
from restorer.models.pushpull import meet_border, prefill

GROUPS = 8


@dataclass(frozen=True)
class ContextConfig:
    """Hyper-parameters of `ContextEncoder`.

    Attributes:
        side_px: working size; a multiple of 2 ** len(channels).
        channels: widths at 1/2, 1/4, ... of the working size.
    """

    side_px: int = 128
    channels: tuple[int, ...] = (32, 64, 128, 256)


class ChannelwiseLinear(nn.Module):
    """Every channel fully connected over its own positions, then a 1x1 convolution across channels (section
    3.1 of the paper): C * side^4 weights instead of the C^2 * side^4 of a fully connected layer."""

    def __init__(self, channels: int, side: int) -> None:
        super().__init__()
        places = side * side
        self.weight = nn.Parameter(torch.randn(channels, places, places) / places**0.5)
        self.mix = nn.Conv2d(channels, channels, 1)

    def forward(self, x: Tensor) -> Tensor:
        """(N, C, side, side) -> same shape."""
        n, c, h, w = x.shape
        spread = torch.bmm(x.reshape(n, c, h * w).transpose(0, 1), self.weight)  # (C, N, places)
        return self.mix(F.leaky_relu(spread.transpose(0, 1).reshape(n, c, h, w), 0.2))


def _normed(layer: nn.Module, channels: int) -> nn.Sequential:
    """Group normalisation (Wu and He, ECCV 2018) in place of the paper's batch normalisation: any batch, and
    nothing that depends on others. With neither, nearly every unit of the decoder dies in the first steps."""
    return nn.Sequential(layer, nn.GroupNorm(gcd(GROUPS, channels), channels))


class ContextEncoder(Generator):
    """Inpainting generator with one working size; takes pictures of any size."""

    multiple_of = 1

    def __init__(self, config: ContextConfig) -> None:
        super().__init__()
        self.config = config
        widths = config.channels
        self.stem = nn.Conv2d(5, widths[0], 4, 2, 1)
        self.down = nn.ModuleList(_normed(nn.Conv2d(a, b, 4, 2, 1), b) for a, b in pairwise(widths))
        self.bottleneck = ChannelwiseLinear(widths[-1], config.side_px >> len(widths))
        self.spread = nn.GroupNorm(gcd(GROUPS, widths[-1]), widths[-1])
        self.up = nn.ModuleList(
            _normed(nn.ConvTranspose2d(b, a, 4, 2, 1), a) for a, b in reversed(list(pairwise(widths)))
        )
        self.head = nn.Conv2d(widths[0], 12, 3, 1, 1)
        for module in self.modules():
            if isinstance(module, nn.Conv2d | nn.ConvTranspose2d):
                nn.init.normal_(
                    module.weight, std=(2 / (module.in_channels * module.weight[0, 0].numel())) ** 0.5
                )
                nn.init.zeros_(module.bias)  # type: ignore[arg-type]
            if isinstance(module, nn.ConvTranspose2d):
                module.weight.data.mul_(2)  # only a quarter of its kernel meets each output pixel
        nn.init.zeros_(self.head.weight)  # the untrained network is the push-pull fill

    def forward(
        self, image: Tensor, mask: Tensor, noise: Tensor | None = None, coarse: Tensor | None = None
    ) -> Tensor:
        """Fill the holes; `noise` is not used: this network has one answer."""
        del noise
        start, flag = prefill(image, mask, coarse)
        size, side = image.shape[-2:], self.config.side_px
        x = torch.cat([start * 2 - 1, mask, flag], 1)
        if size != (side, side):
            x = F.interpolate(x, (side, side), mode="area")
        x = self.stem(x.contiguous(memory_format=torch.channels_last))
        for layer in self.down:
            x = layer(F.leaky_relu(x, 0.2))
        x = self.spread(self.bottleneck(F.leaky_relu(x, 0.2)))
        for layer in self.up:
            x = layer(F.relu(x))
        residual = F.pixel_shuffle(self.head(F.relu(x)), 2)
        if size != (side, side):
            residual = F.interpolate(residual, size, mode="bilinear", align_corners=False)
        filled = start + residual
        return filled if self.training else meet_border(filled, image, mask)
