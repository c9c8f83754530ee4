"""The normal distribution for whole arrays: interpolated in a table, exact to about 1e-6."""

import math
from typing import Final

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

_Z: Final[Floats] = np.linspace(-8.0, 8.0, 6401)
_BELOW: Final[Floats] = np.array([math.erfc(-z / math.sqrt(2)) / 2 for z in _Z])
_RISES: Final = np.concatenate(([True], np.diff(_BELOW) > 0))


def below(z: Floats | float) -> Floats:
    """The share of a standard normal that lies below z."""
    return np.asarray(np.interp(z, _Z, _BELOW))


def quantile(share: Floats) -> Floats:
    """The z below which that share lies."""
    return np.asarray(np.interp(share, _BELOW[_RISES], _Z[_RISES]))


def beyond(bound: Floats | float, share: Floats) -> Floats:
    """The same among what lies above `bound`, in standard units."""
    under = below(bound)
    return quantile(np.minimum(under + share * (1 - under), 1 - 1e-9))
