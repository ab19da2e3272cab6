"""Estimate mean and deviation of a model's output from passes with masks of torch's own drawing.

Imports torch: whoever uses it, does so once a model has come in.
"""

from __future__ import annotations

from math import inf
from typing import TYPE_CHECKING, NamedTuple

import torch

from dropout_explained.models.many_passes import progress

if TYPE_CHECKING:
    from dropout_explained.models.many_passes import ManyPasses

FEWEST = 32  # passes before a standard error is believed


class Estimate(NamedTuple):
    """Mean and variance from a number of passes, flat, with the standard errors of both kinds."""

    mean: torch.Tensor
    variance: torch.Tensor
    passes: int
    mean_standard_error: torch.Tensor
    deviation_standard_error: torch.Tensor


class PowerSums:
    """Sums of powers about the mean of the first chunk, so that a large mean costs no digits."""

    def __init__(self, first: torch.Tensor) -> None:
        self._about = first.mean(0)
        self._sums = [torch.zeros_like(self._about) for _ in range(4)]
        self.passes = 0

    def add(self, outputs: torch.Tensor) -> None:
        """Add passes (k, n)."""
        off = outputs - self._about
        square = off.square()
        for total, power in zip(self._sums, (off, square, square * off), strict=False):
            total.add_(power.sum(0))
        self._sums[3].add_(square.square_().sum(0))
        self.passes += len(outputs)

    def estimate(self) -> Estimate:
        r"""Return the estimates, with n - 1 in the variance.

        The standard error of the mean is s / sqrt(n). That of the deviation s follows by the
        delta method, sqrt(Var[s^2]) / (2 s), from Var[s^2] = (m4 - m2^2 (n - 3) / (n - 1)) / n:
        Cramer, "Mathematical Methods of Statistics", 1946, section 27.4.
        """
        n = self.passes
        first, second, third, fourth = (total / n for total in self._sums)
        m2 = (second - first**2).clamp(min=0)
        m4 = fourth - 4 * first * third + 6 * first**2 * second - 3 * first**4
        variance = m2 * n / (n - 1) if n > 1 else m2 * inf
        deviation = variance.sqrt()
        rest = (n - 3) / max(n - 1, 1)
        spread = ((m4 - rest * m2**2).clamp(min=0) / n).sqrt() / (2 * deviation)
        return Estimate(
            mean=self._about + first,
            variance=variance,
            passes=n,
            mean_standard_error=deviation / n**0.5,
            deviation_standard_error=torch.where(m2 > 0, spread, deviation),
        )


def sampled(
    runner: ManyPasses, at_once: int, passes: int, standard_error: float | None
) -> Estimate:
    """Run passes until their number, or the wanted standard error of every mean, is reached."""
    size = min(at_once, passes if standard_error is None else 4 * FEWEST)
    sums: PowerSums | None = None
    with progress(passes) as bar:
        while sums is None or sums.passes < passes:
            count = min(size, passes - (0 if sums is None else sums.passes))
            tensors = runner.run(count)
            flat = torch.cat([one.double().reshape(count, -1) for one in tensors], dim=1)
            sums = sums or PowerSums(flat)
            sums.add(flat)
            bar.update(count)
            size = min(at_once, 2 * size)
            if standard_error is not None and sums.passes >= FEWEST:
                reached = sums.estimate().mean_standard_error.max().item()
                if reached <= standard_error:
                    break
    return sums.estimate()
