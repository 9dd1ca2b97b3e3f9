"""Going on with a larger network: the weights of a smaller one, placed so that at first nothing changes.

Net2Net (Chen, Goodfellow and Shlens, ICLR 2016) without its copies: what is new hears everything and is heard
by nothing that was there before, until it has learnt to be of use.
"""

from __future__ import annotations

from torch import Tensor, nn

from restorer.models.blocks import ResBlock

JOINED = "branches"  # layers whose outputs are laid side by side: wider ones would shift what hears them


def grown(weights: dict[str, Tensor], net: nn.Module) -> dict[str, Tensor]:
    """Weights for `net` that compute what `weights` did.

    Wider convolutions keep their own initial weights for the new outputs; the old outputs ignore the new
    inputs. New residual blocks add nothing.

    Args:
        weights: of a network of the same architecture that is as large or smaller.
        net: with its initial weights; not changed.

    Returns:
        what of `weights` fits unchanged, the rest enlarged; what cannot be enlarged stays as it is, and so
            does all of it where the architecture does not say `can_grow`.
    """
    if not getattr(net, "can_grow", False):
        return weights
    own = net.state_dict()
    found = {name: _enlarged(name, old, own.get(name)) for name, old in weights.items()}
    for name, block in net.named_modules():
        if isinstance(block, ResBlock) and f"{name}.a.weight" not in weights:
            for part, value in block.state_dict().items():
                found[f"{name}.{part}"] = value.clone() if part.startswith("a.") else value * 0
    return found


def _enlarged(name: str, old: Tensor, own: Tensor | None) -> Tensor:
    """`old` (O, I, ...) in the corner of `own`; (O,) likewise."""
    if own is None or old.shape == own.shape or JOINED in name or old.ndim != own.ndim:
        return old
    if any(small > large for small, large in zip(old.shape, own.shape, strict=True)):
        return old
    new = own.clone().to(old.dtype)
    if new.ndim > 1:
        new[: old.shape[0], old.shape[1] :] = 0
    new[tuple(slice(size) for size in old.shape)] = old
    return new
