"""Gated convolutions and contextual attention, coarse to fine.

Yu, Lin, Yang, Shen, Lu and Huang, "Free-Form Image Inpainting with Gated Convolution" (DeepFillv2, ICCV
2019): every layer learns a soft gate of its own instead of a fixed rule of which pixels are valid; a first
network fills coarsely, a second one refines it with dilated convolutions beside contextual attention (Yu et
al., "Generative Image Inpainting with Contextual Attention", CVPR 2018), which copies features from similar
known places. What differs: both stages correct the push-pull fill, the first works at a quarter of the
resolution, widths are a third of the paper's, and attention is not propagated to neighbours; in use a
membrane takes away the step at the border.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from restorer.models.blocks import join, start_as_prefill
from restorer.models.generator import Generator
from restorer.models.pushpull import meet_border, prefill


@dataclass(frozen=True)
class GatedConfig:
    """Hyper-parameters of `GatedGenerator`.

    Attributes:
        first: widths of the first stage at 1/4 and 1/8 of the resolution.
        channels: widths of the refinement at 1/2, 1/4 and 1/8.
        rates: dilation rates at 1/8, of both stages.
        sharpness: factor on the cosine similarity before the softmax of the attention.
    """

    first: tuple[int, int] = (40, 80)
    channels: tuple[int, int, int] = (24, 48, 80)
    rates: tuple[int, ...] = (1, 2, 4, 8)
    sharpness: float = 10.0


class Gated(nn.Module):
    """ELU(features) * sigmoid(gate): a gated convolution (section 3.1 of the paper)."""

    def __init__(self, c_in: int, c_out: int, stride: int = 1, dilation: int = 1) -> None:
        super().__init__()
        self.conv = nn.Conv2d(c_in, 2 * c_out, 3, stride, padding=dilation, dilation=dilation)

    def forward(self, x: Tensor) -> Tensor:
        """(N, c_in, H, W) -> (N, c_out, H / stride, W / stride)."""
        features, gate = self.conv(x).chunk(2, 1)
        return F.elu(features) * torch.sigmoid(gate)


class Dilated(nn.Module):
    """Gated convolutions with growing dilation, each added to its input."""

    def __init__(self, channels: int, rates: tuple[int, ...]) -> None:
        super().__init__()
        self.layers = nn.ModuleList(Gated(channels, channels, dilation=rate) for rate in rates)

    def forward(self, x: Tensor) -> Tensor:
        """(N, C, H, W) -> same shape."""
        for layer in self.layers:
            x = x + layer(x)
        return x


def contextual_attention(x: Tensor, mask: Tensor, sharpness: float) -> Tensor:
    """Rebuild features from the known places that look alike.

    Places are compared by 3 x 3 neighbourhoods at half the resolution of `x`; what is copied are patches of 4
    x 4, overlapping by half. Where nothing is known, everything is compared with everything.

    Args:
        x: (N, C, H, W), H and W even.
        mask: (N, 1, H, W), 1 = hole.
        sharpness: factor on the cosine similarity before the softmax.

    Returns:
        (N, C, H, W).
    """
    h, w = x.shape[-2:]
    patches = F.normalize(F.unfold(F.avg_pool2d(x, 2), 3, padding=1), dim=1, eps=1e-4)  # (N, 9 C, places)
    hole = F.max_pool2d(mask, 2).flatten(2) > 0  # (N, 1, places)
    likeness = patches.transpose(1, 2) @ patches * sharpness
    share = likeness.masked_fill(hole, -1e4).softmax(-1)  # finite, so that a full hole gives no NaN
    copied = F.unfold(x, 4, padding=1, stride=2) @ share.transpose(1, 2)
    overlap = F.fold(F.unfold(x.new_ones(1, 1, h, w), 4, padding=1, stride=2), (h, w), 4, padding=1, stride=2)
    return F.fold(copied, (h, w), 4, padding=1, stride=2) / overlap


class GatedGenerator(Generator):
    """Inpainting generator in two stages; H and W must be multiples of 8."""

    def __init__(self, config: GatedConfig) -> None:
        super().__init__()
        self.config = config
        f4, f8 = config.first
        self.stem_first = Gated(80, f4)
        self.down_first = Gated(f4, f8, stride=2)
        self.middle_first = Dilated(f8, config.rates)
        self.up_first = nn.Conv2d(f8, f4, 1)
        self.join_first = Gated(f4, f4)
        self.head_first = nn.Conv2d(f4, 48, 3, 1, 1)
        c2, c4, c8 = config.channels
        self.stem = Gated(20, c2)
        self.down4 = Gated(c2, c4, stride=2)
        self.down8 = Gated(c4, c8, stride=2)
        self.middle = Dilated(c8, config.rates)
        self.up4 = nn.Conv2d(c8, c4, 1)
        self.attend = nn.Conv2d(c4, c4, 1)
        self.join4 = Gated(2 * c4, c4)
        self.up2 = nn.Conv2d(c4, c2, 1)
        self.join2 = Gated(c2, c2)
        self.noise = nn.Conv2d(4, c2, 3, 1, 1)
        self.head = nn.Conv2d(c2, 12, 3, 1, 1)
        start_as_prefill(self, self.head, self.head_first, self.noise)

    def _first(self, start: Tensor, mask: Tensor, flag: Tensor) -> Tensor:
        x = F.pixel_unshuffle(torch.cat([start * 2 - 1, mask, flag], 1), 4)
        e4 = self.stem_first(x.contiguous(memory_format=torch.channels_last))
        d4 = join(self.up_first(self.middle_first(self.down_first(e4))), e4)
        return start + F.pixel_shuffle(self.head_first(self.join_first(d4)), 4)

    def _refine(self, first: Tensor, mask: Tensor, flag: Tensor, noise: Tensor | None) -> Tensor:
        x = F.pixel_unshuffle(torch.cat([first * 2 - 1, mask, flag], 1), 2)
        e2 = self.stem(x.contiguous(memory_format=torch.channels_last))
        e4 = self.down4(e2)
        dilated = join(self.up4(self.middle(self.down8(e4))), e4)
        attended = self.attend(contextual_attention(e4, F.max_pool2d(mask, 4), self.config.sharpness))
        d2 = join(self.up2(self.join4(torch.cat([dilated, attended], 1))), e2)
        if noise is not None:
            d2 = d2 + self.noise(F.pixel_unshuffle(noise, 2))
        return first + F.pixel_shuffle(self.head(self.join2(d2)), 2)

    def teach(
        self, image: Tensor, mask: Tensor, noise: Tensor | None, coarse: Tensor | None
    ) -> dict[str, Tensor]:
        """What training needs: "prediction" as `forward` gives it, and "first", what the first stage gives;
        both (N, 3, H, W)."""
        start, flag = prefill(image, mask, coarse)
        first = self._first(start, mask, flag)
        composed = start * (1 - mask) + first * mask
        return {"prediction": self._refine(composed, mask, flag, noise), "first": first}

    def forward(
        self, image: Tensor, mask: Tensor, noise: Tensor | None = None, coarse: Tensor | None = None
    ) -> Tensor:
        """Fill the holes."""
        return meet_border(self.teach(image, mask, noise, coarse)["prediction"], image, mask)
