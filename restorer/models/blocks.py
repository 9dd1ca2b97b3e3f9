"""What the architectures of the family share."""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor, nn


def conv(c_in: int, c_out: int, stride: int = 1, dilation: int = 1) -> nn.Conv2d:
    """A 3x3 convolution that keeps the size, or halves it with stride 2."""
    return nn.Conv2d(c_in, c_out, 3, stride, padding=dilation, dilation=dilation)


def act(x: Tensor) -> Tensor:
    """Leaky ReLU with slope 0.2."""
    return F.leaky_relu(x, 0.2)


def up2(x: Tensor) -> Tensor:
    """Nearest-neighbour x2 by expand, which is faster on a CPU than F.interpolate; (N, C, H, W)."""
    n, c, h, w = x.shape
    return x[:, :, :, None, :, None].expand(n, c, h, 2, w, 2).reshape(n, c, 2 * h, 2 * w)


class ResBlock(nn.Module):
    """x + conv(act(conv(act(x)))), no normalisation: safe for tiles, GAN training and half precision."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.a = conv(channels, channels)
        self.b = conv(channels, channels)

    def forward(self, x: Tensor) -> Tensor:
        """(N, C, H, W) -> same shape."""
        return x + self.b(act(self.a(act(x))))


def start_as_prefill(net: nn.Module, *silent: nn.Conv2d) -> None:
    """He initialisation (ICCV 2015) of all convolutions, residual branches a tenth as strong, no biases; the
    weights of `silent` are zero: heads and noise inputs, so that the untrained network gives the push-pull
    fill."""
    for module in net.modules():
        if isinstance(module, nn.Conv2d):
            nn.init.kaiming_normal_(module.weight, a=0.2)
            if module.bias is not None:
                nn.init.zeros_(module.bias)
        if isinstance(module, ResBlock):
            module.b.weight.data.mul_(0.1)
    for layer in silent:
        nn.init.zeros_(layer.weight)
