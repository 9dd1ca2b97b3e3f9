# ruff: noqa: F811 - fixtures are imported by name
"""Files of weights that were made to do harm: outside of the library, or to the memory and the time."""

from __future__ import annotations

import json
import struct
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import save_file
from torch import Tensor

from restorer.errors import WeightsError
from restorer.jobs import JobContext
from restorer.library import importing, package, store as library
from restorer.library.importing import import_model
from restorer.library.store import find_model
from restorer.models import build_model, hyper_parameters
from tests.core.library.test_importing import FakeLoader, fake_spandrel, ids, own_library, safetensors  # noqa: F401
from training.fitting.trainer import write_weights


def refused(path: Path, match: str, own_library: Path) -> None:
    around = {p for p in own_library.parent.rglob("*") if own_library not in (p, *p.parents)}
    with pytest.raises(WeightsError, match=match):
        import_model(path)
    assert ids(own_library) == set()
    assert {p for p in own_library.parent.rglob("*") if own_library not in (p, *p.parents)} == around


def own(path: Path, **told: Any) -> Path:
    """A detector of ours with another description."""
    net = build_model("damage-unet", {"channels": (8, 8), "radii": (1,)})
    described = {"architecture": "damage-unet", "task": "detect", "hyper_parameters": hyper_parameters(net)}
    write_weights(path, net, described | told)
    return path


def test_a_task_in_a_file_is_no_path_to_write_to(tmp_path: Path, own_library: Path) -> None:
    refused(own(tmp_path / "x.safetensors", task="../../evil"), "The trial run failed", own_library)
    assert import_model(own(tmp_path / "x.safetensors")).task == "detect"


@pytest.mark.parametrize("settings", [{"blocks": 10**9}, {"channels": [10**9]}, {"radii": [1] * 10**5}])
def test_settings_without_measure_are_not_built(
    tmp_path: Path, own_library: Path, settings: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    path = own(tmp_path / "x.safetensors", hyper_parameters=settings)
    monkeypatch.setattr("restorer.models.build_model", lambda *_: pytest.fail("was built"))
    refused(path, "The trial run failed", own_library)


def test_a_description_nested_without_end_counts_as_none(
    fake_spandrel: object, tmp_path: Path, own_library: Path
) -> None:
    save_file({"gain": torch.ones(1)}, tmp_path / "x.safetensors", {"restorer": "[" * 10**5})
    assert import_model(tmp_path / "x.safetensors").architecture == "spandrel"


@pytest.mark.parametrize(("offset", "value"), [(6, 99), (8, 0x800)])
def test_archives_of_another_kind_are_told(
    tmp_path: Path, own_library: Path, offset: int, value: int
) -> None:
    """A version that nobody has written yet, and names that are no UTF-8 although they say so."""
    with zipfile.ZipFile(tmp_path / "x.pth", "w") as archive:
        archive.writestr("\xe9/data.pkl".encode("cp437").decode("cp437"), b"x")
    data = bytearray((tmp_path / "x.pth").read_bytes())
    entry = data.rfind(b"PK\x01\x02")
    data[entry + offset : entry + offset + 2] = struct.pack("<H", value)
    data[entry + 46] = 0xFF
    (tmp_path / "x.pth").write_bytes(data)
    refused(tmp_path / "x.pth", "damaged or incomplete", own_library)


def test_a_small_file_does_not_unpack_to_a_large_one(
    fake_spandrel: object, tmp_path: Path, own_library: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    torch.save({"gain": torch.ones(1).expand(1 << 16, 1 << 16)}, tmp_path / "repeated.pth")
    refused(tmp_path / "repeated.pth", "larger than 4 GiB", own_library)
    with zipfile.ZipFile(tmp_path / "bomb.pth", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("archive/data/0", bytes(1 << 20))
    monkeypatch.setattr(zipfile.ZipFile, "testzip", lambda _: pytest.fail("was unpacked"))
    refused(tmp_path / "bomb.pth", "damaged or incomplete", own_library)


def program(path: Path, pickled: bytes) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("x/data.pkl", pickled)
        archive.writestr("x/constants.pkl", b"")
    return path


def node(place: int) -> bytes:
    """A module that has the one before it twice."""
    made = b"c__torch__\nM\n)\x81"
    if place:
        before = b"h" + bytes([place - 1])
        made += b"}(X\x01\0\0\0a" + before + b"X\x01\0\0\0b" + before + b"ub"
    return made + b"q" + bytes([place]) + b"0"


def test_a_program_of_modules_without_end_is_refused(
    tmp_path: Path, own_library: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from restorer.library import torchscript

    monkeypatch.setattr(torchscript, "ATTRIBUTES_MAX", 1000)
    many = b"\x80\x02" + b"".join(node(i) for i in range(60)) + b"h\x3b."
    refused(program(tmp_path / "many.pt", many), "damaged or incomplete", own_library)


def test_a_program_does_not_choose_how_much_memory_is_taken(
    tmp_path: Path, own_library: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from restorer.library import torchscript

    monkeypatch.setattr(torchscript._Reader, "load", lambda _: pytest.fail("was read"))
    far = b"\x80\x02]r" + struct.pack("<I", 1 << 30) + b"."
    refused(program(tmp_path / "far.pt", far), "damaged or incomplete", own_library)


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_weights_that_are_no_numbers_are_refused_whatever_they_give(
    fake_spandrel: object, tmp_path: Path, own_library: Path, value: float
) -> None:
    save_file({"gain": torch.ones(1), "aside": torch.tensor([value])}, tmp_path / "x.safetensors")
    refused(tmp_path / "x.safetensors", "are no numbers", own_library)


def test_names_do_not_choose_how_much_is_built(
    fake_spandrel: type[FakeLoader], tmp_path: Path, own_library: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fake_spandrel, "load_from_state_dict", lambda *_: pytest.fail("was built"))
    save_file({"gain": torch.ones(1), "body.99999999.weight": torch.ones(1)}, tmp_path / "x.safetensors")
    refused(tmp_path / "x.safetensors", "do not fit the architecture", own_library)


def test_a_package_that_tells_another_task_is_refused(
    fake_spandrel: type[FakeLoader], tmp_path: Path, own_library: Path
) -> None:
    fake_spandrel.purpose = "SR"
    entry = import_model(safetensors(tmp_path / "up.safetensors"))
    told = json.loads((entry.folder / library.DESCRIPTION).read_text())
    told["model"]["task"] = "repair"
    (entry.folder / library.DESCRIPTION).write_text(json.dumps(told))
    packed = package.export("up", tmp_path / "up")
    library.delete("up")
    refused(packed, "The trial run failed", own_library)


def test_every_shipped_model_passes_the_trial() -> None:
    for task in ("repair", "detect"):
        importing._try_entry(replace(find_model(None, task), id="again"), JobContext())


@pytest.mark.parametrize("made", [torch.empty, torch.zeros, torch.ones, torch.randn])
def test_shapes_do_not_choose_how_much_is_built(
    made: Callable[..., Tensor], fake_spandrel: type[FakeLoader], tmp_path: Path, own_library: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    """A layer as wide as another one says is its square, which a small file can ask for."""
    honest = fake_spandrel.load_from_state_dict

    def built(self: FakeLoader, tensors: dict[str, Tensor]) -> Any:
        width = len(tensors["first"])
        made(width, width, 3, 3)
        return honest(self, tensors)

    monkeypatch.setattr(fake_spandrel, "load_from_state_dict", built)
    save_file({"gain": torch.ones(1), "first": torch.ones(1600)}, tmp_path / "x.safetensors")
    refused(tmp_path / "x.safetensors", "do not fit the architecture", own_library)
    save_file({"gain": torch.ones(1), "first": torch.ones(1 << 8)}, tmp_path / "y.safetensors")
    assert import_model(tmp_path / "y.safetensors").architecture == "spandrel"
