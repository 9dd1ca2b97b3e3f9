"""Learning to fill holes: first the expectation (reconstruction), then texture (adversarial).

What an architecture is taught by - losses, critic, masks, rates - is its recipe in
`training.fitting.recipes`.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from restorer.device import Device, place
from restorer.models import build_model
from training.data.masks import MIX, sample_mask
from training.data.photos import PhotoBank, age, random_crop
from training.fitting import losses
from training.fitting.coarse import as_in_repair, from_half
from training.fitting.config import TrainConfig
from training.fitting.discriminator import CRITICS
from training.fitting.learner import Average, Batch, Tensors, guarded_step, ramp, set_rate
from training.fitting.optim import muon_for
from training.fitting.recipes import recipe_of
from training.fitting.workers import Workers

VALIDATION_PHOTOS = 48
SMALLEST = 0.2  # scale of a crop: whole photographs, as the coarse levels of a repair see them


class RepairBatches:
    """Crops with holes: image (N, 3, S, S) uint8, mask (N, 1, S, S) uint8."""

    def __init__(self, bank: PhotoBank, batch: int, crop_px: int, masks: Mapping[str, float] = MIX) -> None:
        self.bank, self.batch, self.crop_px, self.masks = bank, batch, crop_px, masks

    def make(self, rng: np.random.Generator, progress: float) -> Batch:
        """One batch; half of the crops are aged to look like old prints."""
        del progress
        images, masks = [], []
        for _ in range(self.batch):
            photo = self.bank[int(rng.integers(len(self.bank)))]
            crop = random_crop(rng, photo, self.crop_px, float(np.exp(rng.uniform(np.log(SMALLEST), 0))))
            images.append(age(rng, crop) if rng.random() < 0.5 else crop)
            masks.append(sample_mask(rng, self.crop_px, self.masks))
        return {"image": np.stack(images).transpose(0, 3, 1, 2), "mask": np.stack(masks)[:, None]}


class RepairLearner:
    """Trains a generator; keeps two averages: "fidelity" up to the adversarial part, "detail" from there
    on."""

    keeps_best = False  # PSNR falls while texture grows

    def __init__(self, config: TrainConfig, held_out: PhotoBank, device: Device) -> None:
        self.config, self.device, self.workers = config, device, Workers()
        recipe = self.recipe = recipe_of(config.arch, config.recipe)
        net = place(build_model(config.arch, {**recipe.network, **config.hyper_parameters}), device.torch)
        critic = place(CRITICS[recipe.critic](), device.torch)
        self.net, self.critic = net, critic
        self.modules: dict[str, nn.Module] = {"net": net, "critic": critic}
        self.averages = {"fidelity": Average(net, 0.998), "detail": Average(net, 0.998)}
        adam = torch.optim.AdamW(net.parameters(), config.rate, betas=(0.5, 0.999), weight_decay=1e-4)
        self.optimisers: dict[str, torch.optim.Optimizer] = {
            "net": muon_for(net, config.rate, device.dtype) if recipe.optimiser == "muon" else adam,
            "detail": torch.optim.AdamW(net.parameters(), config.rate, betas=(0.5, 0.99), weight_decay=1e-4),
            "critic": torch.optim.AdamW(
                critic.parameters(), config.rate, betas=(0.5, 0.99), weight_decay=0.0
            ),
        }
        self.noise = torch.Generator().manual_seed(config.seed)
        rng = np.random.default_rng(77)
        self.held_out = RepairBatches(held_out, VALIDATION_PHOTOS, 128).make(rng, 0.0)
        self.turn = 1 - config.adversarial_share

    def _fill(self, net: nn.Module, image: Tensor, mask: Tensor, **options: Tensor | None) -> Tensor:
        """A generator's prediction, in the device's fast number format, as float32."""
        with self.device.autocast():
            return net(image, mask, **options).float()

    def _teach(self, image: Tensor, mask: Tensor, noise: Tensor | None, coarse: Tensor | None) -> Tensors:
        """The prediction, and what else the losses of this architecture need, as float32."""
        teach = getattr(self.net, "teach", None)
        if teach is None:
            return {"prediction": self._fill(self.net, image, mask, noise=noise, coarse=coarse)}
        with self.device.autocast():
            return {k: v.float() for k, v in teach(image, mask, noise, coarse).items()}

    def _judge(self, image: Tensor, mask: Tensor) -> tuple[Tensor, list[Tensor]]:
        with self.device.autocast():
            score, features = self.critic(image, mask)
        return score.float(), [f.float() for f in features]

    def start_detail(self) -> None:
        """Begin the adversarial part from the best of the reconstruction."""
        state = self.averages["fidelity"].net.state_dict()
        self.net.load_state_dict(state)
        self.averages["detail"].net.load_state_dict(state)

    def step(self, batch: Tensors, progress: float) -> dict[str, float]:
        """One step of reconstruction or of adversarial training, by `progress`."""
        image, mask = batch["image"].float() / 255, batch["mask"].float()
        image = image.contiguous(memory_format=torch.channels_last)
        if progress < self.turn:
            return self._reconstruct(image, mask, progress)
        if self.averages["detail"].updates == 0:
            self.start_detail()
        return self._compete(image, mask, progress)

    def _coarse(self, image: Tensor, mask: Tensor) -> Tensor | None:
        """For a share of the batches, the network's solution at half size, as in coarse-to-fine repair."""
        if torch.rand((), generator=self.noise) > self.recipe.coarse_share:
            return None
        return from_half(self.net, partial(self._fill, self.net), image, mask)

    def _noise(self, mask: Tensor) -> Tensor:
        return torch.randn(mask.shape, generator=self.noise).to(mask)

    def _reconstruct(self, image: Tensor, mask: Tensor, progress: float) -> dict[str, float]:
        set_rate(self.optimisers["net"], ramp(progress, 0.0, self.turn, self.config.rate, 2e-5))
        noise = None
        if "kl" in self.recipe.reconstruction:  # every other picture learns the fill of the mean latent
            noise = self._noise(mask)
            noise[1::2] = 0
        taught = self._teach(image, mask, noise, self._coarse(image, mask))
        scene = losses.Scene(image, mask, taught.pop("prediction"), mask, taught)
        loss, terms = losses.weigh(self.recipe.reconstruction, scene)
        guarded_step(self.optimisers["net"], loss, self.net, self.workers, clip=2.0)
        self.averages["fidelity"].update(self.net)
        return terms

    def _compete(self, image: Tensor, mask: Tensor, progress: float) -> dict[str, float]:
        recipe = self.recipe
        rate = ramp(progress, self.turn, 1.0, recipe.adversarial_rate, 1e-5, warm=0.03)
        set_rate(self.optimisers["detail"], rate)
        set_rate(self.optimisers["critic"], recipe.critic_rate * rate)
        noise = self._noise(mask)
        taught = self._teach(image, mask, noise, self._coarse(image, mask))
        aim = mask * taught["guided"] if "guided" in taught else mask
        scene = losses.Scene(image, mask, taught.pop("prediction"), aim, taught)
        result = scene.result
        critic = self._train_critic(image, result.detach(), mask)
        # Only now the generator: the critic it meets has just seen this very result.
        self.critic.requires_grad_(False)
        if "matching" in recipe.adversarial:
            with torch.no_grad():
                scene.real_features = self._judge(image, mask)[1]
        scene.score, scene.features = self._judge(result, mask)
        self.critic.requires_grad_(True)
        scene.hole, scene.adversarial = self._judged_hole(scene.score, mask), losses.GAMES[recipe.game][1]
        loss, terms = losses.weigh(recipe.adversarial, scene)
        guarded_step(self.optimisers["detail"], loss, self.net, self.workers)
        self.averages["detail"].update(self.net)
        return terms | {"critic": critic}

    @staticmethod
    def _judged_hole(score: Tensor, mask: Tensor) -> Tensor:
        """Which of the critic's scores (N, 1, h, w) are about the hole."""
        return F.adaptive_max_pool2d(mask, score.shape[-2:])

    def _train_critic(self, real: Tensor, fake: Tensor, mask: Tensor) -> float:
        real_score, _ = self._judge(real, mask)
        fake_score, _ = self._judge(fake, mask)
        loss = losses.GAMES[self.recipe.game][0](real_score, fake_score, self._judged_hole(fake_score, mask))
        guarded_step(self.optimisers["critic"], loss, self.critic, self.workers)
        return loss.item()

    @torch.no_grad()
    def validate(self) -> dict[str, float]:
        """Hole-PSNR in dB on fixed held-out crops, of the average being trained and of the push-pull
        start."""
        image = torch.from_numpy(self.held_out["image"]).to(self.device.torch).float() / 255
        mask = torch.from_numpy(self.held_out["mask"]).to(self.device.torch).float()
        detail = self.averages["detail"].updates > 0
        net = self.averages["detail" if detail else "fidelity"].net
        noise = (
            torch.randn(mask.shape, generator=torch.Generator().manual_seed(0)).to(mask) if detail else None
        )
        found = []
        for i in range(0, len(image), 16):
            part, holes = image[i : i + 16], mask[i : i + 16]
            grain = noise[i : i + 16] if noise is not None else None
            coarse = as_in_repair(net, net, part, holes)
            prediction = net(part, holes, noise=grain, coarse=coarse).clamp(0, 1)
            mse = losses.per_image((prediction - part) ** 2, holes)
            found.append(-10 * torch.log10(mse.clamp_min(1e-8)))
        psnr = torch.cat(found).mean().item()
        return {"psnr_hole": psnr, "score": psnr, "detail": float(detail)}
