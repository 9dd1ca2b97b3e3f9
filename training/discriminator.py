"""Networks that exist for training only."""

from __future__ import annotations

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
