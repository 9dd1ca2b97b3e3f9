"""How every command ends: with one sentence, or as by Ctrl+C."""

from __future__ import annotations

import _thread
import errno
import io
import signal
import sys
import threading
import traceback
from types import FrameType
from typing import Any

import click

from restorer.errors import DeviceError, RestorerError
from restorer.jobs import Cancelled

_OUTSIDE = (  # what the system refuses is no fault of the program: no room, no permission, impossible names
    errno.ENOSPC, errno.EFBIG, getattr(errno, "EDQUOT", errno.ENOSPC), errno.EACCES, errno.EPERM, errno.EROFS,
    errno.ENAMETOOLONG, errno.ELOOP,
)  # fmt: skip


class OneSentence(click.Group):
    """A group that ends every failure with one sentence, a hint and an exit code."""

    def main(self, *args: Any, **kwargs: Any) -> Any:
        """Run; 0 done, 1 internal error, 2 bad input, 130 cancelled."""
        kwargs["standalone_mode"] = False
        # A name may have letters that a pipe cannot take (on Windows all but those of one alphabet).
        if isinstance(sys.stdout, io.TextIOWrapper) and sys.stdout.errors == "strict":
            sys.stdout.reconfigure(errors="backslashreplace")
        try:
            sys.exit(super().main(*args, **kwargs) or 0)
        except click.ClickException as error:
            error.show()
            sys.exit(2)
        except RestorerError as error:
            complain(error)
            sys.exit(error.exit_code)
        except (KeyboardInterrupt, click.Abort, Cancelled):
            click.echo("Cancelled.", err=True)
            sys.exit(130)
        except BrokenPipeError:
            sys.exit(1)
        except Exception as error:
            if isinstance(error, OSError) and error.errno in _OUTSIDE:
                _refused(error)
                sys.exit(2)
            if _of_memory(error):
                complain(DeviceError("There is not enough memory.", "Close other programs and try again."))
                sys.exit(2)
            traceback.print_exc()
            click.echo(
                "This is a fault in Restorer; no file was changed. Please report it with the lines above.",
                err=True,
            )
            sys.exit(1)


def complain(error: RestorerError) -> None:
    """Tell sentence and hint of an error."""
    click.echo(f"Error: {error.sentence}", err=True)
    if error.hint:
        click.echo(f"  {error.hint}", err=True)


def _of_memory(error: Exception) -> bool:
    if "torch" not in sys.modules:
        return isinstance(error, MemoryError)
    from restorer.device import is_out_of_memory

    return is_out_of_memory(error)


def _refused(error: OSError) -> None:
    what, hint = f"'{error.filename}' cannot be used", "Check its name and its permissions."
    if error.filename is None:  # e.g. the file into which the output is led
        what, hint = "Not all could be written", "Free some space and try again."
    click.echo(f"Error: {what}: {error.strerror}.\n  {hint}", err=True)


def end_as_by_ctrl_c() -> None:
    """A terminal that is closed, a log-out and `kill` shall leave nothing half-written either."""
    here = threading.current_thread() is threading.main_thread()
    if not here or signal.getsignal(signal.SIGINT) == signal.SIG_IGN:
        return
    for name in ("SIGTERM", "SIGHUP"):
        number = getattr(signal, name, None)  # Windows has no SIGHUP; nohup has it ignored
        if number is not None and signal.getsignal(number) == signal.SIG_DFL:
            signal.signal(number, _as_ctrl_c)
    if signal.getsignal(signal.SIGINT) == signal.default_int_handler:
        signal.signal(signal.SIGINT, _Interrupt())


class _Interrupt:
    """Raises KeyboardInterrupt at Ctrl+C, but not within an import: Python loses it in the callbacks of one,
    and PyTorch ends the process as by a fault."""

    def __init__(self) -> None:
        self._waiting: threading.Timer | None = None

    def __call__(self, number: int, frame: FrameType | None) -> None:
        while frame is not None and not frame.f_code.co_filename.startswith("<frozen importlib"):
            frame = frame.f_back
        if self._waiting is not None:
            if frame is not None:
                return
            self._waiting.cancel()
            self._waiting = None
        if frame is None:
            raise KeyboardInterrupt
        self._waiting = threading.Timer(0.05, self._again, [number])
        self._waiting.daemon = True
        self._waiting.start()

    def _again(self, number: int) -> None:
        self._waiting, thread = None, threading.main_thread().ident
        if hasattr(signal, "pthread_kill") and thread is not None:  # wakes it up where it waits
            signal.pthread_kill(thread, number)
        else:
            _thread.interrupt_main()


def _as_ctrl_c(number: int, _: object) -> None:
    # Of a closed terminal the shell tells, and a moment later the system: that must not interrupt tidying up.
    if number != signal.SIGTERM:
        signal.signal(number, signal.SIG_IGN)
    signal.raise_signal(signal.SIGINT)
