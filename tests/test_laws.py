"""Laws that pages derive and no function computes: each against every mask with its probability."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import nn

from dropout_explained import mask_distribution, mask_moments, output_moments


@pytest.mark.parametrize("p", [0.1, 0.5, 0.9])
def test_the_squared_cosine_is_q(p: float) -> None:
    """For unequal elements too; an output of zero points nowhere and counts as zero."""
    x = np.array([3.0, -1.0, 0.5, 2.0, -0.1, 1.5])

    def squared_cosine(masks: np.ndarray) -> np.ndarray:
        y = masks * x / (1 - p)
        lengths = np.linalg.norm(x) * np.linalg.norm(y, axis=1)
        cosine = np.zeros(len(y))
        np.divide(y @ x, lengths, out=cosine, where=lengths > 0)
        return np.square(cosine)

    assert math.isclose(float(mask_moments(squared_cosine, p, n=6).mean), 1 - p, rel_tol=1e-12)


@pytest.mark.parametrize("p", [0.1, 0.5, 0.9])
def test_a_column_has_gradient_zero_with_p_to_the_power_of_its_samples(p: float) -> None:
    """By autograd; a sample in which the unit was off has no say."""
    unit = torch.tensor([1.0, -2.0, 0.0, 0.5, 3.0], dtype=torch.float64)
    arrives = torch.tensor([0.5, 1.0, -1.0, 2.0, -0.25], dtype=torch.float64)

    def is_zero(masks: np.ndarray) -> np.ndarray:
        found = []
        for mask in torch.from_numpy(masks):
            column = torch.zeros(1, 1, dtype=torch.float64, requires_grad=True)
            outputs = F.linear((mask * unit / (1 - p))[:, None], column)
            (gradient,) = torch.autograd.grad(outputs[:, 0] @ arrives, column)
            found.append(float(gradient == 0))
        return np.array(found)

    values, probabilities = mask_distribution(is_zero, p, n=5)
    assert values.tolist() == [0, 1]
    assert math.isclose(probabilities[1], p**4, rel_tol=1e-12)


class Average(nn.Module):
    """The average of some passes of a network, each with a mask of its own."""

    def __init__(self, network: nn.Module, passes: int) -> None:
        super().__init__()
        self.network, self.passes = network, passes

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Run the network as often as there are passes."""
        return torch.stack([self.network(x) for _ in range(self.passes)]).mean(0)


@pytest.mark.parametrize("passes", [2, 3])
def test_an_average_of_passes_has_the_variance_of_one_over_their_number(passes: int) -> None:
    """The mean is that of one pass, also behind a ReLU."""
    torch.manual_seed(0)
    network = nn.Sequential(nn.Dropout(0.3), nn.Linear(4, 5), nn.ReLU(), nn.Linear(5, 2)).double()
    x = torch.randn(4, dtype=torch.float64)
    one, average = output_moments(network, x), output_moments(Average(network, passes), x)
    torch.testing.assert_close(average.mean, one.mean, rtol=1e-11, atol=0)
    torch.testing.assert_close(average.variance, one.variance / passes, rtol=1e-10, atol=0)
