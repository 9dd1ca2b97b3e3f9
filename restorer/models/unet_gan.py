"""U-Net generator of a conditional GAN.

Isola, Zhu, Zhou and Efros, "Image-to-Image Translation with Conditional Adversarial Networks" (pix2pix, CVPR
2017): an encoder-decoder whose layers of equal size are joined by skip connections; its discriminator judges
(picture, mask) pairs, as a whole or patch by patch (PatchGAN). U-Net after Ronneberger et al. (MICCAI 2015).
What differs: the network starts from the push-pull fill and predicts what is to be added to it, noise comes
in as planes instead of as dropout, and there is no normalisation, so that tiles of one picture agree.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from restorer.models.blocks import ResBlock, act, conv, start_as_prefill
from restorer.models.generator import Generator
from restorer.models.pushpull import prefill


@dataclass(frozen=True)
class UNetConfig:
    """Hyper-parameters of `UNetGenerator`.

    Attributes:
        channels: widths at 1/2, 1/4, ... of the resolution.
    """

    channels: tuple[int, ...] = (32, 64, 96, 128, 160)


class UNetGenerator(Generator):
    """Inpainting generator with skip connections; H and W must be multiples of 32."""

    multiple_of = 32

    def __init__(self, config: UNetConfig) -> None:
        super().__init__()
        self.config = config
        widths = config.channels
        pairs = list(pairwise(widths))
        self.stem = conv(20, widths[0])
        self.down = nn.ModuleList(conv(a, b, stride=2) for a, b in pairs)
        self.middle = ResBlock(widths[-1])
        self.lift = nn.ModuleList(nn.Conv2d(b, a, 1) for a, b in pairs)
        self.join = nn.ModuleList(conv(2 * a, a) for a, _ in pairs)
        self.noise = conv(4, widths[0])
        self.head = conv(widths[0], 12)
        start_as_prefill(self, self.head, self.noise)

    def forward(
        self, image: Tensor, mask: Tensor, noise: Tensor | None = None, coarse: Tensor | None = None
    ) -> Tensor:
        """Fill the holes."""
        start, flag = prefill(image, mask, coarse)
        x = F.pixel_unshuffle(torch.cat([start * 2 - 1, mask, flag], 1), 2)
        x = self.stem(x.contiguous(memory_format=torch.channels_last))
        skips: list[Tensor] = []
        for down in self.down:
            skips.append(x)
            x = down(act(x))
        x = self.middle(x)
        for index in reversed(range(len(skips))):
            lifted = F.interpolate(self.lift[index](act(x)), scale_factor=2.0)
            x = self.join[index](act(torch.cat([lifted, skips[index]], 1)))
            if index == 0 and noise is not None:
                x = x + self.noise(F.pixel_unshuffle(noise, 2))
        return start + F.pixel_shuffle(self.head(act(x)), 2)
