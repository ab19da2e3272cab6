"""
A transposed tensor gets another mask
=====================================

Two tensors are equal in every element, the seed is the same, and dropout drops
different elements. It draws its random numbers in the order in which the *memory*
lies, not in the order of the indices: ``empty_like`` gives the noise the strides of
the input, and the noise is filled from the first address to the last. A ``.t()``, a
``permute`` or ``channels_last`` changes that order and nothing that you can see.
"""

# %%
# Equal tensors, unequal masks
# ----------------------------
import matplotlib.pyplot as plt
import numpy as np
import torch
import torch.nn.functional as F

from dropout_explained import figures, replay, replay_mask

plt.style.use("dropout_explained.house")
p, seed = 0.5, 0
rows = torch.arange(1.0, 97.0).reshape(8, 12)
columns = rows.t().contiguous().t()  # the same values, stored column by column
assert torch.equal(rows, columns)
print("strides:", rows.stride(), "and", columns.stride())


def dropped_out(x: torch.Tensor) -> torch.Tensor:
    """Seed, and drop out."""
    torch.manual_seed(seed)
    return F.dropout(x, p)


by_rows, by_columns = dropped_out(rows), dropped_out(columns)
assert not torch.equal(by_rows, by_columns)
agreement = ((by_rows != 0) == (by_columns != 0)).double().mean().item()
print(f"the two masks agree in {agreement:.0%} of the elements")

# %%
# The reason, tested
# ------------------
# If memory order is the reason, then the second mask must be the first stream laid
# out column by column. It is: reshape the same coins to the transposed shape, and
# turn back.
coins = replay_mask(rows.numel(), p, seed)
assert np.array_equal((by_rows != 0).numpy(), coins.reshape(8, 12))
assert np.array_equal((by_columns != 0).numpy(), coins.reshape(12, 8).T)

# %%
# ``replay`` knows the strides, so it gives each tensor the output that torch gives
# it.
assert torch.equal(replay(rows, p, seed), by_rows)
assert torch.equal(replay(columns, p, seed), by_columns)
images = torch.randn(2, 3, 4, 4)
for layout in (torch.contiguous_format, torch.channels_last):
    x = images.contiguous(memory_format=layout)
    assert torch.equal(replay(x, p, seed), dropped_out(x))
print("replayed bit for bit, channels_last included")

# %%
fig, axes = plt.subplots(2, 1, figsize=(4.0, 4.6))
for ax, output, name in zip(
    axes, (by_rows, by_columns), ("rows", "columns"), strict=True
):
    row, column = np.nonzero((output != 0).numpy())
    ax.scatter(column, row, 60, figures.KEPT, marker="s", label="kept")
    row, column = np.nonzero((output == 0).numpy())
    ax.scatter(column, row, 36, figures.DROPPED, marker="x", label="dropped")
    ax.set(title=f"Stored by {name}: a mask of its own", aspect="equal")
    ax.set(xticks=[0, 11], yticks=[0, 7], ylim=(7.6, -0.6))
axes[0].legend(loc="upper left", bbox_to_anchor=(1.0, 1.0))
plt.show()

# %%
# What to take away
# -----------------
# A mask belongs to a seed, a place in the stream, *and* a memory layout. Before you
# compare two runs bit for bit, compare ``x.stride()``.
#
# **Try changing** ``columns`` to
# ``rows.clone(memory_format=torch.contiguous_format)``, which gives the first mask
# again, or ``F.dropout`` to ``F.dropout1d``, whose coins, one a channel, are drawn
# in the order of the indices whatever the strides.
