"""Fine-tuning a model on the user's own photographs: prepare, plan, learn, judge, save."""

from __future__ import annotations

import datetime
import json
import os
import shutil
from contextlib import nullcontext, suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import torch

from restorer.device import Device, choose_device
from restorer.errors import InputError
from restorer.jobs import JobContext
from restorer.library import store as library
from restorer.library.store import writing
from restorer.library.weights import ModelEntry, fill_network
from restorer.models import build_model
from training.data.masks import MIX
from training.data.replay import read_replay
from training.fitting import checkpoint
from training.fitting.trainer import write_weights
from training.fitting.workers import Workers, join_workers, leave_workers
from training.measuring.verdict import Comparison, Verdict
from training.tuning.data import UserBank, open_bank
from training.tuning.ends import (
    Ends,
    move_ends,
    network_of,
    reach_verdict,
    read_ends,
    textured_gain,
    trained_role,
)
from training.tuning.plan import Plan, make_plan, read_plan, time_learning, write_plan
from training.tuning.setup import (
    FinetuneConfig,
    Groups,
    drop_banks,
    lock_run,
    look_through,
    make_source,
    make_task,
    own_run,
    prepare,
    usual_rate,
)  # fmt: skip
from training.tuning.tasks import USUAL_LOSSES
from training.tuning.tuner import Running, Tuner, TuneSettings, TuneState, run_tuning

RESULT = "result.json"


@dataclass(frozen=True)
class Outcome:
    """What came of a fine-tuning.

    Attributes:
        verdict: shipped against fine-tuned.
        entry: the new model; None where it was not better and nobody insisted.
        plan: what was planned.
        steps: steps done.
        seconds: of learning.
        share: of the way from the old to the new weights that was best, 0..1.
        carry: share of the difference that was added to the detail end, 0..1.
    """

    verdict: Verdict
    entry: ModelEntry | None
    plan: Plan
    steps: int
    seconds: float
    share: float
    carry: float = 1.0


def finetune(
    config: FinetuneConfig,
    ctx: JobContext | None = None,
    *,
    resume: bool = False,
    restart: bool = False,
    force: bool = False,
    running: Running | None = None,
    groups: Groups | None = None,
    plan: Plan | None = None,
    workers: Workers | None = None,
) -> Outcome | None:
    """Fine-tune a model and put it into the library if it is better.

    Cancelling leaves a checkpoint; with `resume` the run goes on from it, on a CPU to the same bits. A run
    whose verdict was against it can be resumed with `force` to keep its model all the same.

    Args:
        config: what to train, on what, and how.
        ctx: progress (`TuneLog` as detail while learning) and cancellation.
        resume: go on with the unfinished run of that name.
        restart: discard the unfinished run of that name first.
        force: save the model even if it is not better; its entry tells so.
        running: cleared to pause, set to go on.
        groups: photographs grouped before by `look_through`, so that they are not scanned again.
        plan: made before by `make_plan`, so that the computer is not measured again.
        workers: the processes that train together; None = those of torchrun, or this one alone.

    Returns:
        the outcome; None in all but the first of several processes that train together.

    Raises:
        InputError: settings or photographs that cannot be trained with; an unfinished run of that name, or
            one that another program works on.
        DeviceError: the memory does not suffice.
        OutputError: the disk is full; nothing half-written stays.
    """
    ctx = ctx or JobContext()
    parent = config.check(resume)
    if config.threads:
        torch.set_num_threads(config.threads)
    workers = workers or join_workers(config.device)
    if not workers.leads:  # one process tells, the others only listen for the end
        ctx = JobContext(is_cancelled=ctx.is_cancelled)
    try:
        device = choose_device(config.device)  # type: ignore[arg-type]
        ends = read_ends(parent)
        if workers.leads:
            check_name(config, resume, restart)
        with own_run(config.work) if workers.leads else nullcontext():
            if workers.leads and not resume:
                _make_ready(config, parent, ends, device, ctx.part(0.0, 0.15), groups, plan, workers)
            elif not resume and plan is None:
                _help_to_time(config, parent, device, workers)
            workers.wait()
            plan = read_plan(config, parent)
            return _learn_and_judge(config, parent, ends, plan, device, workers, ctx, running, force)
    finally:
        leave_workers(workers)


def _help_to_time(config: FinetuneConfig, parent: ModelEntry, device: Device, workers: Workers) -> None:
    ends = read_ends(parent)
    net = network_of(parent, ends[trained_role(ends)], device)
    time_learning(config, net, parent.task, device, workers)


def check_name(config: FinetuneConfig, resume: bool = False, restart: bool = False) -> None:
    """Whether a training may have its name; `restart` discards the unfinished one that has it.

    Raises:
        InputError: no plain name, taken, or that of an unfinished training.
    """
    library.check_new_id(config.name, trained=True)
    if restart:
        discard(config.name)
    if resume:
        return
    if is_unfinished(config.work):
        raise InputError(
            f"There is an unfinished training '{config.name}'.",
            "Go on with --resume, discard it with --restart, or choose another name.",
        )


def check_ahead(config: FinetuneConfig, resume: bool = False, restart: bool = False) -> None:
    """Meet at once what `finetune` would meet first; `restart` as there.

    Raises:
        InputError: the settings do not fit, or the name is taken.
    """
    config.check(resume)
    check_name(config, resume, restart)


def is_judged(work: Path) -> bool:
    """Whether the run in that folder has its verdict."""
    return (work / RESULT).is_file()


def unfinished_plan(config: FinetuneConfig) -> Plan | None:
    """The plan of the unfinished run with these settings, if there is one."""
    with suppress(InputError):
        return read_plan(config, config.check(resume=True))
    return None


def is_unfinished(work: Path) -> bool:
    """Whether the folder of a run holds something learnt, which a new run would lose."""
    return any(os.path.isfile(work / name) for name in (checkpoint.NAME, RESULT))  # noqa: PTH113 - drives fail


def _make_ready(
    config: FinetuneConfig, parent: ModelEntry, ends: Ends, device: Device, ctx: JobContext,
    groups: Groups | None, plan: Plan | None, workers: Workers,
) -> None:  # fmt: skip
    # Of a run that was broken off before it had learnt anything.
    (config.work / library.RUN_PLAN).unlink(missing_ok=True)
    groups = groups or look_through(config, ctx.part(0.0, 0.3))
    if plan is None:
        ctx.progress(0.3, "Measuring the speed of this computer")
        plan = _plan(config, groups, parent, ends, device, None, workers)
    with workers.others_waiting():
        prepare(config, groups, ctx.part(0.35, 0.65))
    write_plan(config, parent, plan)


def _plan(
    config: FinetuneConfig, groups: Groups, parent: ModelEntry, ends: Ends, device: Device,
    measured: Plan | None, workers: Workers | None = None,
) -> Plan:  # fmt: skip
    net = network_of(parent, ends[trained_role(ends)], device)
    return make_plan(config, groups, net, parent.task, device, measured, workers)


def plan_ahead(
    config: FinetuneConfig, groups: Groups, ctx: JobContext | None = None, measured: Plan | None = None,
    workers: Workers | None = None,
) -> Plan | None:  # fmt: skip
    """Measure a few steps on this machine and say what the fine-tuning will take.

    Args:
        config: what to train and how.
        groups: of `look_through`.
        ctx: progress.
        measured: a plan for the same photographs, model, batch, crop, device and number of processes, whose
            times are taken.
        workers: the processes that will train together.

    Returns:
        the plan; None in all but the first of several processes.

    Raises:
        InputError: the settings do not fit, or the name is taken.
        DeviceError: the memory does not suffice for one crop.
        OutputError: the disk does not suffice.
    """
    ctx, workers = ctx or JobContext(), workers or Workers()
    parent = config.check()
    check_name(config)
    ctx.progress(None, "Measuring the speed of this computer")
    if config.threads:
        torch.set_num_threads(config.threads)
    device = choose_device(config.device)  # type: ignore[arg-type]
    if not workers.leads:
        return _help_to_time(config, parent, device, workers)
    return _plan(config, groups, parent, read_ends(parent), device, measured, workers)


def discard(name: str) -> None:
    """Delete the unfinished run of that name, if there is one.

    Raises:
        InputError: no plain name, or another program works on it.
    """
    library.check_id(name)
    work = library.runs_folder() / name
    if work.is_dir():
        lock_run(work).release()
        shutil.rmtree(work, ignore_errors=True)


def tune_settings(config: FinetuneConfig, plan: Plan) -> TuneSettings:
    """How to learn, from what the user chose and what was planned for each process."""
    minutes = config.minutes or plan.minutes  # a run that goes on needs not be told its minutes again
    rate = config.rate or usual_rate(plan.steps, config.batch * plan.processes)
    limit = 0.0 if config.steps else minutes * 60 * 1.3
    return TuneSettings(
        plan.steps, config.batch, rate, config.pull, plan.validate_every, config.seed, limit, config.layers
    )


def _learn_and_judge(
    config: FinetuneConfig, parent: ModelEntry, ends: Ends, plan: Plan, device: Device, workers: Workers,
    ctx: JobContext, running: Running | None, force: bool,
) -> Outcome | None:  # fmt: skip
    net = network_of(parent, ends[trained_role(ends)], device)
    stored = _read_result(config.work)
    task = make_task(config, parent.task, None if stored else config.work, device, workers)
    bank = UserBank(Path(), []) if stored else open_bank(config.work / "train.u8")
    source = make_source(config, parent.task, bank, read_replay()[0])
    tuner = Tuner(net, task, source, tune_settings(config, plan), device)
    state = TuneState()
    if (config.work / checkpoint.NAME).is_file():
        state = checkpoint.load(config.work, tuner, TuneState)  # type: ignore[arg-type]
    run_tuning(tuner, config.work, state, ctx.part(0.15, 0.75), running)
    ctx = workers.together(ctx)
    ctx.progress(0.9, "Comparing with the model it started from")
    if stored:
        verdict, share, carry = stored
        tuned = move_ends(ends, tuner.mixed(share).state_dict(), carry)
    else:
        textured = textured_gain(parent, ends, task, device, ctx.check) if "detail" in ends else None
        guarded = None if textured is None else lambda net: textured(net)[0]
        mixture, share = tuner.best_mixture(guarded, ctx.check) if state.best_step else (tuner.parent, 0.0)
        carry = 1.0 if textured is None else textured(mixture)[1]
        tuned = move_ends(ends, mixture.state_dict(), carry)
        verdict = reach_verdict(parent, ends, tuned, task, device, ctx.part(0.9, 0.09))
        if workers.leads:
            _write_result(config.work, verdict, share, carry)
    if not workers.leads:
        return None
    drop_banks(config.work)
    outcome = Outcome(verdict, None, plan, state.step, state.seconds, share, carry)
    if not verdict.better and not force:
        return outcome
    entry = save_model(config, parent, tuned, outcome)
    shutil.rmtree(config.work, ignore_errors=True)
    return replace(outcome, entry=entry)


def _write_result(work: Path, verdict: Verdict, share: float, carry: float) -> None:
    with writing("The verdict cannot be written"):
        temporary = work / f"{RESULT}.part"
        content = {"verdict": verdict.as_json(), "share": share, "carry": carry}
        temporary.write_text(json.dumps(content), encoding="utf-8")
        temporary.replace(work / RESULT)


def _read_result(work: Path) -> tuple[Verdict, float, float] | None:
    path = work / RESULT
    if not path.is_file():
        return None
    content = json.loads(path.read_text(encoding="utf-8"))
    values = content["verdict"]
    guards = tuple(Comparison(**g) for g in values["guards"])
    verdict = Verdict(**{**values, "user": Comparison(**values["user"]), "guards": guards})
    return verdict, content["share"], content.get("carry", 1.0)


# --- Saving -------------------------------------------------------------------------------------------


def save_model(config: FinetuneConfig, parent: ModelEntry, tuned: Ends, outcome: Outcome) -> ModelEntry:
    """Put the fine-tuned weights with their card into the library.

    Raises:
        InputError: the name was taken meanwhile.
        OutputError: the library cannot be written to.
    """
    settings = _told_settings(config, parent.task, outcome)
    description = {
        "architecture": parent.architecture, "hyper_parameters": parent.hyper_parameters,
        "task": parent.task, "parent": parent.id, "settings": settings, "steps": outcome.steps,
        "hours": round(outcome.seconds / 3600, 2),
    }  # fmt: skip
    forced = not outcome.verdict.better
    with library.new_model_folder() as folder:
        files = []
        for role, tensors in tuned.items():
            net = build_model(parent.architecture, parent.hyper_parameters)
            fill_network(net, tensors, role)
            with writing("The model cannot be written into the library"):
                write_weights(folder / f"{role}.safetensors", net, description)
            files.append(library.weight_file(folder, role, f"{role}.safetensors"))
        entry = ModelEntry(
            id=config.name, title=_title(parent, outcome), task=parent.task,
            architecture=parent.architecture, hyper_parameters=parent.hyper_parameters, files=tuple(files),
            licence=parent.licence, trained_on=f"{outcome.plan.train} photographs of the user",
            seed=config.seed, date=datetime.date.today().isoformat(), command=_command(config),
            scores=outcome.verdict.as_scores(), source="fine-tuned", parent=parent.id,
            parent_sha256=parent.fingerprint, forced=forced,
        )  # fmt: skip
        return library.add(folder, entry, model_card(entry, outcome, settings))


def _title(parent: ModelEntry, outcome: Outcome) -> str:
    mark = "" if outcome.verdict.better else ", kept against the verdict"
    return f"{parent.id}, fine-tuned on {outcome.plan.train} photographs{mark}"


def _told_settings(config: FinetuneConfig, task: str, outcome: Outcome) -> dict[str, Any]:
    """Settings for the card: how, never where or what."""
    values = asdict(tune_settings(config, outcome.plan))
    values.update(
        preset=config.preset, crop_px=config.crop_px, replay_share=config.replay_share,
        losses=json.dumps(config.losses or dict(USUAL_LOSSES[task])), device=outcome.plan.device,
        **({"holes": json.dumps(dict(config.mix or MIX))} if task == "repair" else {"faint": config.faint}),
        share_of_the_way=outcome.share, carried_to_detail=outcome.carry,
        minutes=round(outcome.seconds / 60, 1), processes=outcome.plan.processes,
    )  # fmt: skip
    return values


def _command(config: FinetuneConfig) -> str:
    """Repeats the training, with what differs from the usual; folders are named by what is in them."""
    usual = FinetuneConfig((), "")
    more = [f"--loss {name}={weight:g}" for name, weight in config.losses.items()]
    for key in ("rate", "pull", "replay_share", "layers"):
        value = getattr(config, key)
        if value != getattr(usual, key):
            told = value if isinstance(value, str) else f"{value:g}"
            more.append(f"--{key.replace('_', '-')} {told}")
    for key in ("masks", "held_out", "overlays"):
        if getattr(config, key) is not None:
            more.append(f"--{key.replace('_', '-')} {key.upper()}")
    length = f"--minutes {config.minutes:g}" if config.minutes else f"--preset {config.preset}"
    length = f"--steps {config.steps}" if config.steps else length
    rest = "".join(f" {part}" for part in more)
    return (
        f"restorer-train finetune --data PHOTOS --model {config.model} --out {config.name} "
        f"{length} --batch {config.batch} --crop {config.crop_px} --seed {config.seed}{rest}"
    )


def model_card(entry: ModelEntry, outcome: Outcome, settings: dict[str, Any]) -> str:
    """The model card (Mitchell et al., 2019) as Markdown; tells counts, no pictures, names or paths."""

    def table(rows: dict[str, Any], head: str) -> str:
        lines = "\n".join(f"| {k} | {v} |" for k, v in rows.items())
        return f"| {head} | value |\n| --- | --- |\n{lines}"

    plan = outcome.plan
    warning = "" if outcome.verdict.better else "\n**Kept although the verdict was against it.**\n"
    return f"""# {entry.title} (`{entry.id}`)
{warning}
Task: {entry.task}. Architecture: `{entry.architecture}` with `{json.dumps(entry.hyper_parameters)}`.
Started from `{entry.parent}` (sha256 of its files `{entry.parent_sha256}`), {outcome.steps} steps in
{outcome.seconds / 60:.0f} minutes, finished {entry.date}. Licence of the parent's weights: {entry.licence}.

## Verdict

{outcome.verdict.sentence}

{table(outcome.verdict.as_scores(), "measured")}

## Data

{plan.train} photographs of the user to learn from, {plan.held_out} others to judge by, and the replay set of
the program. The photographs are not part of the model.

## Settings

{table(settings, "setting")}

## Files

{table({f.role: f"{f.bytes} bytes, sha256 `{f.sha256}`" for f in entry.files}, "role")}
"""
