from __future__ import annotations

import json
import os
import shutil
import threading
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from restorer.errors import InputError, OutputError, WeightsError
from restorer.library import package, store as library
from restorer.library.store import find_model
from restorer.library.weights import ModelEntry, load_network, shipped, verify
from restorer.models import build_model
from tests.conftest import fail_drive
from training.fitting.trainer import write_weights

SMALL = {"channels": (8, 8, 8), "blocks": 1, "rates": (1, 2)}


@pytest.fixture(autouse=True)
def own_library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "library"
    monkeypatch.setenv(library.VARIABLE, str(folder))
    return folder


def make(model_id: str = "mine", task: str = "repair", seed: int = 0) -> ModelEntry:
    torch.manual_seed(seed)
    with library.new_model_folder() as folder:
        write_weights(folder / "fidelity.safetensors", build_model("fill-unet", SMALL), {})
        entry = ModelEntry(
            id=model_id, title="Mine", task=task, architecture="fill-unet",
            hyper_parameters={k: list(v) if isinstance(v, tuple) else v for k, v in SMALL.items()},
            files=(library.weight_file(folder, "fidelity", "fidelity.safetensors"),),
            licence="Apache-2.0", trained_on="8 photographs", seed=seed, date="2026-01-02", command="none",
            source="fine-tuned", parent="repair", parent_sha256="ab", scores={"gain": 0.4},
        )  # fmt: skip
        return library.add(folder, entry, "# Mine\n")


def ids() -> list[str]:
    return [m.id for m in library.read_library().models]


def left_over(folder: Path) -> list[str]:
    return [p.name for p in folder.iterdir() if p.name.startswith(".") and p.name != library.LOCK]


def test_a_model_is_added_found_and_loaded(own_library: Path) -> None:
    added = make()
    assert ids() == [*(m.id for m in shipped()), "mine"]
    assert find_model("mine", "repair") == added
    assert added.scores == {"gain": 0.4} and added.parent == "repair" and not added.default
    verify(added)
    image, mask = torch.rand(1, 3, 16, 16), torch.zeros(1, 1, 16, 16)
    assert load_network(added, 0.5)(image, mask).shape == image.shape
    card = library.card_path(added)
    assert card is not None and card.read_text() == "# Mine\n"
    assert left_over(own_library) == []


@pytest.mark.parametrize("name", ["", "../x", "a/b", "Mine", ".hidden", "x" * 65, "repair", "detect", "a\n"])
def test_names_that_cannot_be_are_refused(name: str) -> None:
    with pytest.raises(InputError):
        make(name)
    assert ids() == [m.id for m in shipped()]


def test_nothing_is_replaced(own_library: Path) -> None:
    first = make(seed=1)
    with pytest.raises(InputError, match="already"):
        make(seed=2)
    assert library.get("mine").fingerprint == first.fingerprint
    assert left_over(own_library) == []
    assert library.free_id("Mine!") == "mine-2" and library.free_id("repair") == "repair-2"
    for wish in ("CON", "aux.v2", f"{'x' * 55}-{'x' * 9}", f"{'x' * 49}-y"):
        library.check_new_id(library.free_id(wish))


def test_rename_and_delete(own_library: Path) -> None:
    make()
    library.set_default("mine")
    assert library.rename("mine", "other").default
    assert find_model(None, "repair").id == "other"
    with pytest.raises(InputError, match="no model 'mine'"):
        library.get("mine")
    library.delete("other")
    assert find_model(None, "repair").id == "repair"
    assert left_over(own_library) == []
    for call in (lambda: library.delete("repair"), lambda: library.rename("repair", "x")):
        with pytest.raises(InputError, match="comes with the program"):
            call()
    for name in ("nothing", "../weights"):
        with pytest.raises(InputError, match="no model"):
            library.delete(name)


def test_defaults_are_rolled_back_one_by_one() -> None:
    make("a", seed=1)
    make("b", seed=2)
    for name in ("a", "b", "b"):
        assert library.set_default(name).default
    assert [m.id for m in library.read_library().models if m.default] == ["detect", "b"]
    assert library.rollback("repair").id == "a"
    assert find_model(None, "repair").id == "a"
    assert find_model("repair", "repair").id == "repair"  # a shipped model, not only the name of a task
    assert library.rollback("repair").id == "repair"
    with pytest.raises(InputError, match="no earlier default"):
        library.rollback("repair")
    with pytest.raises(InputError, match="no earlier default"):
        library.rollback("detect")
    with pytest.raises(InputError, match=r"no task 'detcet'.*detect, repair"):
        library.rollback("detcet")


def test_deleting_a_model_in_between_keeps_the_history() -> None:
    for n, name in enumerate("abc"):
        make(name, seed=n)
        library.set_default(name)
    library.delete("b")
    assert find_model(None, "repair").id == "c"
    assert library.rollback("repair").id == "a"


def test_a_rollback_leads_to_another_model_whatever_was_deleted() -> None:
    make("a", seed=1)
    make("b", seed=2)
    for name in ("a", "b", "a"):
        library.set_default(name)
    library.delete("b")
    assert library.rollback("repair").id == "repair"


def test_a_default_of_another_task_counts_as_none(own_library: Path) -> None:
    """Such as a model that was taken away by hand, with another of its name in its place."""
    make("finder", task="detect")
    (own_library / library.DEFAULTS).write_text('{"repair": ["repair", "finder"]}')
    assert find_model(None, "repair").id == "repair"
    with pytest.raises(InputError, match="no earlier default"):
        library.rollback("repair")


def test_a_damaged_model_cannot_become_the_default(own_library: Path) -> None:
    make()
    path = own_library / "mine" / "fidelity.safetensors"
    data = bytearray(path.read_bytes())
    data[-9] ^= 4
    path.write_bytes(data)
    with pytest.raises(WeightsError, match="damaged or was changed"):
        library.set_default("mine")
    with pytest.raises(WeightsError, match="damaged or was changed"):
        package.export("mine", own_library.parent / "out")


@pytest.mark.parametrize(
    "text",
    ["", "{", "[]", "[" * 10**5, '{"version": 9, "model": {}}', '{"version": 1, "model": {"files": []}}'],
)
def test_one_damaged_model_does_not_hide_the_others(own_library: Path, text: str) -> None:
    make("a", seed=1)
    make("b", seed=2)
    (own_library / "a" / library.DESCRIPTION).write_text(text)
    found = library.read_library()
    assert [m.id for m in found.models][-1] == "b"
    assert [name for name, _ in found.damaged] == ["a"]
    library.delete("a")
    assert library.read_library().damaged == ()


WRONG_TYPES = {
    "title": None, "id": 5, "date": 5, "scores": [1], "hyper_parameters": None, "seed": "x", "forced": "no",
    "files": [{"role": "fidelity", "name": 5, "sha256": "x", "bytes": 1}], "task": ["repair"],
}  # fmt: skip


@pytest.mark.parametrize("key", WRONG_TYPES)
def test_values_of_other_types_are_a_damaged_description(own_library: Path, tmp_path: Path, key: str) -> None:
    entry = make("a")
    packed = package.export("a", tmp_path / "a")
    content = json.loads((entry.folder / library.DESCRIPTION).read_text())
    content["model"][key] = WRONG_TYPES[key]
    with zipfile.ZipFile(packed) as old, zipfile.ZipFile(tmp_path / "b", "w") as new:
        for name in old.namelist():
            new.writestr(name, json.dumps(content) if name == library.DESCRIPTION else old.read(name))
    with pytest.raises(WeightsError, match="damaged"):
        package.install_package(tmp_path / "b")
    assert ids()[-1] == "a" and left_over(own_library) == []
    if key != "id":  # in the library that is the name of the folder
        (entry.folder / library.DESCRIPTION).write_text(json.dumps(content))
        assert [name for name, _ in library.read_library().damaged] == ["a"]


def test_files_outside_of_the_model_are_not_reached(own_library: Path) -> None:
    make("a")
    path = own_library / "a" / library.DESCRIPTION
    content = json.loads(path.read_text())
    content["model"]["files"][0]["name"] = "../../secret"
    path.write_text(json.dumps(content))
    assert [name for name, _ in library.read_library().damaged] == ["a"]


def test_a_damaged_list_of_defaults_is_told_until_one_is_chosen(own_library: Path) -> None:
    make()
    library.set_default("mine")
    for text in ("[1", "[" * 10**5, '{"repair": "x"}', '{"repair": null}'):
        (own_library / library.DEFAULTS).write_text(text)
        with pytest.raises(WeightsError, match=r"cannot be read any more.*restorer models default"):
            find_model(None, "repair")
        assert find_model("repair", "repair").id == "repair"
        library.set_default("mine")
        assert find_model(None, "repair").id == "mine"
        assert library.rollback("repair").id == "repair"


def test_another_model_does_not_take_the_place_of_a_damaged_default(own_library: Path) -> None:
    make()
    library.set_default("mine")
    (own_library / "mine" / "model.json").write_text("{")
    with pytest.raises(WeightsError, match=r"'mine' is damaged.*restorer models default"):
        find_model(None, "repair")
    assert find_model(None, "detect").id == "detect"
    library.set_default("repair")
    assert find_model(None, "repair").id == "repair"


def test_export_and_install_again(own_library: Path, tmp_path: Path) -> None:
    entry = make()
    target = package.export("mine", tmp_path / "away")
    assert target.name == "away.restorer-model"
    with pytest.raises(OutputError, match="exists already"):
        package.export("mine", tmp_path / "away")
    again = package.install_package(target)
    assert again.id == "mine-2" and again.source == "fine-tuned"
    assert replace(again, id="mine") == entry
    card = library.card_path(again)
    assert card is not None and card.read_text() == "# Mine\n"
    assert package.install_package(package.export("detect", tmp_path / "d")).source == "imported"


def test_a_model_with_a_compact_update_is_exported_with_it(own_library: Path, tmp_path: Path) -> None:
    entry = find_model("repair", "repair")
    assert entry.file("update") is not None
    again = package.install_package(package.export("repair", tmp_path / "away"))
    assert again.fingerprint == entry.fingerprint
    before, after = (load_network(model, 0.5).state_dict() for model in (entry, again))
    assert all(torch.equal(before[name], after[name]) for name in before)


def test_a_model_of_any_date_and_with_any_card_is_exported(own_library: Path, tmp_path: Path) -> None:
    entry = make()
    os.utime(entry.folder / "fidelity.safetensors", (0, 0))
    (entry.folder / library.CARD).write_bytes("# Größe\n".encode("latin-1"))
    assert library.read_card(entry) == "# Gr\ufffd\ufffde\n"
    again = package.install_package(package.export("mine", tmp_path / "away"))
    assert again.fingerprint == entry.fingerprint and library.read_card(again) == library.read_card(entry)


def test_an_export_never_takes_the_place_of_something_else(
    own_library: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make()
    link = tmp_path / "link.restorer-model"
    link.symlink_to(tmp_path / "nowhere")
    monkeypatch.chdir(tmp_path)
    for taken in (link, Path(), Path(".."), tmp_path):
        with pytest.raises(OutputError, match="exists already"):
            package.export("mine", taken)
    assert link.is_symlink()
    target, original = tmp_path / "away.restorer-model", zipfile.ZipFile.write

    def meanwhile(self: zipfile.ZipFile, *args: object) -> None:
        target.write_text("of another program")
        original(self, *args)  # type: ignore[arg-type]

    monkeypatch.setattr(zipfile.ZipFile, "write", meanwhile)
    with pytest.raises(OutputError, match="exists already"):
        package.export("mine", target)
    assert target.read_text() == "of another program" and left_over(tmp_path) == []


def test_packages_that_are_damaged_are_refused(own_library: Path, tmp_path: Path) -> None:
    make()
    data = package.export("mine", tmp_path / "away").read_bytes()
    flipped = bytearray(data)
    flipped[len(data) // 2] ^= 1
    for content in (data[: len(data) // 2], bytes(flipped), b"", b"PK\x05\x06" + bytes(18)):
        broken = tmp_path / "broken.restorer-model"
        broken.write_bytes(content)
        with pytest.raises(WeightsError, match="damaged or incomplete"):
            package.install_package(broken)
    with zipfile.ZipFile(tmp_path / "evil.restorer-model", "w") as archive:
        content = json.loads((own_library / "mine" / library.DESCRIPTION).read_text())
        content["model"]["files"][0]["name"] = "../evil"
        archive.writestr(library.DESCRIPTION, json.dumps(content))
        archive.writestr(library.CARD, "")
        archive.writestr("../evil", b"x")
    with pytest.raises(WeightsError):
        package.install_package(tmp_path / "evil.restorer-model")
    assert ids()[-1] == "mine" and left_over(own_library) == []
    assert not (own_library / "evil").exists() and not (own_library.parent / "evil").exists()


def test_a_full_disk_leaves_nothing(own_library: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    make("a")
    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(OutputError, match="the disk is full"):
        make("b", seed=3)
    monkeypatch.undo()
    monkeypatch.setenv(library.VARIABLE, str(own_library))
    assert ids()[-1] == "a" and left_over(own_library) == []


def test_what_a_killed_import_left_behind_goes_with_a_later_one(own_library: Path) -> None:
    left = [own_library / name for name in (".new-old", ".deleted-old", ".new-fresh")]
    for folder in left:
        folder.mkdir(parents=True)
        (folder / "weights.safetensors").write_bytes(b"half")
    for folder in left[:2]:
        os.utime(folder, (0, 0))
    make()
    assert left_over(own_library) == [".new-fresh"]  # another program may be at work on it


def test_a_model_that_is_called_like_a_newer_shipped_one_gets_another_name(own_library: Path) -> None:
    make("mine")
    taken = find_model(None, "repair").id
    library.set_default("mine")
    (own_library / "mine").rename(own_library / taken)  # as an update of the program would find it
    library._write_defaults({"repair": [taken]})
    assert ids() == [*(m.id for m in shipped()), f"{taken}-2"]
    assert find_model(None, "repair").id == f"{taken}-2" and find_model(taken, "repair").source == "shipped"
    verify(library.rename(f"{taken}-2", "mine"))


def test_a_folder_that_was_copied_by_hand_can_be_renamed_and_deleted(own_library: Path) -> None:
    make()
    for name in ("Mine (copy)", "Mine.old."):
        shutil.copytree(own_library / "mine", own_library / name)
        assert name in ids()
    assert library.rename("Mine (copy)", "other").id == "other"
    library.delete("Mine.old.")
    assert ids()[len(shipped()) :] == ["mine", "other"]
    for elsewhere in ("../library/mine", str(own_library / "mine"), "", ".", ".."):
        with pytest.raises(InputError, match="There is no model"):
            library.delete(elsewhere)
    assert "mine" in ids()


def test_a_damaged_model_is_named(own_library: Path) -> None:
    entry = make()
    path = own_library / "mine" / "fidelity.safetensors"
    path.write_bytes(path.read_bytes() + b"x")
    with pytest.raises(WeightsError, match=r"'fidelity\.safetensors' of the model 'mine' is damaged"):
        verify(entry)
    path.unlink()
    with pytest.raises(WeightsError, match=r"'fidelity\.safetensors' of the model 'mine' is missing"):
        verify(entry)


@pytest.fixture
def failed_drive(own_library: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of the library, on a drive of which nothing can be read."""
    make("small")
    fail_drive(own_library, monkeypatch)
    return own_library


def test_a_library_that_cannot_be_read_is_told_and_the_shipped_models_stay(failed_drive: Path) -> None:
    found = library.read_library()
    assert found.models == shipped() and found.damaged == ()
    assert found.unread == f"The model library in '{failed_drive}' cannot be read: Input/output error."
    assert library.get("repair").default and library.free_id("scan") == "scan"
    with pytest.raises(InputError, match="There is no model 'small'"):
        library.delete("small")
    with pytest.raises(OutputError, match="The default cannot be stored: Input/output error"):
        library.set_default("vae-gan")
    with pytest.raises(OutputError, match="cannot be written into the library: Input/output error"):
        library.new_model_folder().__enter__()


def test_a_library_that_is_not_there_yet_is_no_fault(own_library: Path) -> None:
    assert library.read_library().unread == ""


def test_a_model_that_may_not_be_read_is_told(own_library: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make("small")
    original = Path.read_text

    def refused(self: Path, *given: object, **more: object) -> str:
        if self.name == library.DESCRIPTION:
            raise PermissionError(13, "Permission denied")
        return original(self, *given, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(Path, "read_text", refused)
    assert [name for name, _ in library.read_library().damaged] == ["small"]


def test_a_default_that_is_renamed_on_a_full_disk_stays_the_default(monkeypatch: pytest.MonkeyPatch) -> None:
    make("first")
    library.set_default("first")
    original = library._write_defaults

    def full(content: dict[str, list[str]]) -> None:
        raise OutputError("The default cannot be stored: the disk is full.")

    monkeypatch.setattr(library, "_write_defaults", full)
    with pytest.raises(OutputError, match="disk is full"):
        library.rename("first", "second")
    assert find_model(None, "repair").id == "first"  # nothing was done
    writes: list[dict[str, list[str]]] = []

    def once(content: dict[str, list[str]]) -> None:
        if writes:
            full(content)
        writes.append(content)
        original(content)

    monkeypatch.setattr(library, "_write_defaults", once)
    assert library.rename("first", "second").default
    monkeypatch.setattr(library, "_write_defaults", original)
    assert library.rollback("repair").id == "repair"


@pytest.mark.parametrize("first", ["set_default", "rollback", "rename"])
def test_of_two_defaults_that_are_chosen_at_once_none_is_lost(
    first: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    make("a", seed=1)
    make("b", seed=2)
    make("finder", task="detect", seed=3)
    library.set_default("a")
    write, others = library._write_defaults, list[threading.Thread]()

    def meanwhile(content: dict[str, list[str]]) -> None:
        if not others:  # another program, just before this one writes what it has made of what it had read
            others.append(threading.Thread(target=library.set_default, args=("finder",)))
            others[0].start()
            others[0].join(0.3)
        write(content)

    monkeypatch.setattr(library, "_write_defaults", meanwhile)
    {
        "set_default": lambda: library.set_default("b"),
        "rollback": lambda: library.rollback("repair"),
        "rename": lambda: library.rename("a", "c"),
    }[first]()
    others[0].join()
    assert find_model(None, "detect").id == "finder"
    assert find_model(None, "repair").id == {"set_default": "b", "rollback": "repair", "rename": "c"}[first]


def test_a_lock_that_cannot_be_had_keeps_no_default_from_being_chosen(
    own_library: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make("a")
    (own_library / library.LOCK).mkdir()
    assert library.set_default("a").default


@pytest.mark.skipif(os.name == "nt", reason="Windows has other permissions")
def test_others_who_share_a_library_see_its_defaults_and_models(own_library: Path) -> None:
    before = os.umask(0o022)
    try:
        make("a")
        library.set_default("a")
    finally:
        os.umask(before)
    for path in (own_library / library.DEFAULTS, own_library / "a" / library.DESCRIPTION):
        assert path.stat().st_mode & 0o044 == 0o044
