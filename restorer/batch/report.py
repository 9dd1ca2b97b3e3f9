"""What a batch tells about itself: report.json, report.csv, and report.html with the pictures inside."""

from __future__ import annotations

import base64
import csv
import html
import io
import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from restorer import __version__
from restorer.batch.files import is_there
from restorer.batch.passed import told
from restorer.batch.queue import STATES, Item, Queue
from restorer.errors import OutputError, printable
from restorer.hashes import sha256_of
from restorer.new_files import new_file, set_aside
from restorer.record.recipe import Recipe, as_json
from restorer.record.report import peak_memory_mib

MOST_EMBEDDED = 2000  # items whose pictures lie inside the page; those after them are linked
MOST_LISTED = 200  # failures that are listed above the table
PAGE = 500  # items read from the list at once

_COLUMNS = (
    *("number", "state", "source", "sha256", "output", "output_sha256", "mask", "reason", "kind"),
    *("width", "height", "damage_score", "regions", "share_found", "share_repaired", "changed_inside"),
    *("changed_outside", "seconds", "device", "notices"),
)

_STYLE = """
body{font:15px/1.45 system-ui,sans-serif;margin:2em auto;max-width:76em;padding:0 1em;
color:#222;background:#fff}
table{border-collapse:collapse;width:100%}th,td{text-align:left;vertical-align:top;padding:.4em .6em;
border-bottom:1px solid #ddd;overflow-wrap:anywhere}img{max-width:11em;max-height:11em;display:block}
li{overflow-wrap:anywhere}.failed{background:#fdeceb}.state{font-weight:600}small{color:#555}
@media(prefers-color-scheme:dark){body{color:#ddd;background:#1b1b1b}th,td{border-color:#444}
.failed{background:#4a2523}small{color:#aaa}}
"""


def write_reports(
    queue: Queue, out: Path, staging: Path, recipe: Recipe, stopped: str | None, passed: Mapping[str, int]
) -> None:
    """Write the three reports into `out`, each in one step; former ones of the same batch are replaced, but
    those that a person has changed since are kept under a free name.

    Args:
        queue: the list.
        out: the output folder.
        staging: where they lie until they are whole, so that nothing half is left when the program is killed.
        recipe: what was done.
        stopped: why the batch stopped before its end.
        passed: how many files were passed over, by ending.

    Raises:
        OutputError: they cannot be written.
    """
    parts = (
        _json_parts(queue, recipe, stopped, passed),
        _csv_lines(queue),
        _html_parts(queue, out, stopped, passed),
    )
    for name, content in zip(("report.json", "report.csv", "report.html"), parts, strict=True):
        with new_file(staging / name, overwrite=True) as (stream, _):
            stream.writelines(part.encode() for part in content)
        known, digest = queue.get(f"sha256 of {name}"), sha256_of(staging / name)
        try:
            if is_there(out / name) and sha256_of(out / name) != known:
                set_aside(out / name)
            queue.put(f"sha256 of {name}", digest)
            (staging / name).replace(out / name)
        except OSError as error:
            raise OutputError(f"'{out / name}' cannot be written: {error.strerror}.") from error


def count_notices(queue: Queue) -> dict[str, int]:
    """How many photographs each notice is about, the most frequent first: what had to be converted, what was
    left out."""
    told = Counter(text for item in _items(queue) for text in (item.report or {}).get("notices") or ())
    return dict(told.most_common())


def _items(queue: Queue) -> Iterator[Item]:
    start = 0
    while found := queue.items(start=start, limit=PAGE):
        yield from found
        start += len(found)


def _entry(item: Item) -> dict[str, Any]:
    """One item as the JSON and the table tell of it."""
    entry: dict[str, Any] = dict(item.report or {})
    finished = item.state == "done"
    entry |= {"number": item.id, "state": item.state, "source": printable(item.path), "sha256": item.sha256}
    found = item.mask if item.state in ("done", "clean") else None
    entry |= {"output": item.target if finished else None, "mask": found}
    entry |= {"output_sha256": item.output_sha256 if finished else None, "thumbnail_before": item.before}
    entry |= {"thumbnail_after": item.after if finished else None}
    entry |= {"reason": printable(item.error) if item.error else None, "kind": item.kind}
    entry.pop("error", None)
    return entry


def _json_parts(
    queue: Queue, recipe: Recipe, stopped: str | None, passed: Mapping[str, int]
) -> Iterator[str]:
    head = {
        "application": "restorer",
        "version": __version__,
        "recipe": as_json(recipe),
        "counts": queue.counts(),
        "stopped": stopped,
        "passed_over": dict(passed),
        "peak_memory_mib": peak_memory_mib(),
    }
    yield json.dumps(head, indent=1, ensure_ascii=False)[:-2] + ',\n "photographs": ['
    for number, item in enumerate(_items(queue)):
        yield (",\n" if number else "\n") + json.dumps(_entry(item), ensure_ascii=False)
    yield "\n]}\n"


def _csv_lines(queue: Queue) -> Iterator[str]:
    yield "\ufeff" + ",".join(_COLUMNS) + "\r\n"  # the mark tells spreadsheets that it is UTF-8
    for item in _items(queue):
        entry = _entry(item)
        entry["seconds"] = round(sum((entry.get("seconds") or {}).values()), 2) if item.report else None
        entry["notices"] = " ".join(entry.get("notices") or [])
        line = io.StringIO()
        csv.writer(line).writerow([_cell(entry.get(name)) for name in _COLUMNS])
        yield line.getvalue()


def _cell(value: Any) -> Any:
    """A value that no spreadsheet takes for a formula."""
    if isinstance(value, str) and value[:1] in ("=", "+", "-", "@", "\t", "\r"):
        return "'" + value
    return value


def _html_parts(queue: Queue, out: Path, stopped: str | None, passed: Mapping[str, int]) -> Iterator[str]:
    counts = {state: count for state, count in queue.counts().items() if count}
    total = ", ".join(f"{count} {state}" for state, count in counts.items()) or "nothing"
    yield (
        '<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" '
        'content="width=device-width"><title>Restorer: batch</title>'
        f"<style>{_STYLE}</style></head><body><h1>Batch</h1><p>{html.escape(total)}.</p>"
    )
    if stopped:
        yield f"<p><strong>{html.escape(printable(stopped))}</strong></p>"
    if passed:
        yield f"<p>{html.escape(told(passed))}</p>"
    yield _list("Failed", _failures(queue, counts.get("failed", 0)))
    notices = (
        f"{of_photographs(count)}: {html.escape(text)}" for text, count in count_notices(queue).items()
    )
    yield _list("Converted or left out", notices)
    yield (
        "<table><thead><tr><th>#</th><th>Before</th><th>After</th><th>Photograph</th><th>State</th>"
        "<th>Damage</th></tr></thead><tbody>\n"
    )
    for number, item in enumerate(_items(queue)):
        yield _row(item, out, number < MOST_EMBEDDED)
    yield "</tbody></table></body></html>\n"


def _list(title: str, lines: Iterable[str]) -> str:
    """A list with a title above it; nothing for no lines."""
    entries = "".join(f"<li>{line}</li>" for line in lines)
    return f"<h2>{title}</h2><ul>{entries}</ul>\n" if entries else ""


def _failures(queue: Queue, count: int) -> Iterator[str]:
    for item in queue.items(("failed",), limit=MOST_LISTED):
        path, reason = html.escape(printable(item.path)), html.escape(printable(item.error or ""))
        yield f'<a href="#{item.id}">{path}</a>: {reason}'
    if count > MOST_LISTED:
        yield f"{count - MOST_LISTED} more in the table"


def of_photographs(count: int) -> str:
    """A number of photographs in words."""
    return "1 photograph" if count == 1 else f"{count} photographs"


def _row(item: Item, out: Path, embed: bool) -> str:
    entry = _entry(item)
    before = _picture(out, entry["thumbnail_before"], "before", embed)
    after = _picture(out, entry["thumbnail_after"], "after", embed)
    texts = [html.escape(text) for text in (entry["reason"], *(entry.get("notices") or [])) if text]
    score = entry.get("damage_score")
    damage = "" if score is None else f"{score:.0f}<br><small>{entry.get('share_found') or 0:.2%}</small>"
    output = f"<br><small>{html.escape(entry['output'])}</small>" if entry["output"] else ""
    assert item.state in STATES
    return (
        f'<tr class="{item.state}" id="{item.id}"><td>{item.id}</td><td>{before}</td><td>{after}</td>'
        f"<td>{html.escape(entry['source'])}{output}</td>"
        f'<td><span class="state">{item.state}</span><br>{"<br>".join(texts)}</td><td>{damage}</td></tr>\n'
    )


def _picture(out: Path, name: str | None, what: str, embed: bool) -> str:
    if not name:
        return ""
    try:
        data = (out / name).read_bytes() if embed else b""
    except OSError:
        return ""
    address = "data:image/jpeg;base64," + base64.b64encode(data).decode() if embed else html.escape(name)
    return f'<img loading="lazy" alt="{what}" src="{address}">'
