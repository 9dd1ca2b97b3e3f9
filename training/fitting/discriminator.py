"""Networks that exist for training only."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import pairwise

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.nn.utils.parametrizations import spectral_norm


class PatchCritic(nn.Module):
    """SN-PatchGAN critic (Yu et al., DeepFillv2, ICCV 2019) that judges (image, mask) pairs patch by patch,
    at 1/8.

    Spectral norm on every layer (Miyato et al., ICLR 2018), no normalisation of activations.
    """

    def __init__(self, channels: tuple[int, int, int, int] = (32, 64, 128, 128)) -> None:
        super().__init__()
        a, b, c, d = channels
        self.layers = nn.ModuleList(
            spectral_norm(layer)
            for layer in (
                nn.Conv2d(16, a, 3, 1, 1),
                nn.Conv2d(a, b, 4, 2, 1),
                nn.Conv2d(b, c, 4, 2, 1),
                nn.Conv2d(c, d, 3, 1, 1),
            )
        )
        self.score = spectral_norm(nn.Conv2d(d, 1, 3, 1, 1))

    def forward(self, image: Tensor, mask: Tensor) -> tuple[Tensor, list[Tensor]]:
        """(N, 3, H, W) in [0, 1] and (N, 1, H, W) -> scores (N, 1, H/8, W/8) and the features of each
        layer."""
        x = F.pixel_unshuffle(torch.cat([image * 2 - 1, mask], 1), 2).contiguous(
            memory_format=torch.channels_last
        )
        features: list[Tensor] = []
        for layer in self.layers:
            x = F.leaky_relu(layer(x), 0.2)
            features.append(x)
        return self.score(x), features


class PictureCritic(nn.Module):
    """One score for a whole picture: the strided convolutions of DCGAN (Radford, Metz and Chintala, ICLR
    2016), then the mean over all places, so that any size can be judged.

    Spectral norm instead of batch normalisation (Miyato et al., ICLR 2018).

    Args:
        with_mask: judge the (picture, mask) pair, instead of the picture alone as Context Encoders do.
        channels: widths at 1/2, 1/4, ... of the resolution.
    """

    def __init__(self, with_mask: bool, channels: tuple[int, ...] = (32, 64, 128, 128)) -> None:
        super().__init__()
        self.with_mask = with_mask
        widths = (4 if with_mask else 3, *channels)
        self.layers = nn.ModuleList(spectral_norm(nn.Conv2d(a, b, 4, 2, 1)) for a, b in pairwise(widths))
        self.score = spectral_norm(nn.Linear(channels[-1], 1))

    def forward(self, image: Tensor, mask: Tensor) -> tuple[Tensor, list[Tensor]]:
        """(N, 3, H, W) in [0, 1] and (N, 1, H, W) -> scores (N, 1, 1, 1) and the features of each layer."""
        x = torch.cat([image * 2 - 1, mask], 1) if self.with_mask else image * 2 - 1
        features: list[Tensor] = []
        for layer in self.layers:
            x = F.leaky_relu(layer(x), 0.2)
            features.append(x)
        return self.score(x.mean((2, 3)))[:, :, None, None], features


CRITICS: Mapping[str, Callable[[], nn.Module]] = {
    "patch": PatchCritic,
    "pair": lambda: PictureCritic(True),
    "picture": lambda: PictureCritic(False),
}
