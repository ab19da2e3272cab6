"""
Attention rows sum to one only on average
=========================================

Softmax makes the weights of each query sum to 1, so the output of attention is a
weighted average of the values. With ``dropout_p`` it no longer is. Dropout acts
after the softmax: the row that meets the values has holes, its survivors are
divided by :math:`q = 1 - p`, and it sums to 1 in expectation alone. How far off it
falls depends on how many keys the query looks at.
"""

# %%
# Ask attention for its row sums
# ------------------------------
# Where every value is 1, a weighted average is 1, whatever the weights. So the
# output below *is* the sum of each query's weights, as
# ``scaled_dot_product_attention`` computes it.
import math

import matplotlib.pyplot as plt
import numpy as np
import torch
import torch.nn.functional as F

from dropout_explained import figures, mask_distribution, mask_moments

plt.style.use("dropout_explained.house")
torch.manual_seed(0)
attention = F.scaled_dot_product_attention
keys, score, p = 10, 4.0, 0.1
key = torch.eye(keys, dtype=torch.float64)[None]
ones = torch.ones(1, keys, 1, dtype=torch.float64)
query = torch.randn(1, 3, keys, dtype=torch.float64)
print("without dropout", attention(query, key, ones).flatten().numpy())
dropped = attention(query, key, ones, dropout_p=p).flatten().numpy()
print("with dropout   ", dropped.round(4))
assert abs(dropped - 1).max() > 0.05

# %%
# The law of a row sum
# --------------------
# With weights :math:`a_j` and independent coins, the sum is
# :math:`S = \sum_j a_j m_j / q`: its mean is 1 and its variance
# :math:`(p/q) \sum_j a_j^2`. All 1024 masks of ten keys agree, for a query that
# looks at all keys alike and for one that looks mostly at one.
q = 1 - p
rows_of = {}
for name, high in {"even": 0.0, "peaked": score}.items():
    raised = np.exp(high * np.eye(keys)[0])
    a = rows_of[name] = raised / raised.sum()
    law = mask_moments(lambda m, a=a: m @ a / q, p, n=keys)
    assert abs(law.mean - 1) < 1e-12
    assert abs(law.variance - p / q * (a**2).sum()) < 1e-12
    spread, effective = math.sqrt(law.variance), 1 / (a**2).sum()
    print(f"{name:<7} S = 1 +- {spread:.3f}, as if over {effective:.1f} equal keys")

# %%
# Torch draws from this law
# -------------------------
# One call on many equal queries gives many rows of the same weights, each with its
# own mask. Their mean must lie within five standard errors of 1,
# :math:`\sqrt{\mathrm{Var}[S] / N}` for :math:`N` rows.
rows = 20_000
drawn = {}
for name, a in rows_of.items():
    query = torch.from_numpy(np.log(a)).expand(1, rows, keys) * math.sqrt(keys)
    drawn[name] = attention(query, key, ones, dropout_p=p).flatten().numpy()
    error = math.sqrt(p / q * (a**2).sum() / rows)
    assert abs(drawn[name].mean() - 1) < 5 * error
    print(f"{name:<7} mean {drawn[name].mean():.4f}, standard error {error:.4f}")

# %%
# Even weights make the sum count the survivors. A dominant key splits it: with the
# key the row sums to more than 1, without it almost to nothing.
fig, axes = plt.subplots(2, 1, figsize=(4.0, 4.6), sharex=True)
titles = (
    "Even weights: the sum stays near 1",
    "One key dominates: all or almost nothing",
)
bins = np.linspace(-0.02, 1 / q + 0.03, 59)
for ax, (name, a), title in zip(axes, rows_of.items(), titles, strict=True):
    sums, chances = mask_distribution(lambda m, a=a: m @ a / q, p, n=keys)
    ax.hist(sums, bins, weights=chances, color=figures.EXPECTED, label="all masks")
    shares = np.histogram(drawn[name], bins)[0] / rows
    middles = np.where(shares > 0, (bins[:-1] + bins[1:]) / 2, np.nan)
    ax.plot(middles, shares, "o", ms=4, color=figures.SCALED, label="torch")
    ax.axvline(1, color=figures.NEUTRAL, linestyle="--")
    ax.set(title=title, ylabel="probability")
axes[0].legend(loc="upper left")
axes[1].set_xlabel(f"sum of a row of attention weights, p = {p}")
plt.show()

# %%
# The extreme is the first token of a causal model. It has one key, so its row sums
# to 0 with probability p and to 1/q otherwise: its whole output is dropped or
# enlarged.
many = torch.zeros(rows, keys, 1, dtype=torch.float64)
sums = attention(many, many, many + 1, dropout_p=p, is_causal=True)[:, 0, 0].numpy()
assert (np.isclose(sums, 0) | np.isclose(sums, 1 / q)).all()
lost = (sums == 0).mean()
assert abs(lost - p) < 5 * math.sqrt(p * q / rows)  # of a frequency
print(f"{lost:.4f} of the first tokens got nothing")

# %%
# What to take away
# -----------------
# Attention dropout is ordinary dropout on the weights, and the fewer keys a query
# looks at, :math:`1/\sum_j a_j^2` of them in effect, the less of it averages out.
# ``dropout_p`` knows no evaluation mode: pass 0 there.
#
# **Try changing** ``score`` to 1.0, ``p`` to 0.5 or ``keys`` to 15; or divide each
# masked row by its own sum instead of q, and find out with ``mask_moments`` what
# that costs: the mean of a weight is then no longer the weight.
