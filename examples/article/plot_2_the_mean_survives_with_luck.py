r"""
The mean survives dropout, give or take a standard error
========================================================

Dropout keeps the *expected* mean. Your mean is one draw from a distribution, and
how wide that is depends on p and on how many values you average. For n equal values
x,

.. math:: \mathrm{SE}[\bar y] = |x| \sqrt{\frac{p}{q\,n}}, \qquad q = 1 - p .

The article's second example drops out a thousand ones and says that the mean
"remains close to 1 even with high dropout" and that this is "consistent across
multiple runs". Close in which unit? At :math:`p = 0.9` the standard error is nine
times that at :math:`p = 0.1`.
"""

# %%
# One run, as in the article
# --------------------------
import matplotlib.pyplot as plt
import torch
from scipy.stats import binom
from torch import nn

from dropout_explained import figures, moments

plt.style.use("dropout_explained.house")

n = 1000
torch.manual_seed(0)
for p in (0.9, 0.1):
    mean = nn.Dropout(p)(torch.ones(n)).mean()
    print(f"p = {p}: mean of {n} ones after dropout {mean:.4f}")

# %%
# What to expect, exactly
# -----------------------
# The number of survivors is binomial, and the mean is that number divided by
# :math:`n q`. So the central 95 % interval is exact, not an approximation by a
# normal distribution.
exact = {p: moments(p, n=n) for p in (0.9, 0.1)}
for p, law in exact.items():
    low, high = law.interval_95
    print(f"p = {p}: standard error {law.standard_error:.4f}, ", end="")
    print(f"95 % in {low:.3f} to {high:.3f}")
assert abs(exact[0.9].standard_error / exact[0.1].standard_error - 9) < 1e-9

# %%
# Many runs
# ---------
# Thousands of runs at each p: their average and their spread must match the closed
# form, each within five standard errors of what is estimated.
runs = 5000
means = {
    p: nn.Dropout(p)(torch.ones(runs, n)).double().mean(1).numpy() for p in exact
}
for p, law in exact.items():
    variance, pq = law.standard_error**2, p * (1 - p)
    excess_kurtosis = (1 - 6 * pq) / (n * pq)
    error_of_variance = variance * (2 / (runs - 1) + excess_kurtosis / runs) ** 0.5
    assert abs(means[p].mean() - 1) < 5 * law.standard_error / runs**0.5
    assert abs(means[p].var(ddof=1) - variance) < 5 * error_of_variance
    print(f"p = {p}: spread of {runs} means {means[p].std(ddof=1):.5f}, ", end="")
    print(f"theory {law.standard_error:.5f}")

# %%
# The share of them inside the interval must match its exact probability, which is a
# little more than 95 % because the mean moves in steps.
for p, law in exact.items():
    q = 1 - p
    low, high = (round(end * n * q) for end in law.interval_95)
    coverage = binom.cdf(high, n, q) - binom.cdf(low - 1, n, q)
    survivors = (means[p] * n * q).round()
    inside = ((low <= survivors) & (survivors <= high)).mean()
    assert abs(inside - coverage) < 5 * (coverage * (1 - coverage) / runs) ** 0.5
    print(
        f"p = {p}: inside the interval {inside:.4f}, exact coverage {coverage:.4f}"
    )

# %%
# The same axis for both: at :math:`p = 0.1` the mean hardly moves, at
# :math:`p = 0.9` it wanders.
fig, axes = plt.subplots(2, 1, figsize=(4.0, 5.2), sharex=True)
for ax, (p, samples) in zip(axes, means.items(), strict=True):
    figures.mean_distribution(p, n, samples=samples, ax=ax)
axes[0].set_title("At p = 0.9 the mean wanders", pad=46)
axes[1].set_title("At p = 0.1 it hardly moves")
place = {"loc": "lower left", "bbox_to_anchor": (-0.12, 1.0)}
axes[0].legend(ncols=2, columnspacing=0.8, handlelength=1.2, **place)
plt.show()

# %%
# How far does "close to 1" go?
# -----------------------------
# If close means at most 0.05 away, most runs at :math:`p = 0.9` are not close. The
# survivors must number from :math:`0.95\, n q` to :math:`1.05\, n q`, and that
# probability is a difference of two binomial sums.
for p in exact:
    q = 1 - p
    fewest, most = round(0.95 * n * q), round(1.05 * n * q)
    probability = binom.cdf(most, n, q) - binom.cdf(fewest - 1, n, q)
    needed = p / (q * 0.025**2)
    print(f"p = {p}: at most 0.05 from 1 in {probability:.1%} of runs")
    print(f"         0.05 is two standard errors at n = {needed:.0f}")
    assert (probability > 0.5) == (p < 0.5)

layer = moments(0.5, n=100).standard_error
print(f"a layer of 100 equal units at p = 0.5: {layer:.0%} noise in its mean")

# %%
# What to take away
# -----------------
# Dropout leaves the mean alone on average; a run misses it by about
# :math:`\sqrt{p/(q n)}`, relative to x. A small layer feels that noise at every
# step of training, and that is the point of dropout.
#
# **Try changing** n to 100, or the ones to values of both signs: the mean is then
# near 0, and the standard error does not shrink with it.
