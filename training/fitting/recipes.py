"""What each architecture is taught by: losses, critic, masks and rates as data.

An architecture of the task "repair" adds one entry to `RECIPES`, keyed by its id; further entries are
variants of one, chosen with `restorer-train fit --recipe`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from restorer.errors import InputError
from training.data.masks import MIX

SQUARES_AND_SHAPES = {"centre": 1.0, "blocks": 1.0, "regions": 1.0}


@dataclass(frozen=True)
class Recipe:
    """How a generator is taught.

    Attributes:
        reconstruction: weights of the losses of the first part, named as in `training.fitting.losses.NAMED`;
            with "kl" the generator gets noise.
        adversarial: the same for the adversarial part.
        critic: who judges in the adversarial part, as in `training.fitting.discriminator.CRITICS`.
        game: the adversarial losses, as in `training.fitting.losses.GAMES`.
        masks: share of each family of `training.data.masks.FAMILIES`.
        adversarial_share: last share 0..1 of the run that is adversarial; 1 = all of it.
        optimiser: of the reconstruction, "muon" or "adam"; the adversarial part uses Adam.
        batch: crops per step, unless told otherwise.
        rate: peak learning rate of the reconstruction, unless told otherwise.
        adversarial_rate: peak learning rate of the generator in the adversarial part.
        critic_rate: of the critic, as a multiple of the generator's.
        coarse_share: share of the batches that start from the solution at half size.
        network: hyper-parameters of the architecture that differ from its defaults.
    """

    reconstruction: Mapping[str, float]
    adversarial: Mapping[str, float]
    critic: str = "patch"
    game: str = "hinge"
    masks: Mapping[str, float] = field(default_factory=lambda: MIX)
    adversarial_share: float = 0.3
    optimiser: str = "muon"
    batch: int = 16
    rate: float = 1e-3
    adversarial_rate: float = 2e-4
    critic_rate: float = 2.0
    coarse_share: float = 0.25
    network: Mapping[str, object] = field(default_factory=dict)


RELAXATIONS = (32, 24, 16, 16)  # of the shipped start, by level: with more it hardly changes
EXPECTATION = {"l1": 2.0, "log_mse": 0.5, "pyramid": 1.0}

FILL = Recipe(
    EXPECTATION,
    {"l1": 1.0, "pyramid": 1.0, "adversarial": 0.03, "matching": 0.3, "texture": 2.0},
    coarse_share=0.75,
    network={"relaxations": RELAXATIONS},
)

RECIPES: Mapping[str, Recipe] = {
    "fill-unet": FILL,
    # What is shipped: grown from the one above, so that nothing changed at first.
    "fill-unet-wide": replace(
        FILL, network={**FILL.network, "channels": (64, 64, 128), "deeper": (0, 1, 2, 0)}
    ),
    # Pathak et al. 2016: both losses from the start, 0.999 : 0.001, batches of 64, masks of three kinds. The
    # rate is 2e-4 for the critic and ten times that for the generator, as in the authors' program.
    "context-encoder": Recipe(
        {"l2": 0.999},
        {"l2": 0.999, "adversarial": 0.001},
        critic="picture",
        game="nonsaturating",
        masks=SQUARES_AND_SHAPES,
        adversarial_share=1.0,
        optimiser="adam",
        batch=64,
        rate=2e-3,
        adversarial_rate=2e-3,
        critic_rate=0.1,
    ),
    # Isola et al. 2017 weigh L1 against the adversarial loss 100 : 1.
    "unet-gan": Recipe(EXPECTATION, {"l1": 1.0, "adversarial": 0.01}, critic="pair", game="nonsaturating"),
    "unet-gan-patch": Recipe(EXPECTATION, {"l1": 1.0, "adversarial": 0.01}, game="nonsaturating"),
    # Larsen et al. 2016: KL + likeness in the critic's features + adversarial. With log_mse at 0.5, the
    # evidence bound of a Gaussian asks for 0.02 of the KL (16 latents for the 768 values of a cell).
    "vae-gan": Recipe(
        {**EXPECTATION, "kl": 0.03},
        {"l1": 1.0, "pyramid": 1.0, "kl": 0.03, "adversarial": 0.03, "matching": 0.3, "texture": 2.0},
        adversarial_rate=6e-4,
    ),
    # Yu et al. 2019: L1 of both stages and the hinge loss of SN-PatchGAN, nothing else.
    "gated-attention": Recipe(
        {"l1": 1.0, "first_l1": 1.0}, {"l1": 1.0, "first_l1": 1.0, "adversarial": 0.03}
    ),
    # Suvorov et al. 2022 weigh L1, adversarial loss and feature matching 10 : 10 : 100. Left out: the
    # perceptual loss of a pretrained network, and the gradient penalty, which spectral norm stands in for.
    "lama-fourier": Recipe(
        EXPECTATION, {"l1": 1.0, "adversarial": 0.03, "matching": 0.3}, game="nonsaturating"
    ),
}


def recipe_of(arch: str, name: str = "") -> Recipe:
    """The recipe of that name, or that of the architecture.

    Raises:
        InputError: there is none.
    """
    if (name or arch) not in RECIPES:
        raise InputError(f"There is no recipe '{name or arch}'.", "Known are: " + ", ".join(RECIPES) + ".")
    return RECIPES[name or arch]
