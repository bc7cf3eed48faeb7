"""The one array type that is passed between modules here: numpy arrays of numbers, shapes as documented."""

from typing import Any, TypeAlias

from numpy.typing import NDArray

Array: TypeAlias = NDArray[Any]
