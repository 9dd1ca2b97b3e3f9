from __future__ import annotations

import json
from pathlib import Path

import cv2
import numpy as np
import pytest
from click.testing import CliRunner

from restorer.errors import InputError, OutputError
from training.__main__ import main
from training.measuring import curves
from training.measuring.curves import COLOURS, draw_curves, draw_panel, read_log, ticks


def write_run(folder: Path, scores: list[float], detail_from: int = 99) -> Path:
    folder.mkdir(parents=True)
    rows = [
        {"step": i + 1, "seconds": 60.0 * (i + 1), "psnr_hole": v, "detail": float(i >= detail_from)}
        for i, v in enumerate(scores)
    ]
    (folder / "log.jsonl").write_text("".join(json.dumps(r) + "\n" for r in rows))
    return folder


def rows_of(panel: np.ndarray, number: int, column: int) -> np.ndarray:
    """Where the line of that number crosses a column."""
    return np.flatnonzero((panel[:, column] == COLOURS[number]).all(1))


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [
        (0, 10, [0, 2, 4, 6, 8, 10]),
        (20.1, 22.4, [20.5, 21, 21.5, 22]),
        (-0.03, 0.02, [-0.03, -0.02, -0.01, 0, 0.01, 0.02]),
    ],
)
def test_ticks_are_round(low: float, high: float, expected: list[float]) -> None:
    assert ticks(low, high) == pytest.approx(expected)


def test_the_better_run_lies_higher_and_rises(tmp_path: Path) -> None:
    good = read_log(write_run(tmp_path / "good", [20, 22, 24, 26]))
    bad = read_log(write_run(tmp_path / "bad", [20, 20.5, 21, 21.5]))
    panel = draw_panel({"good": good, "bad": bad}, "psnr_hole")
    for column in (400, 600):
        assert rows_of(panel, 0, column).mean() < rows_of(panel, 1, column).mean()
    assert rows_of(panel, 0, 600).mean() < rows_of(panel, 0, 400).mean()


def test_a_dot_marks_where_the_adversarial_part_begins(tmp_path: Path) -> None:
    flat = [20.0, 20.0, 20.0, 20.0]
    plain = draw_panel({"a": read_log(write_run(tmp_path / "a", flat))}, "psnr_hole")
    dotted = draw_panel({"a": read_log(write_run(tmp_path / "b", flat, detail_from=2))}, "psnr_hole")
    changed = np.argwhere((plain != dotted).any(2))
    assert len(changed) > 20 and np.ptp(changed, 0).max() <= 10


def test_the_command_writes_one_panel_per_figure(tmp_path: Path) -> None:
    run = write_run(tmp_path / "run", [20, 21])
    out = tmp_path / "curves.png"
    done = CliRunner().invoke(main, ["curves", str(run), "-o", str(out), "--figures", "psnr_hole,detail"])
    assert done.exit_code == 0, done.output
    picture = cv2.imread(str(out))
    assert picture is not None and picture.shape == (640, 900, 3)
    assert not list(tmp_path.glob("*.part"))


def test_what_cannot_be_drawn_is_told(tmp_path: Path) -> None:
    run = write_run(tmp_path / "run", [20, 21])
    with pytest.raises(InputError, match="not a log"):
        draw_curves([tmp_path], tmp_path / "a.png")
    with pytest.raises(InputError, match="No run has the figure 'nothing'"):
        draw_curves([run], tmp_path / "a.png", ["nothing"])
    (tmp_path / "a.png").write_bytes(b"mine")
    with pytest.raises(OutputError, match="exists already"):
        draw_curves([run], tmp_path / "a.png", ["psnr_hole"])
    assert (tmp_path / "a.png").read_bytes() == b"mine"


def test_runs_of_one_name_are_told_apart_and_a_cut_off_line_is_left_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = (write_run(tmp_path / place / "run", [20, 21]) for place in ("a", "b"))
    log = second / "log.jsonl"
    log.write_text(log.read_text() + '{"step": 99, "sec')
    drawn: list[object] = []
    panel = curves.draw_panel
    monkeypatch.setattr(curves, "draw_panel", lambda runs, *a: (drawn.append(dict(runs)), panel(runs, *a))[1])
    draw_curves([first, second], tmp_path / "a.png", ["psnr_hole"])
    assert drawn == [{str(first): read_log(first), str(second): read_log(first)}]
