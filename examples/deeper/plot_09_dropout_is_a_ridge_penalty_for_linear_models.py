"""
For a linear model, dropout is a ridge penalty that knows the scale
===================================================================

A random mask in every step looks nothing like a penalty on the weights. Yet for
linear regression the squared loss averaged over masks is *exactly* the loss without
dropout plus :math:`(p/q) \\sum_j h_j w_j^2`, with :math:`h_j` the mean square of
feature :math:`j`. So many runs with dropout, each of which wanders, gather around a
ridge solution.
"""

# %%
# The penalty
# -----------
# Fifty samples of two features, on scales of 1 and 10. Masks of different samples
# are independent, so the average over masks needs only the four masks of one
# sample.
import matplotlib.pyplot as plt
import numpy as np
import torch
import torch.nn.functional as F

from dropout_explained import figures, mask_moments

plt.style.use("dropout_explained.house")
n, p = 50, 0.5
q = 1 - p
data = torch.Generator().manual_seed(0)
scales = torch.tensor([1.0, 10.0], dtype=torch.float64)
X = torch.randn(n, 2, generator=data, dtype=torch.float64) * scales
noise = torch.randn(n, generator=data, dtype=torch.float64)
t = X @ torch.tensor([2.0, -0.1], dtype=torch.float64) + noise

# %%
# At any weights, the loss and the penalty add up to the average.
w, h = torch.tensor([1.5, 0.3], dtype=torch.float64), (X**2).mean(0)


def losses(masks: np.ndarray) -> np.ndarray:
    """Return the squared error of every sample under each mask."""
    return (t.numpy() - (masks / q) @ (w * X).numpy().T) ** 2


plain, penalty = ((t - X @ w) ** 2).mean(), p / q * h @ w**2
average = mask_moments(losses, p, n=2).mean.mean()
assert np.isclose(average, plain + penalty, rtol=1e-12)
print(f"loss {plain:.3f} + penalty {penalty:.3f} = average {average:.3f}")

# %%
# Many runs
# ---------
# The minimum of the sum solves :math:`(X^\top X/n + (p/q)\,D)\,w = X^\top t/n` with
# :math:`D` the diagonal matrix of the :math:`h_j`. Two thousand runs of descent use
# torch's dropout, a fresh mask each step. A step is linear in the weights, and its
# mask does not depend on them: so the *average* run follows the averaged gradient
# exactly.
gram, right = X.T @ X / n, X.T @ t / n
ridge = torch.linalg.solve(gram + p / q * h.diag(), right)
least_squares = torch.linalg.solve(gram, right)
torch.manual_seed(0)
runs, steps, rate = 2000, 100, 0.1 / scales**2
weights = torch.zeros(runs, 2, dtype=torch.float64)
for _ in range(steps):
    y = F.dropout(X.expand(runs, n, 2), p)
    residual = torch.einsum("rij,rj->ri", y, weights) - t
    weights -= rate * 2 / n * torch.einsum("ri,rij->rj", residual, y)

# %%
# The runs are independent, so their mean has the standard error
# :math:`\sqrt{S^2/\text{runs}}`, with :math:`S^2` their variance. What is left of
# the start after so many steps is far below it.
left = torch.eye(2) - 2 * rate[:, None] * (gram + p / q * h.diag())
assert (torch.linalg.matrix_power(left, steps) @ ridge).abs().max() < 1e-9
mean, error = weights.mean(0), (weights.var(0) / runs).sqrt()
assert ((mean - ridge) / error).abs().max() < 5
assert ((mean - least_squares) / error).abs().min() > 50
print("average of the runs", mean.numpy().round(4))
print("ridge solution     ", ridge.numpy().round(4))
print("least squares      ", least_squares.numpy().round(4))

# %%
fig, ax = plt.subplots(figsize=(4.0, 2.8))
# One run in four is enough for a cloud.
ax.plot(*weights[::4].T, ".", color=figures.SCALED, ms=2.5, label="with dropout")
ax.plot(*ridge, "o", color=figures.EXPECTED, markersize=9, label="ridge solution")
ax.plot(
    *least_squares, "X", color=figures.DROPPED, markersize=9, label="least squares"
)
ax.set_title("Runs gather at the ridge solution")
ax.set(xlabel="weight of the feature of scale 1", ylabel="of scale 10")
ax.margins(0.1)
ax.legend()
plt.show()

# %%
# The unit does not matter
# ------------------------
# Make the two features orthogonal over the samples, with mean squares of exactly 1
# and 100. Dropout keeps the part :math:`q` of each least squares weight, whatever
# the unit. Ordinary ridge regression, one strength for all, keeps
# :math:`h_j / (h_j + p/q)`: it hardly shrinks the feature with the large numbers.
X = torch.linalg.qr(X).Q * n**0.5 * scales
gram, right, h = X.T @ X / n, X.T @ t / n, (X**2).mean(0)
least_squares = torch.linalg.solve(gram, right)
identity = torch.eye(2, dtype=torch.float64)
for name, strength, keeps in (
    ("dropout", h.diag(), torch.full_like(h, q)),
    ("ordinary ridge", identity, scales**2 / (scales**2 + p / q)),
):
    part = torch.linalg.solve(gram + p / q * strength, right) / least_squares
    torch.testing.assert_close(part, keeps)
    print(f"{name:<15} keeps", part.numpy().round(3))

# %%
# What to take away
# -----------------
# For a linear model the *average* over masks is ridge regression of strength
# :math:`p/q` on features scaled to mean square 1. One run is not that average: it
# keeps wandering.
#
# **Try changing** ``rate`` to a tenth, with ten times the steps: the cloud narrows
# around the same point; or ``p``: at 0.1 the two solutions nearly meet.
