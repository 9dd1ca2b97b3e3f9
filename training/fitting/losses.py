"""Named losses: pure functions of tensors that return a scalar, and the names that recipes call them by."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property

import torch
import torch.nn.functional as F
from torch import Tensor


def per_image(values: Tensor, mask: Tensor) -> Tensor:
    """Mean of `values` (N, C, H, W) over the hole of each image (N, 1, H, W): (N,). Holes of every size
    weigh the same."""
    area = mask.sum((1, 2, 3)).clamp_min(1) * values.shape[1]
    return (values * mask).sum((1, 2, 3)) / area


def hole_l1(prediction: Tensor, truth: Tensor, mask: Tensor) -> Tensor:
    """Mean absolute error in the hole, averaged over images."""
    return per_image((prediction - truth).abs(), mask).mean()


def hole_l2(prediction: Tensor, truth: Tensor, mask: Tensor) -> Tensor:
    """Mean squared error in the hole, averaged over images, of values scaled to -1..1 as in Context Encoders
    (Pathak et al., 2016)."""
    return 4 * per_image((prediction - truth) ** 2, mask).mean()


def hole_log_mse(prediction: Tensor, truth: Tensor, mask: Tensor) -> Tensor:
    """Mean over images of ln(MSE in the hole): PSNR as a loss (Chen et al., NAFNet, ECCV 2022)."""
    return torch.log(per_image((prediction - truth) ** 2, mask) + 2e-5).mean()


def pyramid_l1(prediction: Tensor, truth: Tensor, mask: Tensor) -> Tensor:
    """Hole L1 of the difference averaged over 2, 4 and 8 px: colours and structure of large holes."""
    difference = (prediction - truth) * mask
    total = prediction.new_zeros(())
    for size in (2, 4, 8):
        pooled, weight = F.avg_pool2d(difference, size), F.avg_pool2d(mask, size)
        area = weight.sum((1, 2, 3)).clamp_min(1e-3) * prediction.shape[1]
        total = total + (pooled.abs().sum((1, 2, 3)) / area).mean()
    return total / 3


def _band_energies(image: Tensor, mask: Tensor, window: int) -> list[tuple[Tensor, Tensor]]:
    """Local energy of three Laplacian bands of the luma: pairs of (energy, share of hole) maps."""
    luma = image.mean(1, keepdim=True)
    found: list[tuple[Tensor, Tensor]] = []
    for _ in range(3):
        low = F.avg_pool2d(luma, 2)
        band = luma - F.interpolate(low, scale_factor=2, mode="bilinear", align_corners=False)
        side = min(window, *luma.shape[-2:])
        weight = F.avg_pool2d(mask, side, side // 2)
        energy = F.avg_pool2d(band**2 * mask, side, side // 2) / weight.clamp_min(1e-3)
        found.append((energy, weight))
        luma, mask = low, F.avg_pool2d(mask, 2)
    return found


def texture_energy(prediction: Tensor, truth: Tensor, mask: Tensor, window: int = 16) -> Tensor:
    """How far the local texture energy in the hole is from the truth's: mean |difference of standard
    deviations|.

    Three octaves, windows of `window` px in each. Asks for the right amount of texture at each place, not
    for the right pixels;
    a moment-matching relative of the statistics of Portilla and Simoncelli (IJCV 2000).
    """
    total = prediction.new_zeros(())
    pairs = zip(_band_energies(prediction, mask, window), _band_energies(truth, mask, window), strict=True)
    for (energy, weight), (wanted, _) in pairs:
        keep = (weight > 0.05).float()
        gap = (torch.sqrt(energy + 1e-6) - torch.sqrt(wanted + 1e-6)).abs()
        total = total + (gap * keep).sum() / keep.sum().clamp_min(1)
    return total


def hinge_critic(real: Tensor, fake: Tensor, hole: Tensor) -> Tensor:
    """Hinge loss of a patch critic (Lim and Ye, 2017): all real patches up, patches that touch the hole
    down."""
    falling = (F.relu(1 + fake) * hole).sum() / hole.sum().clamp_min(1)
    return F.relu(1 - real).mean() + falling


def hinge_generator(fake: Tensor, hole: Tensor) -> Tensor:
    """Generator side of the hinge loss over the patches that touch the hole."""
    return -(fake * hole).sum() / hole.sum().clamp_min(1)


def nonsaturating_critic(real: Tensor, fake: Tensor, hole: Tensor) -> Tensor:
    """-log D(real) - log(1 - D(fake)) of scores before the sigmoid (Goodfellow et al., 2014); of the fake
    only what touches the hole."""
    return F.softplus(-real).mean() + (F.softplus(fake) * hole).sum() / hole.sum().clamp_min(1)


def nonsaturating_generator(fake: Tensor, hole: Tensor) -> Tensor:
    """-log D(fake): the generator's loss that does not vanish while the critic wins (Goodfellow et al.,
    2014)."""
    return (F.softplus(-fake) * hole).sum() / hole.sum().clamp_min(1)


def kl_to_normal(mean: Tensor, log_variance: Tensor, weight: Tensor) -> Tensor:
    """Kullback-Leibler divergence in nats of N(mean, variance) from the standard normal (Kingma and Welling,
    2014), mean over channels and over the cells of `weight` (N, 1, h, w)."""
    nats = 0.5 * (mean**2 + log_variance.exp() - 1 - log_variance)
    return (nats * weight).sum() / (weight.sum() * mean.shape[1]).clamp_min(1)


def feature_matching(real: list[Tensor], fake: list[Tensor]) -> Tensor:
    """L1 between the critic's features of truth (detached) and result (Wang et al., pix2pixHD, 2018)."""
    total = sum(
        (F.l1_loss(f, r.detach()) for r, f in zip(real, fake, strict=True)), torch.zeros(()).to(fake[0])
    )
    return total / len(real)


def weighted_bce(logits: Tensor, labels: Tensor, weight: Tensor, positive: float = 3.0) -> Tensor:
    """Binary cross-entropy over pixels with `weight` (0 = undecidable), damaged pixels counting `positive`
    times."""
    raw = F.binary_cross_entropy_with_logits(
        logits, labels, reduction="none", pos_weight=logits.new_tensor(positive)
    )
    return (raw * weight).sum() / weight.sum().clamp_min(1)


def soft_dice(logits: Tensor, labels: Tensor, weight: Tensor) -> Tensor:
    """1 - Dice over the whole batch (Milletari et al., V-Net, 2016), for each plane, averaged."""
    probability = torch.sigmoid(logits) * weight
    labels = labels * weight
    overlap = 2 * (probability * labels).sum((0, 2, 3)) + 1
    return (1 - overlap / (probability.sum((0, 2, 3)) + labels.sum((0, 2, 3)) + 1)).mean()


@dataclass
class Scene:
    """What the losses of one step of a generator are made from.

    Attributes:
        truth: (N, 3, H, W) in 0..1.
        mask: (N, 1, H, W), 1 = hole.
        prediction: (N, 3, H, W), the generator's raw output.
        aim: (N, 1, H, W), where the prediction should equal the truth: the mask, less the pictures that were
            drawn at random.
        extras: what else the generator's `teach` gave.
        adversarial: generator side of the game: (score, hole) -> scalar.
        score: the critic's of the result, (N, 1, h, w).
        hole: (N, 1, h, w), 1 = this score is about the hole.
        features: the critic's of the result.
        real_features: the critic's of the truth.
    """

    truth: Tensor
    mask: Tensor
    prediction: Tensor
    aim: Tensor
    extras: Mapping[str, Tensor] = field(default_factory=dict)
    adversarial: Callable[[Tensor, Tensor], Tensor] = hinge_generator
    score: Tensor | None = None
    hole: Tensor | None = None
    features: list[Tensor] = field(default_factory=list)
    real_features: list[Tensor] = field(default_factory=list)

    @cached_property
    def result(self) -> Tensor:
        """The prediction put into the hole."""
        return self.truth * (1 - self.mask) + self.prediction * self.mask


def _adversarial(scene: Scene) -> Tensor:
    assert scene.score is not None and scene.hole is not None
    return scene.adversarial(scene.score, scene.hole)


NAMED: Mapping[str, Callable[[Scene], Tensor]] = {
    "l1": lambda s: hole_l1(s.prediction, s.truth, s.aim),
    "l2": lambda s: hole_l2(s.prediction, s.truth, s.aim),
    "log_mse": lambda s: hole_log_mse(s.prediction, s.truth, s.aim),
    "pyramid": lambda s: pyramid_l1(s.prediction, s.truth, s.aim),
    "first_l1": lambda s: hole_l1(s.extras["first"], s.truth, s.aim),
    "kl": lambda s: kl_to_normal(s.extras["mean"], s.extras["log_variance"], s.extras["cells"]),
    "adversarial": _adversarial,
    "matching": lambda s: feature_matching(s.real_features, s.features),
    "texture": lambda s: texture_energy(s.result, s.truth, s.mask),
}
GAMES = {
    "hinge": (hinge_critic, hinge_generator),
    "nonsaturating": (nonsaturating_critic, nonsaturating_generator),
}


def weigh(weights: Mapping[str, float], scene: Scene) -> tuple[Tensor, dict[str, float]]:
    """The weighted sum of the named losses of `scene`, and each of them by name."""
    terms = {name: NAMED[name](scene) for name in weights}
    total = sum((weights[k] * v for k, v in terms.items()), torch.zeros(()).to(scene.truth))
    return total, {k: v.item() for k, v in terms.items()}
