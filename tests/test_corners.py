"""Corners: the ends of p, values below zero, and what a table and a comparison leave unsaid."""

from __future__ import annotations

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import nn

from dropout_explained import explain, moments, output_moments, replay, verify


def test_at_p_one_the_mean_and_its_interval_are_zero() -> None:
    """Nothing is left whose mean could be the input."""
    exact = moments(1.0, value=[3.0, -3.0], n=5)
    for found in (exact.mean, exact.variance, exact.second_moment, *exact.interval_95):
        assert found.tolist() == [0, 0]


@pytest.mark.parametrize("layer", ["dropout", "alpha_dropout"])
def test_at_p_zero_every_bit_stays(layer: str) -> None:
    """Also the sign of a zero, to which alpha dropout's shift would be added."""
    x = torch.tensor([-0.0, 0.0, -1.5])
    same = replay(x, 0.0, 0, layer=layer)
    assert torch.equal(torch.signbit(torch.as_tensor(same)), torch.signbit(x))
    assert torch.equal(torch.as_tensor(same), getattr(F, layer)(x, 0.0, training=True))


def test_deviations_of_negative_values_are_positive() -> None:
    """The standard deviation is that of the absolute value."""
    told = explain([-2.0, 2.0], p=0.5, seed=0)
    assert told.standard_deviation.tolist() == [2, 2]
    assert moments(0.5, value=-2.0).standard_error == 2


def test_means_are_those_of_what_is_shown() -> None:
    """Of the input before, and of the output after."""
    told = explain(np.array([1.0, 2.0, 3.0, 6.0]), p=0.5, mask=[1, 0, 0, 1])
    assert told.mean_input == 3
    assert told.mean_output == 3.5


def test_the_table_reckons_from_the_output() -> None:
    """How far its mean is from the expected one, and how many an evaluation keeps."""
    told = explain([1, 2, 3, 4], seed=0)
    distance = (told.mean_output - told.mean_input) / told.standard_error
    assert distance != 0
    assert f"{distance:+.2f} standard errors off" in str(told)
    assert "2 of 2 expected 2" in " ".join(str(explain([1.0, 2.0], training=False)).split())


def test_a_comparison_leaves_the_generator_where_it_stood() -> None:
    """What the caller draws next does not depend on whether verify() ran."""
    before = torch.get_rng_state()
    verify(cases=5)
    assert torch.equal(before, torch.get_rng_state())


class Thrice(nn.Module):
    """A sum of sums, in which one source of noise comes three times."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Add what dropout left, what dropout left of it, and the first again."""
        h = F.dropout(x, 0.25)
        return (h + F.dropout(h, 0.5)) + h


def test_a_sum_of_sums_knows_what_its_terms_share() -> None:
    """The spread of the whole is that over all masks: shared sources meet with their signs."""
    x = torch.tensor([[1.0, -2.0, 0.5]], dtype=torch.float64)
    law = output_moments(Thrice(), x, method="all_masks")
    ours = output_moments(Thrice(), x, method="propagation")
    torch.testing.assert_close(ours.mean, law.mean, rtol=1e-12, atol=0)
    torch.testing.assert_close(ours.variance, law.variance, rtol=1e-12, atol=0)


class Bent(nn.Module):
    """A sum of which one term went through an activation behind noise."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Add to what dropout left its positive part."""
        h = F.dropout(x, 0.25)
        return h + F.relu(h)


def test_a_sum_is_exact_only_where_both_terms_are() -> None:
    """The activation's normal approximation is not forgotten in the sum."""
    x = torch.tensor([[1.0, -2.0]])
    assert not output_moments(Bent(), x, method="propagation").exact


def test_a_refused_model_leaves_the_generator_where_it_stood() -> None:
    """It drew in order to be looked at, and that is taken back."""

    class Noisy(nn.Module):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return F.dropout(x + torch.rand(3), 0.5)

    before = torch.get_rng_state()
    with pytest.raises(ValueError, match="random numbers only as coins"):
        output_moments(Noisy(), torch.ones(3), method="all_masks")
    assert torch.equal(before, torch.get_rng_state())


def test_alpha_layers_are_off_unless_told_otherwise() -> None:
    """A bare call of F.alpha_dropout draws nothing: there is no mask to average over."""
    with pytest.raises(ValueError, match="draws nothing"):
        output_moments(lambda x: F.alpha_dropout(x, 0.5), torch.ones(3))


def test_a_model_may_return_one_number() -> None:
    """The moments of a loss are tensors without dimensions."""
    law = output_moments(lambda x: F.dropout(x, 0.5).sum(), torch.tensor([1.0, 2.0]))
    assert law.mean.shape == law.variance.shape == ()
    assert law.mean.item() == 3
    assert law.variance.item() == 5
