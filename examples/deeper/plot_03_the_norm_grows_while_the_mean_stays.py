r"""
The norm grows while the mean stays
===================================

Dropout enlarges what it keeps so that "nothing changes on average", and one might
take that to mean that the output is as large as the input. It is not. The mean
stays, but a vector gets longer, by about :math:`q^{-1/2}` with :math:`q = 1 - p`,
and it turns away from the input until the cosine between the two is about
:math:`\sqrt q`.
"""

# %%
# One vector, several p
# ---------------------
# Three ratios: the mean of y to that of x, the norm of y to that of x, and the
# cosine between them. Only the first stays at 1.
from itertools import product

import matplotlib.pyplot as plt
import torch
import torch.nn.functional as F

from dropout_explained import figures, moments

plt.style.use("dropout_explained.house")
n = 50_000
torch.manual_seed(0)
x = 1 + torch.randn(n, dtype=torch.float64)
drop_probabilities = [k / 10 for k in range(1, 10)]


def ratios(y: torch.Tensor) -> tuple[float, float, float]:
    """Return mean and norm relative to those of x, and the cosine."""
    cosine = y @ x / (y.norm() * x.norm())
    return tuple(
        float(r) for r in (y.mean() / x.mean(), y.norm() / x.norm(), cosine)
    )


outputs = {p: F.dropout(x, p) for p in drop_probabilities}
observed = {p: ratios(y) for p, y in outputs.items()}
for p, (mean, norm, cosine) in observed.items():
    print(f"p = {p}: mean x {mean:.3f}, norm x {norm:.3f}, cosine {cosine:.3f}")

# %%
# Within its error
# ----------------
# The variance of y is :math:`x^2 p/q`, which gives the mean its standard error.
# Norm and cosine depend on the mask only through r, the kept share of the squared
# norm: they are :math:`\sqrt r / q` and :math:`\sqrt r`. Its variance is
# :math:`p\,q \sum x^4 / (\sum x^2)^2`, and the delta method halves the relative
# error.
errors = {}
for p, (mean, norm, cosine) in observed.items():
    q, growth = 1 - p, moments(p).second_moment ** 0.5
    error_of_mean = float((p / q * (x**2).sum()).sqrt() / x.sum())
    error_of_root = float((p * (x**4).sum()).sqrt() / (2 * (x**2).sum()))
    errors[p] = error_of_mean, error_of_root / q, error_of_root
    assert abs(mean - 1) < 5 * error_of_mean
    assert abs(norm - growth) < 5 * error_of_root / q
    assert abs(cosine - 1 / growth) < 5 * error_of_root
values, bars = (torch.tensor(list(d.values())) for d in (observed, errors))

# %%
# Norm and angle are one thing
# ----------------------------
# For every single mask :math:`\langle x, y\rangle = q\,\|y\|^2`, because a coin of
# 0 or 1 equals its square. So the cosine is q times the growth of the norm: no
# average is taken.
for p, y in outputs.items():
    assert torch.isclose(x @ y, (1 - p) * (y @ y), rtol=1e-12, atol=0)
    _, norm, cosine = observed[p]
    assert abs(cosine - (1 - p) * norm) < 1e-12

# %%
# The factor that would keep the norm
# -----------------------------------
# Scale the survivors by :math:`q^{-1/2}` instead, and the norm stays. Then the mean
# shrinks by :math:`\sqrt q`, and evaluation would no longer be the average of
# training. The cosine, the same for every factor, is drawn once.
series = [("mean", figures.KEPT, "o", 0.0), ("norm", figures.SCALED, "s", -0.5)]
series += [("cosine", figures.DROPPED, "^", 0.5)]
q = 1 - torch.tensor(drop_probabilities)
fig, axes = plt.subplots(2, 1, figsize=(4.0, 5.2), sharex=True)
for ax, power, shown in zip(axes, (0.0, 0.5), (series, series[:2]), strict=True):
    for k, (name, colour, marker, theory) in enumerate(shown):
        ratio, bar = values[:, k] * q**power, 5 * bars[:, k] * q**power
        ax.errorbar(1 - q, ratio, bar, color=colour, fmt=marker, label=name)
        ax.plot(1 - q, q ** (theory + power), "--", color=colour, linewidth=1)
    ax.set_ylabel("ratio to the input")
axes[0].set_title("Divided by q: the norm grows")
axes[1].set_title("Divided by √q: the mean shrinks")
axes[0].legend(loc="upper left")
axes[1].set_xlabel("p (bars: five standard errors)")
plt.show()

# %%
# A short vector grows less
# -------------------------
# What is exact for every vector is the mean of the *squared* norm,
# :math:`\|x\|^2 / q`. The mean norm lies between :math:`\|x\|` and
# :math:`\|x\| / \sqrt q`, and nears the second as more elements share the length.
# All masks of n ones, at p = 0.5, where each mask is as likely as any other:
for n in (1, 2, 4, 8, 16):
    masks = torch.tensor(list(product((0.0, 2.0), repeat=n)), dtype=torch.float64)
    growth = masks.norm(dim=1) / n**0.5
    assert abs((growth**2).mean() - 2) < 1e-12
    assert 1 - 1e-12 <= growth.mean() < 2**0.5
    print(f"n = {n:>2}: mean norm x {growth.mean():.4f}, limit {2**0.5:.4f}")

# %%
# What to take away
# -----------------
# Noise that keeps the mean must add to the second moment. Expect the activations
# after dropout to be longer in training than in evaluation, by about
# :math:`q^{-1/2}`.
#
# **Try changing** one element of x to a million: the norm of y is then nearly 0 or
# nearly :math:`1/q` times that of x, never near :math:`q^{-1/2}`, and the error
# that the delta method gives no longer bounds the surprise.
