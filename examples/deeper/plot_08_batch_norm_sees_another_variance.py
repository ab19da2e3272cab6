"""
Batch norm behind dropout normalises to a variance below 1
==========================================================

Dropout keeps the mean, and batch norm sets mean and variance whatever comes in. So
their order should not matter. It does: batch norm divides by what it *learned* in
training, where the masks added variance, and in evaluation there are no masks. What
should have variance 1 has at most :math:`q = 1 - p`.
"""

# %%
# What batch norm learns
# ----------------------
# A feature of mean :math:`\mu` and variance :math:`\sigma^2`. Given the sample, the
# mask adds a variance of :math:`x^2 p/q`, on average
# :math:`(\sigma^2 + \mu^2)\,p/q`. With ``momentum=None`` batch norm keeps the plain
# average over batches.
import math

import matplotlib.pyplot as plt
import numpy as np
import torch
from torch import nn

from dropout_explained import figures

plt.style.use("dropout_explained.house")
means = torch.tensor([0.0, 1.0, 2.0])
batches, n = 40, 1000


# %%
# Three features with :math:`\sigma = 1`, each in every batch.
def trained(*layers: nn.Module) -> nn.Sequential:
    """Let the layers see batches in training mode, then switch to evaluation."""
    model = nn.Sequential(*layers)
    for _ in range(batches):
        model(torch.randn(n, 3) + means)
    return model.eval()


def batch_norm() -> nn.BatchNorm1d:
    """Return a batch norm of the three features that averages over its batches."""
    return nn.BatchNorm1d(3, momentum=None, affine=False)


torch.manual_seed(0)
model = trained(nn.Dropout(0.5), batch_norm())
print("learned:", [round(v, 2) for v in model[1].running_var.tolist()])


# %%
# How sure is a learned variance? That of :math:`n` values with variance :math:`v`
# and fourth central moment :math:`c` has variance :math:`(c - v^2 (n-3)/(n-1))/n`,
# and the moments of :math:`y` are those of :math:`x` over powers of :math:`q`.
def learned_variance(p: float, mean: float) -> tuple[float, float]:
    """Return the theory of running_var for N(mean, 1), and its standard error."""
    raw = (mean, 1 + mean**2, mean**3 + 3 * mean, mean**4 + 6 * mean**2 + 3)
    first, second, third, fourth = (
        value / (1 - p) ** k for k, value in enumerate(raw)
    )
    v = second - first**2
    c = fourth - 4 * mean * third + 6 * mean**2 * second - 3 * mean**4
    return v, math.sqrt((c - v**2 * (n - 3) / (n - 1)) / n / batches)


for found, mean in zip(model[1].running_var, means.tolist(), strict=True):
    v, error = learned_variance(0.5, mean)
    assert math.isclose(v, (1 + mean**2) / 0.5 - mean**2)
    assert abs(found - v) < 5 * error

# %%
# What evaluation then gives
# --------------------------
# The learned variance divides an input that has only :math:`\sigma^2`, so the
# output has :math:`q / (1 + p\,\mu^2/\sigma^2)`. Dots are measured, lines are the
# formula.
grid = np.linspace(0, 0.95, 96)
fig, ax = plt.subplots(figsize=(4.0, 2.8))
for mean, style in zip(means.tolist(), ["-", "--", ":"], strict=True):
    ax.plot(grid, (1 - grid) / (1 + grid * mean**2), style, label=f"mean {mean:g}")
test = torch.randn(50_000, 3) + means
for p in (0.1, 0.3, 0.5, 0.7, 0.9):
    model = trained(nn.Dropout(p), batch_norm())
    given = model(test).double().var(0)
    ax.plot([p] * 3, given, "o", color=figures.NEUTRAL)
    for one, mean in zip(given.tolist(), means.tolist(), strict=True):
        v, error = learned_variance(p, mean)
        # Delta method; the variance of N normal inputs has variance 2 / (N - 1).
        relative = math.sqrt(2 / (len(test) - 1) + (error / v) ** 2)
        assert abs(one * (v + model[1].eps) - 1) < 5 * relative
ax.set_title("Evaluation gives a variance below 1")
ax.set(xlabel="p of the dropout in front", ylabel="variance in evaluation")
ax.legend()
plt.show()

# %%
# Two ways out
# ------------
# Put dropout behind batch norm; or let batch norm learn once more with dropout off.
torch.manual_seed(1)
behind = trained(batch_norm(), nn.Dropout(0.5))
again = trained(nn.Dropout(0.5), batch_norm())
again[1].reset_running_stats()
again[1].train()
for _ in range(batches):
    again(torch.randn(n, 3) + means)
again.eval()
# Both estimated from normal values: the relative variances 2 / (count - 1) add.
relative = math.sqrt(2 / (len(test) - 1) + 2 / (n - 1) / batches)
for name, model in {"dropout behind": behind, "learned again": again}.items():
    given = model(test).double().var(0)
    assert abs(given - 1).max() < 5 * relative + batch_norm().eps
    print(f"{name}: variances {[round(v, 3) for v in given.tolist()]}")

# %%
# What to take away
# -----------------
# A batch norm must not learn from masked inputs, or must learn again without masks.
# Beware of ``torch.optim.swa_utils.update_bn``: it switches the whole model to
# training mode, so it learns with the masks on.
#
# **Try changing** the means, or ``batches`` to 400: the dots close in on the lines,
# and the standard errors that they are held to shrink with them.
