"""The architectures, one file each, and their registry.

An architecture is added by writing its file and one `Architecture` entry here; the trainer, the model
library, the engine and the contract
tests pick it up by its id.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

from torch import nn

from restorer.errors import WeightsError
from restorer.models.context_encoder import ContextConfig, ContextEncoder
from restorer.models.damage_unet import DamageConfig, DamageUNet
from restorer.models.fill_unet import FillConfig, FillUNet
from restorer.models.gated_attention import GatedConfig, GatedGenerator
from restorer.models.lama_fourier import FourierConfig, FourierGenerator
from restorer.models.unet_gan import UNetConfig, UNetGenerator
from restorer.models.vae_gan import VaeConfig, VaeGenerator


@dataclass(frozen=True)
class Architecture:
    """One entry of the registry.

    Attributes:
        id: stable name, stored in weight files.
        task: "repair" (image, mask -> image) or "detect" (image -> logits).
        config: frozen dataclass of hyper-parameters.
        build: makes the network from a config.
    """

    id: str
    task: str
    config: type[Any]
    build: Callable[[Any], nn.Module]


ARCHITECTURES: Mapping[str, Architecture] = {
    a.id: a
    for a in (
        Architecture("fill-unet", "repair", FillConfig, FillUNet),
        Architecture("context-encoder", "repair", ContextConfig, ContextEncoder),
        Architecture("unet-gan", "repair", UNetConfig, UNetGenerator),
        Architecture("vae-gan", "repair", VaeConfig, VaeGenerator),
        Architecture("gated-attention", "repair", GatedConfig, GatedGenerator),
        Architecture("lama-fourier", "repair", FourierConfig, FourierGenerator),
        Architecture("damage-unet", "detect", DamageConfig, DamageUNet),
    )
}
DEFAULT_ARCHITECTURE = {"repair": "fill-unet", "detect": "damage-unet"}


def build_model(arch: str, hyper_parameters: Mapping[str, Any] | None = None) -> nn.Module:
    """Build an untrained network.

    Args:
        arch: id in `ARCHITECTURES`.
        hyper_parameters: fields of its config; lists are taken as tuples; missing ones keep their defaults.

    Raises:
        WeightsError: unknown architecture or hyper-parameter.
    """
    if arch not in ARCHITECTURES:
        raise WeightsError(
            f"The architecture '{arch}' is unknown.", "Known are: " + ", ".join(ARCHITECTURES) + "."
        )
    entry = ARCHITECTURES[arch]
    given = dict(hyper_parameters or {})
    unknown = set(given) - {f.name for f in fields(entry.config)}
    if unknown:
        raise WeightsError(f"The architecture '{arch}' has no setting '{sorted(unknown)[0]}'.")
    values = {k: tuple(v) if isinstance(v, list) else v for k, v in given.items()}
    return entry.build(entry.config(**values))


def hyper_parameters(model: nn.Module) -> dict[str, Any]:
    """The config of a network built by `build_model`, as JSON-ready values."""
    return {k: list(v) if isinstance(v, tuple) else v for k, v in asdict(model.config).items()}  # type: ignore[arg-type]
