"""The shipped inpainting generator: a dilated U-Net that corrects a smooth pyramid fill.

Lineage: mask-conditioned encoder-decoder GANs with skip connections after Context Encoders (Pathak et al.,
CVPR 2016); aggregated dilated convolutions in the bottleneck after AOT-GAN (Zeng et al., TVCG 2022), without
its gates; the pixel-unshuffle stem and the residual output over a push-pull fill that is relaxed towards the
biharmonic one are ours. Noise inputs after StyleGAN (Karras et al., CVPR 2019).
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from restorer.models.blocks import ResBlock, act, act_in_place, conv, dilate, join
from restorer.models.generator import Generator
from restorer.models.pushpull import prefill

RIM_PX = 5  # nearer to the border a fill from there is better than the coarse solution


@dataclass(frozen=True)
class FillConfig:
    """Hyper-parameters of `FillUNet`.

    Attributes:
        channels: widths at 1/2, 1/4 and 1/8 of the resolution.
        blocks: number of dilated blocks at 1/8.
        rates: dilation rates of the parallel branches of one block; must divide channels[2] evenly.
        relaxations: steps towards the biharmonic fill that the start takes at the finest levels of its
            pyramid; none = plain push-pull, as weights from before these steps expect it.
        deeper: further residual blocks in the encoder at 1/2 and 1/4 and in the decoder at 1/4 and 1/2.
    """

    channels: tuple[int, int, int] = (32, 64, 128)
    blocks: int = 6
    rates: tuple[int, ...] = (1, 2, 4, 8)
    relaxations: tuple[int, ...] = ()
    deeper: tuple[int, int, int, int] = (0, 0, 0, 0)


class DilatedConv(nn.Conv2d):
    """A 3x3 convolution with taps `rate` pixels apart that keeps the size."""

    def __init__(self, c_in: int, c_out: int, rate: int) -> None:
        super().__init__(c_in, c_out, 3, padding=rate, dilation=rate)
        self.rate = rate

    def forward(self, input: Tensor) -> Tensor:  # named as by torch
        """(N, C, H, W) -> (N, c_out, H, W)."""
        if 2 * self.rate < min(input.shape[-2:]) or not torch.is_grad_enabled():
            return super().forward(input)
        # Where the taps span more than the picture, a CPU finds the gradients of the weights three times
        # faster if a pixel of the padding is made beforehand.
        x = F.pad(input, (1, 1, 1, 1))
        return F.conv2d(x, self.weight, self.bias, padding=self.rate - 1, dilation=self.rate)


class DilatedBlock(nn.Module):
    """Parallel dilated 3x3 branches, concatenated and mixed, added to the input (AOT block without its
    gate)."""

    def __init__(self, channels: int, rates: tuple[int, ...]) -> None:
        super().__init__()
        self.branches = nn.ModuleList(DilatedConv(channels, channels // len(rates), r) for r in rates)
        self.mix = conv(channels, channels)

    def forward(self, x: Tensor) -> Tensor:
        """(N, C, H, W) -> same shape."""
        h = act(x)
        return self.mix(act_in_place(torch.cat([branch(h) for branch in self.branches], 1))).add_(x)


class FillUNet(Generator):
    """Inpainting generator, fully convolutional and without normalisation."""

    coarse_radius_px = 8
    takes_texture = True
    can_grow = True

    def __init__(self, config: FillConfig) -> None:
        super().__init__()
        self.config = config
        self.relaxed = bool(config.relaxations)
        c2, c4, c8 = config.channels
        self.stem = conv(20, c2)
        self.enc2 = ResBlock(c2)
        self.down4 = conv(c2, c4, stride=2)
        self.enc4 = ResBlock(c4)
        self.down8 = conv(c4, c8, stride=2)
        self.middle = nn.Sequential(*(DilatedBlock(c8, config.rates) for _ in range(config.blocks)))
        self.up4 = nn.Conv2d(c8, c4, 1)
        self.dec4 = ResBlock(c4)
        self.up2 = nn.Conv2d(c4, c2, 1)
        self.dec2 = ResBlock(c2)
        self.head = conv(c2, 12)
        self.noise4 = conv(16, c4)
        self.noise2 = conv(4, c2)
        self.deeper_enc2, self.deeper_enc4, self.deeper_dec4, self.deeper_dec2 = (
            nn.Sequential(*(ResBlock(width) for _ in range(count)))
            for width, count in zip((c2, c4, c4, c2), config.deeper, strict=True)
        )
        self._initialise()

    def _initialise(self) -> None:
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_normal_(module.weight, a=0.2)
                nn.init.zeros_(module.bias)  # type: ignore[arg-type]
            if isinstance(module, ResBlock):
                module.b.weight.data.mul_(0.1)
            if isinstance(module, DilatedBlock):
                module.mix.weight.data.mul_(0.1)
        for module in (self.head, self.noise4, self.noise2):
            nn.init.zeros_(module.weight)  # the untrained network is the push-pull fill, without noise

    def _start(self, image: Tensor, mask: Tensor, coarse: Tensor | None) -> tuple[Tensor, Tensor]:
        """What is corrected, (N, 3, H, W), and where it is `coarse`, (N, 1, H, W).

        With relaxations `coarse` is taken for known from `RIM_PX` off the border on. The rim, where the
        surroundings know more, is filled between the two, and so is every narrow hole.
        """
        if coarse is None or not self.relaxed:
            return prefill(image, mask, coarse, self.config.relaxations)
        core = -dilate(-mask, RIM_PX)
        start, _ = prefill(image + (coarse - image) * core, mask - core, None, self.config.relaxations)
        return start, core

    def forward(
        self, image: Tensor, mask: Tensor, noise: Tensor | None = None, coarse: Tensor | None = None
    ) -> Tensor:
        """Fill the holes."""
        start, flag = self._start(image, mask, coarse)
        x = torch.cat([start * 2 - 1, mask, flag], 1)  # (N, 5, H, W)
        x = F.pixel_unshuffle(x, 2).contiguous(memory_format=torch.channels_last)  # (N, 20, H/2, W/2)
        e2 = self.deeper_enc2(self.enc2(self.stem(x)))
        e4 = self.deeper_enc4(self.enc4(self.down4(act(e2))))
        m8 = self.middle(self.down8(act(e4)))
        d4 = join(self.up4(act_in_place(m8)), e4)
        if noise is not None:
            d4 = d4 + self.noise4(F.pixel_unshuffle(noise, 4))
        d4 = self.deeper_dec4(self.dec4(d4))
        d2 = join(self.up2(act_in_place(d4)), e2)
        if noise is not None:
            d2 = d2 + self.noise2(F.pixel_unshuffle(noise, 2))
        d2 = self.deeper_dec2(self.dec2(d2))
        return start + F.pixel_shuffle(self.head(act_in_place(d2)), 2)
