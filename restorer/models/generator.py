"""What every inpainting architecture is: the contract that repair, study and training rely on."""

from __future__ import annotations

from torch import Tensor, nn


class Generator(nn.Module):
    """A network that fills holes.

    Attributes:
        multiple_of: H and W that `forward` takes are multiples of this.
        window_px: the side of the only square that it knows; 0 = it takes any size.
        surroundings_px: what it is shown around the holes that it fills.
        coarse_radius_px: holes that hold a larger disc are first solved at half size.
        relaxed: it starts from the relaxed fill and knows by itself where the coarse solution counts.
        takes_texture: in the middle of wide holes its fill is smooth, and texture is taken from elsewhere in
            the photograph.
        can_grow: its layers are only summed, so that weights of a smaller one can be enlarged.
    """

    multiple_of: int = 8
    window_px: int = 0
    surroundings_px: int = 48
    coarse_radius_px: int = 20
    relaxed: bool = False
    takes_texture: bool = False
    can_grow: bool = False

    def forward(
        self, image: Tensor, mask: Tensor, noise: Tensor | None = None, coarse: Tensor | None = None
    ) -> Tensor:
        """Fill the holes of `image`.

        Args:
            image: (N, 3, H, W) in [0, 1]; values in the hole are ignored.
            mask: (N, 1, H, W), 1 = hole.
            noise: (N, 1, H, W) standard normal, the source of texture; None gives the smooth expectation.
            coarse: (N, 3, H, W) solution of a coarser scale to start from instead of the push-pull fill.

        Returns:
            (N, 3, H, W) the raw prediction, not clamped; only its values in the hole are meant for use.
        """
        raise NotImplementedError
