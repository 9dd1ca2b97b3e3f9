from __future__ import annotations

import numpy as np
import pytest
import torch

from restorer.device import choose_device, is_out_of_memory, self_test
from restorer.errors import DeviceError, InputError
from restorer.jobs import Cancelled, JobContext, Progress
from restorer.library import weights
from restorer.library.store import find_model
from restorer.processing import detector
from restorer.processing.detector import SMALL_MEGAPIXELS, detect_damage, pad_to_multiple, scales_for
from restorer.tiles import Box
from tests.conftest import smooth_photo


class Bright(torch.nn.Module):
    """A detector that calls what is brighter than 0.9 thin damage, seen pixel by pixel."""

    multiple_of = 32

    def __init__(self) -> None:
        super().__init__()
        self.calls, self.failing = 0, set[int]()

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        self.calls += 1
        assert image.shape[2] % 32 == 0 and image.shape[3] % 32 == 0
        if self.calls in self.failing:
            raise torch.OutOfMemoryError
        thin = (image.mean(1, keepdim=True) - 0.9) * 200
        return torch.cat([thin, torch.full_like(thin, -20)], 1)


def test_a_network_that_gives_no_numbers_does_not_make_a_photograph_look_clean(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class Broken(Bright):
        def forward(self, image: torch.Tensor) -> torch.Tensor:
            return super().forward(image) * float("nan")

    monkeypatch.setattr(weights, "load_network", lambda *_: Broken())
    with pytest.raises(DeviceError, match="no numbers"):
        detect_damage(scratched(64, 64), device="cpu")


@pytest.fixture
def bright(monkeypatch: pytest.MonkeyPatch) -> Bright:
    net = Bright()
    monkeypatch.setattr(weights, "load_network", lambda *_: net)
    return net


def scratched(height: int, width: int, dtype: type = np.uint8) -> np.ndarray:
    pixels = np.minimum(smooth_photo(height, width), 200)
    pixels[max(0, height // 2 - 3) : height // 2 + 3] = 255
    return pixels.astype(dtype) * dtype(np.iinfo(dtype).max // 255)


@pytest.mark.parametrize("size", [(40, 33), (600, 1300), (1, 1), (5, 700)])
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_the_map_lies_on_the_damage_whatever_the_size(
    bright: Bright, size: tuple[int, int], dtype: type
) -> None:
    pixels = scratched(*size, dtype=dtype)
    found = detect_damage(pixels, device="cpu")
    assert found.thin.shape == size and found.thin.dtype == np.uint8
    middle = size[0] // 2
    assert (found.thin[middle] > 200).all()
    if size[0] > 30:
        assert (found.thin[: middle - 6] < 30).all() and (found.region == 0).all()


def test_grey_and_colour_give_the_same(bright: Bright) -> None:
    grey = scratched(80, 90)[..., 0].copy()
    first = detect_damage(grey, device="cpu")
    second = detect_damage(np.repeat(grey[..., None], 3, 2), device="cpu")
    assert np.array_equal(first.thin, second.thin)


def test_out_of_memory_splits_that_tile_and_changes_nothing(bright: Bright) -> None:
    pixels = scratched(300, 500)
    whole = detect_damage(pixels, device="cpu", scales=(1.0,))
    bright.failing = {bright.calls + 1}
    split = detect_damage(pixels, device="cpu", scales=(1.0,))
    assert bright.calls > 3
    assert np.abs(whole.thin.astype(int) - split.thin).max() <= 1


def test_cancel_between_tiles(bright: Bright) -> None:
    seen: list[Progress] = []
    with pytest.raises(Cancelled):
        detect_damage(scratched(700, 1500), device="cpu", ctx=JobContext(seen.append, lambda: bool(seen)))
    assert bright.calls == 1


def test_progress_reaches_the_end(bright: Bright) -> None:
    seen: list[float] = []
    detect_damage(scratched(200, 200), device="cpu", ctx=JobContext(lambda p: seen.append(p.fraction or 0)))
    assert seen == sorted(seen) and seen[-1] == pytest.approx(1)


def test_small_pictures_are_enlarged_and_large_ones_reduced() -> None:
    assert max(scales_for(500, 500)) == 2.0
    assert max(scales_for(4000, int(SMALL_MEGAPIXELS * 1e6 / 4000) + 1)) == 1.0


@pytest.mark.parametrize(("side", "region"), [(200, 128), (720, 255)])
def test_enlarged_only_tiny_pictures_are_asked_about_regions(
    bright: Bright, monkeypatch: pytest.MonkeyPatch, side: int, region: int
) -> None:
    def flat(net: object, pixels: object, box: Box, scale: float, device: object) -> np.ndarray:
        return np.full((box.height, box.width, 2), 1.0 if scale == 1 else 0.25, np.float32)

    monkeypatch.setattr(detector, "_at_scale", flat)
    found = detect_damage(scratched(side, side), device="cpu")
    assert np.unique(found.thin).tolist() == [128] and np.unique(found.region).tolist() == [region]


def test_padding_reaches_any_multiple() -> None:
    for height, width in ((1, 1), (3, 40), (64, 65)):
        padded = pad_to_multiple(torch.rand(1, 3, height, width), 32)
        assert padded.shape[2] % 32 == 0 and padded.shape[3] % 32 == 0
        assert padded.shape[3] >= 64  # never one column after five halvings


def test_devices() -> None:
    device = choose_device("cpu")
    assert self_test(device) and device.torch.type == "cpu"
    assert choose_device("auto").torch.type in ("cpu", "cuda", "mps")
    with pytest.raises(InputError):
        choose_device("abacus")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (torch.OutOfMemoryError("CUDA out of memory"), True),
        (MemoryError(), True),
        (RuntimeError("MPS backend out of memory (MPS allocated: 1 GB)"), True),
        (RuntimeError("CUDA error: device-side assert triggered"), False),
        (RuntimeError("the size of tensor a must match"), False),
        (ValueError("out of memory"), False),
    ],
)
def test_only_running_out_of_memory_counts_as_that(error: Exception, expected: bool) -> None:
    assert is_out_of_memory(error) is expected


def test_a_device_that_computes_wrongly_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    from restorer import device as module

    monkeypatch.setattr(module, "is_available", lambda kind: kind in ("cuda", "cpu"))
    fake = module.Device(torch.device("cpu"), torch.float32, "Black GPU")
    cpu = module._candidate("cpu")
    monkeypatch.setattr(module, "_candidate", lambda kind: fake if kind == "cuda" else cpu)
    monkeypatch.setattr(module, "self_test", lambda d: d.title != "Black GPU")
    choose_device.cache_clear()
    chosen = choose_device("auto")
    choose_device.cache_clear()
    assert chosen.title == cpu.title and "Black GPU failed" in chosen.notice


def test_detector_is_the_one_in_the_library() -> None:
    assert find_model(None, "detect").architecture == "damage-unet"
