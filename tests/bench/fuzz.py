"""Files that nobody meant to write: mutated pictures, projects, journals, sidecars, recipes and settings.

    python -m tests.bench.fuzz --cases 100000 --workers 2

Every case is made from its number, so it can be made again (`--only NUMBER`). A case must end within
`SECONDS`, take no more memory than `LIMITS` says, and raise nothing but a RestorerError; processes that crash
or hang are found by their parent, which goes on with the next case. Findings are printed and, with --keep,
their files are kept.
"""

from __future__ import annotations

import argparse
import collections
import contextlib
import json
import logging
import multiprocessing
import sys
import tempfile
import time
import traceback
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from tests.bench.fuzz_targets import LIMITS, TARGETS, Target, make_targets, mutated

SECONDS = 20.0
ADDRESS_SPACE = 4 << 30  # beyond what a process has when it starts: a guard for the machine, not the limit
MB = 1 << 20


@dataclass(frozen=True)
class Finding:
    """A case that did what it must not do.

    Attributes:
        case: its number.
        target: what was fuzzed.
        kind: "error", "memory", "hang" or "crash".
        detail: traceback, bytes, or signal.
    """

    case: int
    target: str
    kind: str
    detail: str


def run_case(targets: dict[str, Target], number: int, seed: int, folder: Path) -> Finding | None:
    """Make and run one case in this process."""
    target, content = mutated(targets, number, seed)
    path = folder / f"case{target.suffix}"
    path.write_bytes(content)
    _reset_peak()
    before = _memory("VmRSS")
    try:
        target.run(path)
    except BaseException as error:
        if not target.expects(error):
            return Finding(number, target.name, "error", "".join(traceback.format_exception(error)[-6:]))
    finally:
        path.unlink(missing_ok=True)
    grown = _memory("VmHWM") - before
    if grown > LIMITS[target.name]:
        return Finding(number, target.name, "memory", f"{grown / MB:.0f} MB")
    return None


def _reset_peak() -> None:
    with contextlib.suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5")


def _memory(name: str) -> int:
    """Bytes, from Linux; 0 elsewhere."""
    with contextlib.suppress(OSError):
        for line in Path("/proc/self/status").read_text().splitlines():
            if line.startswith(name + ":"):
                return int(line.split()[1]) * 1024
    return 0


# --- processes


def _work(share: Any, found: str, start: int, stop: int, step: int, seed: int, wanted: list[str]) -> None:
    """Cases start, start + step, ... of one process; `share` says which one runs."""
    logging.disable()
    with tempfile.TemporaryDirectory(prefix="restorer-fuzz-") as name:
        folder = Path(name)
        targets = make_targets(folder, wanted)
        with contextlib.suppress(ImportError):
            import resource

            most = _memory("VmSize") + ADDRESS_SPACE
            resource.setrlimit(resource.RLIMIT_AS, (most, most))
        for number in range(start, stop, step):
            share.value = number
            finding = run_case(targets, number, seed, folder)
            if finding is not None:
                with Path(found).open("a") as stream:
                    stream.write(json.dumps(asdict(finding)) + "\n")
        share.value = stop


class Worker:
    """A process, and what takes its place when it crashes or hangs."""

    def __init__(self, first: int, options: argparse.Namespace, found: Path) -> None:
        self._options, self._found, self._next = options, found, first
        self._share = multiprocessing.get_context("spawn").Value("q", -1)
        self.findings: list[Finding] = []
        self._start()

    def _start(self) -> None:
        o = self._options
        arguments = (self._share, str(self._found), self._next, o.cases, o.workers, o.seed, o.targets)
        self._share.value = -1
        self._process = multiprocessing.get_context("spawn").Process(target=_work, args=arguments)
        self._process.start()
        self._case, self._since = -1, time.monotonic()

    @property
    def done(self) -> int:
        """Number of the case that runs."""
        return self._case

    def poll(self) -> bool:
        """Look after it; False once all of its cases are done."""
        case = self._share.value
        if case != self._case:
            self._case, self._since = case, time.monotonic()
        if not self._process.is_alive():
            if self._process.exitcode == 0:
                return False
            self._replace("crash", f"exit code {self._process.exitcode}")
        elif case >= 0 and time.monotonic() - self._since > SECONDS:
            self._process.kill()
            self._process.join()
            self._replace("hang", f"more than {SECONDS:.0f} s")
        return True

    def _replace(self, kind: str, detail: str) -> None:
        case = self._share.value
        if case < 0:
            raise SystemExit("a process ended before its first case")
        names = [name for name in TARGETS if name in self._options.targets]
        self.findings.append(Finding(case, names[case % len(names)], kind, detail))
        self._next = case + self._options.workers
        if self._next < self._options.cases:
            self._start()


def run(options: argparse.Namespace) -> list[Finding]:
    """All cases in several processes."""
    with tempfile.TemporaryDirectory(prefix="restorer-fuzz-") as name:
        files = [Path(name) / f"{index}.jsonl" for index in range(options.workers)]
        workers = [Worker(index, options, file) for index, file in enumerate(files)]
        began, shown = time.monotonic(), 0.0
        active = list(workers)
        while active:
            active = [worker for worker in active if worker.poll()]
            time.sleep(0.2)
            if time.monotonic() - shown > 15:
                shown = time.monotonic()
                cases = min((w.done for w in active), default=options.cases)
                print(f"{cases} of {options.cases} cases, {shown - began:.0f} s", flush=True)
        found = [finding for worker in workers for finding in worker.findings]
        for file in files:
            lines = file.read_text().splitlines() if file.exists() else []
            found += [Finding(**json.loads(line)) for line in lines]
        print(f"{options.cases} cases in {time.monotonic() - began:.0f} s")
    return sorted(found, key=lambda finding: finding.case)


def keep(options: argparse.Namespace, findings: list[Finding]) -> None:
    """Write the files of the findings into a folder."""
    options.keep.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as name:
        targets = make_targets(Path(name), options.targets)
    for finding in findings:
        target, content = mutated(targets, finding.case, options.seed)
        (options.keep / f"{finding.case}{target.suffix}").write_bytes(content)


def main() -> int:
    """The command."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--cases", type=int, default=100_000)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--targets", nargs="*", default=list(TARGETS), choices=TARGETS)
    parser.add_argument("--only", type=int, help="run this case alone, in this process")
    parser.add_argument("--keep", type=Path, help="folder for the files of the findings")
    options = parser.parse_args()
    if options.only is not None:
        with tempfile.TemporaryDirectory() as name:
            targets = make_targets(Path(name), options.targets)
            finding = run_case(targets, options.only, options.seed, Path(name))
        findings = [finding] if finding is not None else []
    else:
        findings = run(options)
    if options.keep is not None:
        keep(options, findings)
    for finding in findings:
        print(f"\n#{finding.case} {finding.target}: {finding.kind}\n{finding.detail}")
    print(dict(collections.Counter((f.target, f.kind) for f in findings)) or "nothing found")
    return bool(findings)


if __name__ == "__main__":
    sys.exit(main())
