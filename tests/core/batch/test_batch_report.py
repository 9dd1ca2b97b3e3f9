"""What the page of a batch tells before its table, which may have thousands of rows."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import tifffile

from restorer.batch import report as batch_report
from tests.core.batch.support import photographs, run_batch


def test_what_failed_and_what_was_left_out_stand_above_the_table(tmp_path: Path) -> None:
    source, out = tmp_path / "in", tmp_path / "out"
    photographs(source, "a.png", "clean.png")
    (source / "b <i>.png").write_bytes(b"no picture")
    for name in ("c.tif", "d.tif"):
        tifffile.imwrite(source / name, np.zeros((3, 40, 50, 3), np.uint8), photometric="rgb")
    assert run_batch(out, [source]).counts["failed"] == 1
    above, table = (out / "report.html").read_text().split("<table>")
    assert '<h2>Failed</h2><ul><li><a href="#2">' in above and 'id="2"' in table
    assert "b &lt;i&gt;.png</a>: &#x27;b &lt;i&gt;.png&#x27; is not a photograph that can be read." in above
    assert "<li>2 photographs: Only the first of 3 pages was read.</li>" in above
    assert "clean.png" not in above


def test_where_nothing_failed_nothing_is_said_of_it(tmp_path: Path) -> None:
    photographs(tmp_path / "in", "a.png")
    run_batch(tmp_path / "out", [tmp_path / "in"])
    assert "<h2>" not in (tmp_path / "out" / "report.html").read_text()


def test_of_very_many_failures_the_first_stand_above(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batch_report, "MOST_LISTED", 2)
    (tmp_path / "in").mkdir()
    for number in range(3):
        (tmp_path / "in" / f"{number}.png").write_bytes(b"no picture")
    run_batch(tmp_path / "out", [tmp_path / "in"])
    above = (tmp_path / "out" / "report.html").read_text().split("<table>")[0]
    assert "0.png" in above and "2.png" not in above and "<li>1 more in the table</li>" in above


def test_a_report_that_a_person_has_changed_is_kept(tmp_path: Path) -> None:
    source, out = tmp_path / "in", tmp_path / "out"
    photographs(source, "a.png")
    run_batch(out, [source])
    own = (out / "report.csv").read_text().replace("done", "done; checked by AB")
    (out / "report.csv").write_text(own)
    photographs(source, "b.png", seed=5)
    for _ in range(2):
        run_batch(out, [source], resume=True)
    assert (out / "report-before-1.csv").read_text() == own
    assert "b.png" in (out / "report.csv").read_text()
    reports = sorted(path.name for path in out.glob("report*"))
    assert reports == ["report-before-1.csv", "report.csv", "report.html", "report.json"]
