from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given, strategies as st

from ui.settings import RECENT_FILES, Settings, SettingsStore, from_json

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)


@given(JSON | st.dictionaries(st.sampled_from([*Settings.__dataclass_fields__]), JSON))
def test_any_json_gives_settings_of_the_right_types_and_ranges(content: object) -> None:
    value = from_json(content)
    for name, default in Settings().__dict__.items():
        assert type(getattr(value, name)) is type(default), name
    assert value.theme in ("system", "light", "dark") and 0 <= value.detail <= 1
    assert 1 <= value.export_quality <= 100


def test_what_is_changed_is_there_the_next_time(tmp_path: Path) -> None:
    store = SettingsStore(tmp_path / "a" / "b")
    assert store.value == Settings()
    store.change(theme="dark", detail=0.3, recent=("/x/y.png",))
    again = SettingsStore(tmp_path / "a" / "b")
    assert again.value == store.value and again.value.detail == 0.3
    assert [p.name for p in (tmp_path / "a" / "b").iterdir()] == ["settings.json"]


def test_values_that_are_wrong_are_the_default_and_the_others_stay(tmp_path: Path) -> None:
    store = SettingsStore(tmp_path)
    bad = {"theme": "pink", "detail": 7, "language": "zh_CN", "grow_px": True, "export_quality": "high"}
    store.path.write_text(json.dumps(bad))
    value = SettingsStore(tmp_path).value
    assert value == Settings(language="zh_CN")


def test_a_damaged_file_begins_afresh(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "settings.json").write_text("{ not json")
    assert SettingsStore(tmp_path).value == Settings()
    caplog.clear()


def test_recent_files_are_unique_latest_first_and_few() -> None:
    value = Settings()
    for i in [*range(20), 5]:
        value = value.with_recent(Path(f"/p/{i}.png"))
    assert value.recent[0] == "/p/5.png" and len(value.recent) == RECENT_FILES == len(set(value.recent))


def test_a_folder_that_cannot_be_written_does_not_stop_the_work(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("")
    store = SettingsStore(blocked)
    store.change(theme="dark")
    assert store.value.theme == "dark"
    assert caplog.records
    caplog.clear()
