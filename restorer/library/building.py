"""How much memory a network of others may ask for while it is built from its weights.

What a library builds follows the shapes that it finds: a first layer that is said to be 30,000 wide makes the
next one its square, hundreds of gigabytes for a file of a few megabytes. A network that fits its weights has
as many values as they have.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode

AT_MOST = 2  # times the values of the weights; the architectures of spandrel ask for 1.00 to 1.01 times
ALWAYS = 1 << 24  # values, for tables that lie in no file


class Within(TorchDispatchMode):
    """A context in which new tensors may have no more values than weights of that size can need.

    Args:
        tensors: the weights.

    Raises:
        ValueError: in the context, before there is any memory behind a tensor that would be too much.
    """

    def __init__(self, tensors: dict[str, Tensor]) -> None:
        super().__init__()
        self._left = AT_MOST * sum(t.numel() for t in tensors.values()) + ALWAYS

    def __torch_dispatch__(
        self, func: Any, types: Sequence[type], args: Sequence[Any] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        """Let an operation through unless it makes a tensor of a given size that is too large."""
        arguments = func._schema.arguments
        if arguments and arguments[0].name == "size":
            self._left -= math.prod(args[0])
            if self._left < 0:
                raise ValueError("a network that is much larger than its weights")
        return func(*args, **(kwargs or {}))
