"""The device that the networks run on: chosen by a self-test, with the number format that it is faster in."""

from __future__ import annotations

import contextlib
import ctypes
import functools
import gc
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import torch
import torch.nn.functional as F
from torch import nn

from restorer.errors import DeviceError, InputError

DeviceName = Literal["auto", "cpu", "cuda", "mps"]


@dataclass(frozen=True)
class Device:
    """Where and how to compute.

    Attributes:
        torch: the torch device.
        dtype: autocast type; float32 means no autocast.
        title: for a person, e.g. "NVIDIA H100" or "CPU, 4 threads".
        notice: why something better was not taken; empty if all is well.
    """

    torch: torch.device
    dtype: torch.dtype
    title: str
    notice: str = ""

    def autocast(self) -> torch.autocast:
        """A context in which a network's forward pass runs."""
        return torch.autocast(self.torch.type, self.dtype, enabled=self.dtype != torch.float32)


def _candidate(kind: str) -> Device:
    if kind == "cuda":
        dtype = torch.bfloat16 if torch.cuda.is_bf16_supported() else torch.float16
        return Device(torch.device("cuda"), dtype, torch.cuda.get_device_name())
    if kind == "mps":
        return Device(torch.device("mps"), torch.float32, "Apple GPU")
    fast = (
        getattr(torch.cpu, "_is_avx512_bf16_supported", lambda: False)()
        or getattr(torch.cpu, "_is_amx_tile_supported", lambda: False)()
    )
    dtype = torch.bfloat16 if fast else torch.float32  # elsewhere bfloat16 is emulated and ten times slower
    return Device(torch.device("cpu"), dtype, cpu_title(torch.get_num_threads()))


def cpu_title(threads: int) -> str:
    """What to call a processor of which so many threads are used."""
    return f"CPU, {threads} thread{'' if threads == 1 else 's'}"


def is_available(kind: str) -> bool:
    """Whether this computer has a device of that kind ("cpu", "cuda" or "mps")."""
    if kind == "cuda":
        return torch.cuda.is_available()
    return kind == "cpu" or torch.backends.mps.is_available()


def self_test(device: Device) -> bool:
    """Whether a small convolution on `device` gives what the CPU gives in float32: some GPUs return black."""
    generator = torch.Generator().manual_seed(0)
    x = torch.rand((1, 8, 32, 32), generator=generator)
    w = torch.rand((8, 8, 3, 3), generator=generator) - 0.5
    expected = F.conv2d(x, w, padding=1)
    try:
        with torch.inference_mode(), device.autocast():
            found = F.conv2d(x.to(device.torch), w.to(device.torch), padding=1).float().cpu()
    except (RuntimeError, NotImplementedError):
        return False
    return bool(torch.isfinite(found).all()) and bool((found - expected).abs().max() < 0.15)


@functools.cache
def keep_freed_memory() -> bool:
    """Have glibc keep freed blocks of up to 32 MiB: giving every tile's tensors back to the system and taking
    them again costs a quarter of the time on a CPU. False where the C library is another one."""
    threshold, trim = -3, -1  # M_MMAP_THRESHOLD, M_TRIM_THRESHOLD of malloc.h
    try:
        library = ctypes.CDLL("libc.so.6")
        return bool(library.mallopt(threshold, 32 << 20)) and bool(library.mallopt(trim, 256 << 20))
    except (OSError, AttributeError):
        return False


@functools.cache
def choose_device(name: DeviceName = "auto") -> Device:
    """The device of that name, or for "auto" the best that passes its self-test.

    Raises:
        InputError: unknown name.
        DeviceError: a device asked for by name is missing or fails its self-test.
    """
    if name not in ("auto", "cpu", "cuda", "mps"):
        raise InputError(f"There is no device '{name}'.", "Choose auto, cpu, cuda or mps.")
    notices: list[str] = []
    for kind in ("cuda", "mps", "cpu") if name == "auto" else (name,):
        if not is_available(kind):
            if name == kind:
                raise DeviceError(
                    f"This computer has no usable '{name}' device.", "Choose auto or cpu as the device."
                )
            continue
        if kind == "cpu":
            keep_freed_memory()
        device = _candidate(kind)
        if self_test(device):
            return Device(device.torch, device.dtype, device.title, " ".join(notices))
        plain = Device(device.torch, torch.float32, device.title)
        if device.dtype != torch.float32 and self_test(plain):
            return plain
        notices.append(f"{device.title} failed its self-test and is not used.")
        if name == kind:
            raise DeviceError(f"{device.title} failed its self-test.", "Choose auto or cpu as the device.")
    raise DeviceError("No device on this computer passes the self-test.", "Reinstall PyTorch.")


def place(net: nn.Module, device: torch.device | str = "cpu") -> nn.Module:
    """Move `net` to a device, in the memory order that convolutions are fastest in."""
    net = net.to(device)
    for tensor in (*net.parameters(), *net.buffers()):
        if tensor.dim() == 4:  # `Module.to` would refuse networks that hold tensors of five, such as MAT
            tensor.data = tensor.data.to(memory_format=torch.channels_last)
    return net


_NO_MEMORY = (
    "MPS backend out of memory",
    "DefaultCPUAllocator:",  # "can't allocate memory", on Windows "not enough memory"
    "CUBLAS_STATUS_ALLOC_FAILED",
    "CUDNN_STATUS_ALLOC_FAILED",
)


def is_out_of_memory(error: BaseException) -> bool:
    """Whether `error` says that memory ran out, and nothing else: other driver faults must not be retried."""
    if isinstance(error, torch.OutOfMemoryError | MemoryError):
        return True
    text = str(error)
    return isinstance(error, RuntimeError) and any(sign in text for sign in _NO_MEMORY)


@contextlib.contextmanager
def one_memory_error() -> Iterator[None]:
    """Whatever says that memory ran out leaves as MemoryError; a decorator as well."""
    try:
        yield
    except RuntimeError as error:
        if not is_out_of_memory(error):
            raise
        raise MemoryError from error


def release_memory(device: Device) -> None:
    """Give back what the allocator holds for `device`."""
    gc.collect()
    if device.torch.type == "cuda":
        torch.cuda.empty_cache()
    elif device.torch.type == "mps":
        torch.mps.empty_cache()
