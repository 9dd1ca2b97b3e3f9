"""VAE-GAN for inpainting: several plausible fills of one hole.

Larsen, Sønderby, Larochelle and Winther, "Autoencoding beyond pixels using a learned similarity metric" (ICML
2016): a variational autoencoder (Kingma and Welling, 2014) whose decoder is the generator of a GAN and whose
likeness is judged by the features of the discriminator. Adapted to holes as a conditional VAE (Sohn et al.,
NIPS 2015): the latent map says what stands in each 16 x 16 cell of a hole. In training it comes from an
encoder that sees the true picture; in use it is drawn from the standard normal prior.

What differs: the decoder sees the surroundings and starts from the push-pull fill. What it adds is smooth and
faded out towards the border of the hole, so that every sample meets the surroundings; the sample is then put
into the picture and a refinement pass at half resolution, which sees its border, adds the detail. Last, a
membrane (Perez, Gangnet and Blake, "Poisson Image Editing", SIGGRAPH 2003) takes away the step that is left.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from restorer.models.blocks import ResBlock, act, conv, join, start_as_prefill
from restorer.models.generator import Generator
from restorer.models.pushpull import meet_border, prefill

CELL_PX = 16
FADE_PX = 4


@dataclass(frozen=True)
class VaeConfig:
    """Hyper-parameters of `VaeGenerator`.

    Attributes:
        channels: widths at 1/4, 1/8 and 1/16 of the resolution.
        latent: values of the latent map for each cell; at most 256.
        refine: width of the refinement pass at 1/2.
        blocks: residual blocks of the refinement pass.
    """

    channels: tuple[int, int, int] = (48, 96, 160)
    latent: int = 16
    refine: int = 32
    blocks: int = 2


class Posterior(nn.Module):
    """The encoder of training: true picture and mask (N, 4, H, W) -> mean and log variance of the latent map,
    (N, latent, H/16, W/16) each."""

    def __init__(self, config: VaeConfig) -> None:
        super().__init__()
        c4, c8, c16 = config.channels
        self.stem = conv(64, c4)
        self.down8 = conv(c4, c8, stride=2)
        self.down16 = conv(c8, c16, stride=2)
        self.head = nn.Conv2d(c16, 2 * config.latent, 1)

    def forward(self, image: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
        """(N, 3, H, W) in [0, 1] and (N, 1, H, W) -> mean, log variance."""
        x = self.stem(F.pixel_unshuffle(torch.cat([image * 2 - 1, mask], 1), 4))
        x = self.down16(act(self.down8(act(x))))
        mean, log_variance = self.head(act(x)).float().chunk(2, 1)
        return mean, log_variance.clamp(-8, 4)


def fade(mask: Tensor) -> Tensor:
    """0 on the border of the hole and outside, rising to 1 at about `FADE_PX` inside; (N, 1, H, W)."""
    side = 2 * FADE_PX + 1
    near = F.avg_pool2d(F.pad(mask, (FADE_PX,) * 4, mode="replicate"), side, 1)
    return (near * 2 - 1).clamp(0, 1)


def _smooth(x: Tensor, factor: int) -> Tensor:
    return F.interpolate(x, scale_factor=factor, mode="bilinear", align_corners=False)


class VaeGenerator(Generator):
    """Inpainting generator that draws its fill from a latent map; H and W must be multiples of 16."""

    multiple_of = CELL_PX

    def __init__(self, config: VaeConfig) -> None:
        super().__init__()
        self.config = config
        c4, c8, c16 = config.channels
        self.posterior = Posterior(config)
        self.stem = conv(80, c4)
        self.enc4, self.down8 = ResBlock(c4), conv(c4, c8, stride=2)
        self.enc8, self.down16 = ResBlock(c8), conv(c8, c16, stride=2)
        self.latent = conv(config.latent, c16)
        self.middle = nn.Sequential(ResBlock(c16), ResBlock(c16))
        self.up8, self.dec8 = nn.Conv2d(c16, c8, 1), ResBlock(c8)
        self.up4, self.dec4 = nn.Conv2d(c8, c4, 1), ResBlock(c4)
        self.head = conv(c4, 3)
        width = config.refine
        self.stem_refine = conv(20, width)
        self.context = nn.Conv2d(c4, width, 1)
        self.refine = nn.Sequential(*(ResBlock(width) for _ in range(config.blocks)))
        self.noise = conv(4, width)
        self.head_refine = conv(width, 12)
        start_as_prefill(self, self.head, self.head_refine)
        self.noise.weight.data.mul_(0.3)
        self.posterior.head.weight.data.mul_(0.1)  # begin near the prior

    def draw(self, noise: Tensor) -> Tensor:
        """The standard normal latent map (N, latent, H/16, W/16) in `noise` (N, 1, H, W): different noise,
        different fill."""
        return F.pixel_unshuffle(noise, CELL_PX)[:, : self.config.latent]

    def decode(
        self, image: Tensor, mask: Tensor, latent: Tensor | None, noise: Tensor | None, coarse: Tensor | None
    ) -> Tensor:
        """The fill (N, 3, H, W) that `latent` (N, latent, H/16, W/16) stands for; None is its mean, zero."""
        start, flag = prefill(image, mask, coarse)
        x = F.pixel_unshuffle(torch.cat([start * 2 - 1, mask, flag], 1), 4)
        e4 = self.enc4(self.stem(x.contiguous(memory_format=torch.channels_last)))
        e8 = self.enc8(self.down8(act(e4)))
        m = self.down16(act(e8))
        if latent is not None:
            m = m + self.latent(latent * F.max_pool2d(mask, CELL_PX))
        d8 = self.dec8(join(self.up8(act(self.middle(m))), e8))
        d4 = self.dec4(join(self.up4(act(d8)), e4))
        sample = start + _smooth(self.head(act(d4)), 4) * fade(mask)
        x = F.pixel_unshuffle(torch.cat([sample * 2 - 1, mask, flag], 1), 2)
        x = self.stem_refine(x.contiguous(memory_format=torch.channels_last)) + _smooth(
            self.context(act(d4)), 2
        )
        if noise is not None:
            x = x + self.noise(F.pixel_unshuffle(noise, 2))
        refined = sample + F.pixel_shuffle(self.head_refine(act(self.refine(x))), 2)
        return meet_border(refined, image, mask)

    def forward(
        self, image: Tensor, mask: Tensor, noise: Tensor | None = None, coarse: Tensor | None = None
    ) -> Tensor:
        """Fill the holes; `noise` is latent map and texture, None gives the fill of the mean latent."""
        latent = self.draw(noise) if noise is not None else None
        return self.decode(image, mask, latent, noise, coarse)

    def teach(
        self, image: Tensor, mask: Tensor, noise: Tensor | None, coarse: Tensor | None
    ) -> dict[str, Tensor]:
        """What training needs: every other picture is filled from its posterior, the rest from the prior.

        Args:
            image: (N, 3, H, W), the true picture, holes not removed.
            mask, noise, coarse: as in `forward`.

        Returns:
            "prediction" (N, 3, H, W); "mean" and "log_variance" (N, latent, H/16, W/16); "cells" (N, 1, H/16,
            W/16), 1 = the cell touches a hole; "guided" (N, 1, 1, 1), 1 = filled from its posterior.
        """
        mean, log_variance = self.posterior(image, mask)
        drawn = torch.zeros_like(mean) if noise is None else self.draw(noise)
        guided = (torch.arange(len(image), device=image.device) % 2 == 0).to(mean)[:, None, None, None]
        latent = torch.where(guided > 0, mean + (0.5 * log_variance).exp() * drawn, drawn)
        return {
            "prediction": self.decode(image * (1 - mask), mask, latent, noise, coarse),
            "mean": mean,
            "log_variance": log_variance,
            "cells": F.max_pool2d(mask, CELL_PX),
            "guided": guided,
        }
