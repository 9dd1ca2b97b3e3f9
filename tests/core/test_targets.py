"""Where the results of `restorer repair` go."""

from __future__ import annotations

import errno
import os
import unicodedata
from pathlib import Path

import pytest

from restorer.cli.commands import RepairOptions, check_targets
from restorer.errors import OutputError
from restorer.image.reading import open_photo
from restorer.new_files import new_file
from tests.core.batch.support import photographs


def test_names_that_some_file_system_takes_for_one_are_numbered(tmp_path: Path) -> None:
    composed, apart = (unicodedata.normalize(form, "caf\u00e9.tif") for form in ("NFC", "NFD"))
    named = ("one/Scan.tif", "two/scan.tif", "one/" + composed, "two/" + apart, "one/b.bmp", "two/B.bmp")
    paths = photographs(tmp_path, *named)
    out = tmp_path / "out"
    out.mkdir()
    targets = check_targets(paths, out, RepairOptions())
    names = [unicodedata.normalize("NFC", target.path.name) for target in targets]
    assert names[:2] == ["Scan-restored.tif", "scan-restored-2.tif"]
    assert names[2:4] == ["caf\u00e9-restored.tif", "caf\u00e9-restored-2.tif"]
    photo = open_photo(paths[0])
    assert [t.ending(photo, sidecar=False) for t in targets] == [t.path for t in targets]


def test_a_folder_that_is_not_there_yet_is_told_from_a_file_without_an_ending(tmp_path: Path) -> None:
    photos = photographs(tmp_path, "a.png", "b.png")
    for chosen in (photos, photos[:1]):
        with pytest.raises(OutputError, match="new' is not a folder") as told:
            check_targets(chosen, tmp_path / "new", RepairOptions())
        assert "existing folder" in str(told.value.hint)
    assert check_targets(photos[:1], tmp_path / "new.png", RepairOptions())[0].path == tmp_path / "new.png"


@pytest.mark.parametrize("letter", ["L", "\U0001f600"])
def test_a_photograph_with_the_longest_name_gets_a_result(letter: str, tmp_path: Path) -> None:
    photo = tmp_path / (letter * (251 // len(letter.encode())) + ".png")
    photo.touch()
    for number in range(12):
        (target,) = check_targets([photo], None, RepairOptions(sidecar=True))
        for path in (target.path, target.path.with_name(target.path.name + ".mask.tif")):
            path.touch()  # the system takes it
        assert target.path.stem.startswith(letter * 40) and (
            number == 0 or str(number + 1) in target.path.stem
        )


def test_a_name_that_is_too_long_for_a_record_is_told_before_the_work(tmp_path: Path) -> None:
    photos = photographs(tmp_path, "a.png")
    target = tmp_path / ("b" * 246 + ".png")
    assert check_targets(photos, target, RepairOptions())
    with pytest.raises(OutputError, match="too long"):
        check_targets(photos, target, RepairOptions(sidecar=True))


def test_a_folder_that_may_not_be_written_to_is_told_before_the_work(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (photo,) = photographs(tmp_path, "a.png")
    access = os.access  # whoever runs the tests may write everywhere
    monkeypatch.setattr(os, "access", lambda path, mode: mode != os.W_OK and access(path, mode))
    with pytest.raises(OutputError, match="may not be written to"):
        check_targets([photo], None, RepairOptions())


def test_a_name_that_the_drive_does_not_take_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise OSError(errno.EINVAL, "Invalid argument")

    monkeypatch.setattr(Path, "open", refuse)
    with (
        pytest.raises(OutputError, match=r"takes no file called 'a:b\.png'") as told,
        new_file(tmp_path / "a:b.png"),
    ):
        pass
    assert told.value.hint == "Choose another name."


def memory_card(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every drive takes letters only that FAT knows, as Linux tells: in creating, not in looking."""
    opened, linked = os.open, os.link

    def refuse(path: object) -> None:
        if set(os.fsdecode(os.path.basename(str(path)))) & set('<>:"|?*'):  # noqa: PTH119
            raise OSError(errno.EINVAL, "Invalid argument", str(path))

    def create(path: str, flags: int, *given: int, **named: int) -> int:
        if flags & os.O_CREAT:
            refuse(path)
        return opened(path, flags, *given, **named)

    def link(source: str, target: str, **named: bool) -> None:
        refuse(target)
        linked(source, target, **named)

    monkeypatch.setattr(os, "open", create)
    monkeypatch.setattr(os, "link", link)


@pytest.mark.skipif(os.name == "nt", reason="no drive takes such names there")
@pytest.mark.parametrize("named", ["mine?.png", "a" * 80 + ":.png"])
def test_a_name_that_the_drive_does_not_take_is_told_before_the_work(
    named: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    photos = photographs(tmp_path, "a.png")
    memory_card(monkeypatch)
    before = sorted(tmp_path.iterdir())
    with pytest.raises(OutputError, match="takes no file called"):
        check_targets(photos, tmp_path / named, RepairOptions())
    for options in (RepairOptions(save_mask=tmp_path / named),):
        with pytest.raises(OutputError, match="takes no file called"):
            check_targets(photos, None, options)
    with pytest.raises(OutputError, match="takes no file called"):
        check_targets(photos, None, RepairOptions(), tmp_path / "re:port.json")
    assert check_targets(photos, tmp_path / "b.png", RepairOptions())
    assert sorted(tmp_path.iterdir()) == before


@pytest.mark.skipif(os.name == "nt", reason="no drive takes such names there")
def test_a_name_that_nobody_chose_is_made_fit_for_the_drive(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    named = ("Who? 1912.png", "one/Who_ 1912.png", "Plain.png")
    photos = photographs(tmp_path, *named)
    targets = check_targets(photos, None, RepairOptions())
    assert targets[0].path.name == "Who? 1912-restored.png"  # where the drive takes it
    out = tmp_path / "out"
    out.mkdir()
    memory_card(monkeypatch)
    names = [t.path.name for t in check_targets(photos, out, RepairOptions(sidecar=True))]
    assert names == ["Who_ 1912-restored.png", "Who_ 1912-restored-2.png", "Plain-restored.png"]


def test_a_full_disk_is_told_before_the_work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    photos = photographs(tmp_path, "a.png")
    monkeypatch.setattr(os, "open", full)
    with pytest.raises(OutputError, match="disk is full"):
        check_targets(photos, None, RepairOptions())
