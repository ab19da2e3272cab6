"""The mask drawn without torch: equal to torch's, and its words to the standard twister's."""

from __future__ import annotations

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from dropout_explained.torch_stream import _words, drawn_mask, mask_of_call


def test_another_device_is_refused_with_its_name() -> None:
    """A seed names a mask only together with the generator; another device has another."""

    class ElsewhereTensor(torch.Tensor):
        """A tensor that says it lives on another device: no such device is needed."""

        device = torch.device("cuda:0")

    x = torch.ones(2).as_subclass(ElsewhereTensor)
    with pytest.raises(ValueError, match=r"must be on the CPU.*cuda:0.*x\.cpu\(\)"):
        mask_of_call(x, 0.5, 0)


@pytest.mark.parametrize("seed", [0, 1, -1, 2**32 + 5, -(2**63), 2**64 - 1, 5489])
def test_a_large_mask_equals_that_of_torch(seed: int) -> None:
    """A hundred thousand elements for each seed, negative and above 2^32 too."""
    x = np.ones(100_003, dtype=np.float32)
    for p in (0.1, 0.5, 1e-17, 1 - 2**-53):
        torch.manual_seed(seed)
        expected = F.dropout(torch.from_numpy(x), p).numpy() != 0
        assert np.array_equal(drawn_mask(seed, p, x), expected)


def test_words_are_those_of_the_published_generator() -> None:
    """The ten-thousandth word of mt19937 from its default seed 5489 is 4123659995.

    C++ requires it of std::mt19937 (ISO C++, [rand.predef]).
    """
    assert _words(5489, 10_000)[-1] == 4123659995


def test_memory_order_decides_which_element_is_dropped() -> None:
    """The same values, transposed in memory, get another mask; torch agrees."""
    x = np.ones((30, 40), dtype=np.float32)
    transposed = np.asfortranarray(x)
    assert not np.array_equal(drawn_mask(0, 0.5, x), drawn_mask(0, 0.5, transposed))
    torch.manual_seed(0)
    expected = F.dropout(torch.from_numpy(transposed), 0.5).numpy() != 0
    assert np.array_equal(drawn_mask(0, 0.5, transposed), expected)
