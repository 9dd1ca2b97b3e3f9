from __future__ import annotations

import itertools
import os
import pickle
import warnings
import zipfile
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from restorer.errors import InputError, OutputError, WeightsError
from restorer.jobs import Cancelled, JobContext
from restorer.library import package, store as library
from restorer.library.importing import ImportOptions, import_model, read_tensors
from restorer.library.store import find_model
from restorer.library.weights import IMPORTED, load_network, write_tensors
from restorer.models import build_model, hyper_parameters, imported
from restorer.models.imported import ImportedFill, load_spandrel
from restorer.processing.repairer import RepairSettings, repair_pixels
from tests.conftest import line_mask, smooth_photo
from training.fitting.trainer import write_weights


@pytest.fixture(autouse=True)
def own_library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    torch.set_num_threads(1)
    monkeypatch.setenv(library.VARIABLE, str(tmp_path / "library"))
    return tmp_path / "library"


class Mean(nn.Module):
    """Fills with the mean colour of what is known times a weight; for the descriptors below."""

    def __init__(self, gain: Tensor) -> None:
        super().__init__()
        self.gain = nn.Parameter(gain)


class FakeDescriptor:
    """What spandrel gives for the weights {"gain": (1,)}: a descriptor with its own size rules."""

    scale, input_channels, output_channels = 1, 3, 3
    size_requirements = SimpleNamespace(minimum=16, multiple_of=8, square=False)

    def __init__(self, tensors: dict[str, Tensor], purpose: str) -> None:
        self.model = Mean(tensors["gain"].clone())
        self.purpose, self.architecture = purpose, SimpleNamespace(id="LaMa")
        self.seen: list[tuple[Tensor, Tensor]] = []

    def __call__(self, image: Tensor, mask: Tensor | None = None) -> Tensor:
        assert image.shape[0] == 1 and image.dtype == torch.float32
        if mask is None:
            return image * self.model.gain
        assert torch.equal(mask, mask.round()) and not (image * mask).any()
        self.seen.append((image, mask))
        mean = image.sum((2, 3), keepdim=True) / (1 - mask).sum((2, 3), keepdim=True).clamp_min(1)
        return (image * (1 - mask) + mean * self.model.gain * mask).clamp(0, 1)


class UnsupportedError(Exception):
    pass


class FakeLoader:
    purpose = "Inpainting"

    def load_from_state_dict(self, tensors: dict[str, Tensor]) -> FakeDescriptor:
        if "gain" not in tensors:
            raise UnsupportedError
        if tensors["gain"].shape != (1,):
            raise RuntimeError("size mismatch")
        return FakeDescriptor(tensors, self.purpose)


@pytest.fixture
def fake_spandrel(monkeypatch: pytest.MonkeyPatch) -> type[FakeLoader]:
    class Loader(FakeLoader):
        pass

    package = SimpleNamespace(ModelLoader=Loader, UnsupportedModelError=UnsupportedError)
    monkeypatch.setattr(imported, "load_spandrel", lambda: package)
    return Loader


def safetensors(path: Path, gain: float = 1.0) -> Path:
    save_file({"gain": torch.tensor([gain])}, path)
    return path


def ids(folder: Path) -> set[str]:
    return {p.name for p in folder.iterdir()} if folder.is_dir() else set()


def test_weights_are_tried_stored_and_used_for_repair(
    fake_spandrel: object, tmp_path: Path, own_library: Path
) -> None:
    entry = import_model(
        safetensors(tmp_path / "Big LaMa.safetensors"),
        ImportOptions(licence="Apache-2.0", origin="example.org"),
    )
    assert (entry.id, entry.task, entry.architecture, entry.source) == (
        "big-lama",
        "repair",
        IMPORTED,
        "imported",
    )
    assert entry.licence == "Apache-2.0" and entry.hyper_parameters["architecture"] == "LaMa"
    assert find_model("big-lama", "repair") == entry and not entry.default
    card = library.card_path(entry)
    assert card is not None and "example.org" in card.read_text()
    photo, mask = smooth_photo(90, 110), line_mask(90, 110)
    for detail in (0.0, 0.8):
        settings = RepairSettings(model="big-lama", detail=detail, device="cpu")
        repaired, grown = repair_pixels(photo, mask, settings)
        assert np.array_equal(repaired[~grown], photo[~grown])
        assert (repaired[mask] != photo[mask]).any()
    assert ids(own_library) == {"big-lama"}
    assert load_network(entry, 0.3) is load_network(entry, 0.9)


def test_other_purposes_get_their_own_task(fake_spandrel: type[FakeLoader], tmp_path: Path) -> None:
    for purpose, task in (("SR", "enlarge"), ("Restoration", "restore")):
        fake_spandrel.purpose = purpose
        entry = import_model(safetensors(tmp_path / f"{task}.safetensors"))
        assert entry.task == task
        with pytest.raises(InputError, match="no model"):
            find_model(entry.id, "repair")


def test_the_adapter_keeps_the_contract(fake_spandrel: object) -> None:
    net = ImportedFill({"gain": torch.ones(1)})
    image, mask = torch.rand(2, 3, 24, 40), torch.zeros(2, 1, 24, 40)
    mask[:, :, 4:9, 5:20] = 1
    result = net(image, mask, noise=torch.randn(2, 1, 24, 40))
    assert result.shape == image.shape
    changed = image.clone()
    changed[(mask > 0).expand_as(image)] = 0.123
    assert torch.equal(net(changed, mask), result)
    coarse = torch.rand(2, 3, 24, 40)
    assert torch.equal(net(image, torch.ones_like(mask), coarse=coarse), coarse)
    hole = (mask > 0).expand_as(image)
    guided = net(image, mask, coarse=coarse)
    assert abs(guided[hole].mean() - coarse[hole].mean()) < abs(result[hole].mean() - coarse[hole].mean())
    with torch.autocast("cpu", torch.bfloat16):
        assert net(image, mask).dtype == torch.float32


@pytest.mark.parametrize("wrap", ["plain", "params_ema", "state_dict"])
def test_pickle_files_are_read_as_plain_weights(fake_spandrel: object, wrap: str, tmp_path: Path) -> None:
    content: Any = {"gain": torch.ones(1)}
    content = content if wrap == "plain" else {wrap: content, "epoch": 3}
    torch.save(content, tmp_path / "a.pth")
    torch.save(content, tmp_path / "b.ckpt", _use_new_zipfile_serialization=False)
    for name in ("a.pth", "b.ckpt"):
        entry = import_model(tmp_path / name)
        assert [f.name for f in entry.files] == ["fidelity.safetensors"]
        assert torch.equal(load_file(entry.folder / "fidelity.safetensors")["gain"], torch.ones(1))


class Trap:
    """Unpickling it with code would create the file `path`."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Any, ...]:
        return os.mkdir, (str(self.path),)


def test_a_file_with_code_is_refused_and_its_code_not_run(
    fake_spandrel: object, tmp_path: Path, own_library: Path
) -> None:
    sprung = tmp_path / "sprung"
    content = {"gain": torch.ones(1), "trap": Trap(sprung)}
    torch.save(content, tmp_path / "zip.pth")
    torch.save(content, tmp_path / "legacy.pth", _use_new_zipfile_serialization=False)
    (tmp_path / "bare.pth").write_bytes(pickle.dumps(content["trap"]))
    torch.save(content, tmp_path / "disguised.safetensors")
    for name in ("zip.pth", "legacy.pth", "bare.pth", "disguised.safetensors"):
        with pytest.raises(
            WeightsError, match="holds more than weights; it was refused and nothing in it was"
        ):
            import_model(tmp_path / name)
    assert not sprung.exists() and ids(own_library) == set()
    pickle.loads((tmp_path / "bare.pth").read_bytes())  # the trap itself works
    assert sprung.exists()


class Inner(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.gain = nn.Parameter(torch.tensor([0.5]))
        self.norm = nn.BatchNorm2d(3)

    def forward(self, x: Tensor) -> Tensor:
        return self.norm(x) * self.gain


def write_program(path: Path) -> nn.Module:
    net = nn.Sequential(Inner(), nn.ReLU(), nn.Conv2d(3, 2, 1)).eval()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # TorchScript is on its way out
        torch.jit.trace(net, torch.rand(1, 3, 8, 8)).save(str(path))  # type: ignore[no-untyped-call]
    return net


def test_the_weights_of_a_program_are_read_and_the_program_is_not_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    net = write_program(tmp_path / "lama.pt")
    monkeypatch.setattr(torch.jit, "load", None)
    found = read_tensors(tmp_path / "lama.pt")
    expected = net.state_dict()
    assert found.keys() == expected.keys() and "0.norm.running_var" in found
    assert all(torch.equal(found[k], v) and found[k].dtype == v.dtype for k, v in expected.items())


def rewritten(path: Path, target: Path, member: str, content: bytes) -> Path:
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(target, "w") as new:
        for name in old.namelist():
            new.writestr(name, content if name.endswith(member) else old.read(name))
    return target


def test_a_program_with_code_in_its_weights_is_refused(fake_spandrel: object, tmp_path: Path) -> None:
    write_program(tmp_path / "good.pt")
    sprung = tmp_path / "sprung"
    bad = rewritten(tmp_path / "good.pt", tmp_path / "bad.pt", "/data.pkl", pickle.dumps([Trap(sprung)]))
    with pytest.raises(WeightsError, match="holds more than weights; it was refused and nothing in it was"):
        import_model(bad)
    assert not sprung.exists()
    for member, content in (("/data.pkl", b"\x80\x02}."), ("/data/0", b""), ("/data.pkl", b"\x80\x02]q")):
        with pytest.raises(WeightsError, match=r"damaged or incomplete|no known|holds no weights"):
            import_model(rewritten(tmp_path / "good.pt", tmp_path / "bad.pt", member, content))


@pytest.mark.parametrize("kind", ["safetensors", "pth", "legacy"])
def test_truncated_files_are_told(
    fake_spandrel: object, kind: str, tmp_path: Path, own_library: Path
) -> None:
    path = tmp_path / f"w.{kind}"
    content = {"gain": torch.ones(1), "more": torch.rand(50, 50)}
    if kind == "safetensors":
        save_file(content, path)
    else:
        torch.save(content, path, _use_new_zipfile_serialization=kind == "pth")
    data = path.read_bytes()
    for length in (len(data) // 2, len(data) - 20, 40):
        path.write_bytes(data[:length])
        with pytest.raises(WeightsError, match="damaged or incomplete"):
            import_model(path)
    path.write_bytes(b"")
    with pytest.raises(WeightsError, match="is empty"):
        import_model(path)
    assert ids(own_library) == set()


def test_a_flipped_bit_is_told(fake_spandrel: object, tmp_path: Path) -> None:
    torch.save({"gain": torch.ones(1), "more": torch.rand(50, 50)}, tmp_path / "w.pth")
    data = bytearray((tmp_path / "w.pth").read_bytes())
    data[len(data) // 2] ^= 1
    (tmp_path / "w.pth").write_bytes(data)
    with pytest.raises(WeightsError, match="damaged or incomplete"):
        import_model(tmp_path / "w.pth")
    path = safetensors(tmp_path / "w.safetensors")
    given = library.sha256_of(path)
    assert import_model(path, ImportOptions(sha256=given.upper())).id == "w"
    data = bytearray(path.read_bytes())
    data[-1] ^= 1
    path.write_bytes(data)
    with pytest.raises(WeightsError, match="not the file that its checksum was given for"):
        import_model(path, ImportOptions(id="again", sha256=given))


def test_foreign_weights_and_files_are_told(fake_spandrel: object, tmp_path: Path, own_library: Path) -> None:
    save_file({"other": torch.ones(3)}, tmp_path / "foreign.safetensors")
    with pytest.raises(WeightsError, match=r"no known architecture.*spandrel_extra_arches"):
        import_model(tmp_path / "foreign.safetensors")
    save_file({"gain": torch.ones(3)}, tmp_path / "shape.safetensors")
    with pytest.raises(WeightsError, match="do not fit the architecture"):
        import_model(tmp_path / "shape.safetensors")
    for name, content in (("text.pth", b"hello world, no weights"), ("numbers.pth", b"")):
        (tmp_path / name).write_bytes(content) if content else torch.save([1, 2], tmp_path / name)
        with pytest.raises(WeightsError, match="holds no weights"):
            import_model(tmp_path / name)
    with pytest.raises(InputError, match="no file"):
        import_model(tmp_path / "none.pth")
    assert ids(own_library) == set()


def test_weights_that_fail_their_trial_are_not_stored(
    fake_spandrel: object, tmp_path: Path, own_library: Path
) -> None:
    with pytest.raises(WeightsError, match="values that are no numbers"):
        import_model(safetensors(tmp_path / "nan.safetensors", float("nan")))
    assert ids(own_library) == set()


def test_names_are_checked_and_made_free(fake_spandrel: object, tmp_path: Path) -> None:
    path = safetensors(tmp_path / "x.safetensors")
    assert [import_model(path).id for _ in range(2)] == ["x", "x-2"]
    for name in ("x", "repair", "Bad Name"):
        with pytest.raises(InputError):
            import_model(path, ImportOptions(id=name))


def test_a_full_disk_leaves_nothing(
    fake_spandrel: object, tmp_path: Path, own_library: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise SafetensorError("Error while serializing: I/O error: No space left on device (os error 28)")

    with pytest.raises(FileNotFoundError):  # this is how it tells in earnest
        write_tensors(tmp_path / "none" / "x.safetensors", {"gain": torch.ones(1)})
    path = safetensors(tmp_path / "x.safetensors")
    monkeypatch.setattr("safetensors.torch.save_file", full)
    with pytest.raises(OutputError, match="the disk is full"):
        import_model(path)
    assert ids(own_library) == set()


@pytest.mark.parametrize("exported", [False, True])
def test_stopped_at_any_moment_it_leaves_the_library_as_it_was(
    fake_spandrel: object, tmp_path: Path, own_library: Path, exported: bool
) -> None:
    path = safetensors(tmp_path / "theirs.safetensors")
    if exported:
        path = package.export(import_model(path).id, tmp_path / "theirs")
    before = ids(own_library)
    for asked in itertools.count():
        answers = itertools.chain(itertools.repeat(False, asked), itertools.repeat(True))
        try:
            import_model(path, ImportOptions(id="mine"), JobContext(is_cancelled=answers.__next__))
        except Cancelled:
            assert ids(own_library) == before
        else:
            break
    assert ids(own_library) == before | {"mine"}
    assert asked > 2, "before reading, before the trial and after it"


def test_our_own_weights_need_no_other_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def missing() -> None:
        raise InputError(imported.MISSING)

    monkeypatch.setattr(imported, "load_spandrel", missing)
    torch.manual_seed(0)
    net = build_model("fill-unet", {"channels": (8, 8, 8), "blocks": 1, "rates": (1,)})
    described = {"architecture": "fill-unet", "task": "repair", "hyper_parameters": hyper_parameters(net)}
    write_weights(tmp_path / "own.safetensors", net, described)
    entry = import_model(tmp_path / "own.safetensors")
    assert entry.architecture == "fill-unet" and entry.task == "repair"
    assert load_network(entry, 0.0)(torch.rand(1, 3, 16, 16), torch.zeros(1, 1, 16, 16)).shape == (
        1,
        3,
        16,
        16,
    )
    with pytest.raises(InputError, match="optional package 'spandrel'"):
        import_model(safetensors(tmp_path / "other.safetensors"))


def locked(path: Path) -> Path:
    """The same zip file with every member marked as encrypted."""
    data = bytearray(path.read_bytes())
    for mark, flags in ((b"PK\x01\x02", 8), (b"PK\x03\x04", 6)):
        place = -1
        while (place := data.find(mark, place + 1)) >= 0:
            data[place + flags] |= 1
    path.write_bytes(data)
    return path


def test_locked_archives_are_told(tmp_path: Path, own_library: Path) -> None:
    torch.save({"gain": torch.zeros(3)}, tmp_path / "w.pth")
    packed = package.export("detect", tmp_path / "d")
    for path in (tmp_path / "w.pth", packed):
        with pytest.raises(WeightsError, match="damaged or incomplete"):
            import_model(locked(path))
    assert ids(own_library) == set()


@pytest.mark.parametrize(
    "told",
    [{"hyper_parameters": {"channels": [8]}}, {"hyper_parameters": {"channels": "x"}}, {"task": "detect"}],
)
def test_settings_that_no_network_has_are_told(
    tmp_path: Path, own_library: Path, told: dict[str, Any]
) -> None:
    net = build_model("fill-unet", {"channels": (8, 8, 8), "blocks": 1, "rates": (1,)})
    described = {"architecture": "fill-unet", "task": "repair", "hyper_parameters": hyper_parameters(net)}
    write_weights(tmp_path / "own.safetensors", net, described | told)
    with pytest.raises(WeightsError, match="The trial run failed"):
        import_model(tmp_path / "own.safetensors")
    assert ids(own_library) == set()


def test_a_package_is_tried_out_as_well(tmp_path: Path, own_library: Path) -> None:
    net = build_model("damage-unet", {"channels": (8, 8), "radii": (1,)})
    net.head.bias.data[0] = float("nan")  # type: ignore[operator,union-attr,index]
    with library.new_model_folder() as folder:
        write_weights(folder / "detect.safetensors", net, {})
        files = (library.weight_file(folder, "detect", "detect.safetensors"),)
        shape = hyper_parameters(net)
        entry = replace(find_model(None, "detect"), id="broken", files=files, hyper_parameters=shape)
        library.add(folder, entry, "")
    packed = package.export("broken", tmp_path / "broken")
    with pytest.raises(WeightsError, match="values that are no numbers"):
        import_model(packed, ImportOptions(id="again"))
    assert ids(own_library) == {"broken"}


def test_a_package_is_imported_whatever_its_name(tmp_path: Path) -> None:
    packed = package.export("detect", tmp_path / "d")
    packed.rename(tmp_path / "d.zip")
    assert import_model(tmp_path / "d.zip", ImportOptions(id="finder")).id == "finder"


def test_tensors_of_a_shared_storage_are_read(tmp_path: Path) -> None:
    base = torch.arange(6.0)
    torch.save({"a": base[:3], "b": base}, tmp_path / "shared.pth")
    assert torch.equal(read_tensors(tmp_path / "shared.pth")["a"], torch.arange(3.0))


# --- The real spandrel --------------------------------------------------------------------------------


def real_spandrel() -> Any:
    try:
        return load_spandrel()
    except InputError as error:
        pytest.skip(f"{error}")


def test_a_real_enlarger_is_recognised(tmp_path: Path) -> None:
    real_spandrel()
    torch.manual_seed(0)
    layers: list[nn.Module] = [nn.Conv2d(3, 8, 3, 1, 1), nn.PReLU(8)]
    layers += [nn.Conv2d(8, 8, 3, 1, 1), nn.PReLU(8), nn.Conv2d(8, 12, 3, 1, 1)]
    tensors = {f"body.{k}": v for k, v in nn.Sequential(*layers).state_dict().items()}
    torch.save({"params_ema": tensors}, tmp_path / "compact.pth")
    entry = import_model(tmp_path / "compact.pth")
    assert (entry.task, entry.hyper_parameters) == ("enlarge", {"architecture": "Compact", "scale": 2})


def test_a_real_lama_repairs(tmp_path: Path) -> None:
    real_spandrel()
    from spandrel.architectures.LaMa import LaMa  # type: ignore[import-not-found]

    torch.manual_seed(0)
    torch.save(LaMa(in_nc=4, out_nc=3).state_dict(), tmp_path / "lama.pth")
    entry = import_model(tmp_path / "lama.pth")
    assert entry.task == "repair" and entry.hyper_parameters["architecture"] == "LaMa"
    photo, mask = smooth_photo(40, 52), np.zeros((40, 52), bool)
    mask[10:14, 12:30] = True
    repaired, grown = repair_pixels(photo, mask, RepairSettings(model="lama", detail=0.5, device="cpu"))
    assert np.array_equal(repaired[~grown], photo[~grown]) and (repaired[mask] != photo[mask]).any()


def test_a_missing_package_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def nowhere(name: str) -> None:
        raise ModuleNotFoundError(name)

    monkeypatch.setattr(imported.importlib, "import_module", nowhere)
    with pytest.raises(InputError, match="optional package 'spandrel'") as caught:
        load_spandrel()
    assert "restorer[import]" in caught.value.hint
