"""Fast Fourier convolutions: every layer sees the whole picture.

Suvorov et al., "Resolution-robust Large Mask Inpainting with Fourier Convolutions" (LaMa, WACV 2022), built
of the fast Fourier convolutions of Chi, Jiang and Mu (NeurIPS 2020): part of the channels is convolved in
space, the other part in the spectrum, where a 1x1 convolution reaches everywhere; good at repeating
structure. What differs: a small variant that starts from the push-pull fill and predicts what is to be added
to it, without batch normalisation, so that tiles and batches do not change the answer.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from restorer.models.blocks import ResBlock, act, conv, join, start_as_prefill
from restorer.models.generator import Generator
from restorer.models.pushpull import prefill


@dataclass(frozen=True)
class FourierConfig:
    """Hyper-parameters of `FourierGenerator`.

    Attributes:
        channels: widths at 1/2, 1/4 and 1/8 of the resolution.
        blocks: residual blocks of two Fourier convolutions each, at 1/8.
        share_global: share of the channels at 1/8 that are convolved in the spectrum.
    """

    channels: tuple[int, int, int] = (32, 64, 128)
    blocks: int = 5
    share_global: float = 0.75


class Spectral(nn.Module):
    """1x1 convolutions over the spectrum between two 1x1 convolutions in space (the spectral transform of Chi
    et al., without its local Fourier unit)."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        half = max(1, channels // 2)
        self.enter = nn.Conv2d(channels, half, 1)
        self.spectrum = nn.Conv2d(2 * half, 2 * half, 1)
        self.leave = nn.Conv2d(half, channels, 1)

    def forward(self, x: Tensor) -> Tensor:
        """(N, C, H, W) -> same shape."""
        inner = act(self.enter(x))
        space = inner if inner.dtype == torch.float64 else inner.float()  # there is no bfloat16 FFT
        wave = torch.fft.rfft2(space, norm="ortho")
        planes = act(self.spectrum(torch.cat([wave.real, wave.imag], 1)))
        real, imaginary = planes.to(space.dtype).chunk(2, 1)
        back = torch.fft.irfft2(torch.complex(real, imaginary), s=space.shape[-2:], norm="ortho")
        return self.leave(inner + back)


class FourierConv(nn.Module):
    """Fast Fourier convolution: local and global channels, each fed by both (Chi et al., section 3.1)."""

    def __init__(self, local: int, wide: int) -> None:
        super().__init__()
        self.split = (local, wide)
        self.from_local = conv(local, local + wide)
        self.to_local = conv(wide, local)
        self.spectral = Spectral(wide)

    def forward(self, x: Tensor) -> Tensor:
        """(N, local + wide, H, W) -> same shape."""
        near, far = x.split(self.split, 1)
        out_near, out_far = self.from_local(near).split(self.split, 1)
        return torch.cat([out_near + self.to_local(far), out_far + self.spectral(far)], 1)


class FourierBlock(nn.Module):
    """x + ffc(act(ffc(act(x))))."""

    def __init__(self, local: int, wide: int) -> None:
        super().__init__()
        self.a = FourierConv(local, wide)
        self.b = FourierConv(local, wide)

    def forward(self, x: Tensor) -> Tensor:
        """(N, C, H, W) -> same shape."""
        return x + 0.1 * self.b(act(self.a(act(x))))  # the factor keeps the spectrum's sums in bounds


class FourierGenerator(Generator):
    """Inpainting generator with an image-wide receptive field; H and W must be multiples of 8."""

    def __init__(self, config: FourierConfig) -> None:
        super().__init__()
        self.config = config
        c2, c4, c8 = config.channels
        wide = min(c8 - 1, max(1, round(c8 * config.share_global)))
        self.stem = conv(20, c2)
        self.down4 = conv(c2, c4, stride=2)
        self.down8 = conv(c4, c8, stride=2)
        self.middle = nn.Sequential(*(FourierBlock(c8 - wide, wide) for _ in range(config.blocks)))
        self.up4, self.dec4 = nn.Conv2d(c8, c4, 1), ResBlock(c4)
        self.up2, self.dec2 = nn.Conv2d(c4, c2, 1), ResBlock(c2)
        self.noise = conv(4, c2)
        self.head = conv(c2, 12)
        start_as_prefill(self, self.head, self.noise)

    def forward(
        self, image: Tensor, mask: Tensor, noise: Tensor | None = None, coarse: Tensor | None = None
    ) -> Tensor:
        """Fill the holes."""
        start, flag = prefill(image, mask, coarse)
        x = F.pixel_unshuffle(torch.cat([start * 2 - 1, mask, flag], 1), 2)
        e2 = self.stem(x.contiguous(memory_format=torch.channels_last))
        e4 = self.down4(act(e2))
        m8 = self.middle(self.down8(act(e4)))
        d4 = self.dec4(join(self.up4(act(m8)), e4))
        d2 = join(self.up2(act(d4)), e2)
        if noise is not None:
            d2 = d2 + self.noise(F.pixel_unshuffle(noise, 2))
        return start + F.pixel_shuffle(self.head(act(self.dec2(d2))), 2)
