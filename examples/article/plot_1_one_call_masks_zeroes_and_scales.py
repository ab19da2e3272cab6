r"""
One call masks, zeroes, and divides what is left by 1 - p
=========================================================

You pass ``[1, 2, 3, 4]`` through dropout and a 6 comes back. Nobody asked for a 6:
dropout was supposed to *drop* things. It does, and then it divides each survivor by
the keep probability :math:`q = 1 - p`, so that the average output is the input:

.. math:: y_i = \frac{m_i x_i}{q}, \qquad m_i \sim \mathrm{Bernoulli}(q) .

The article's first example shows this, and a gradient that it leaves unexplained.
It also says that the outputs "will differ slightly in subsequent runs". They do
not: each element either stays exactly as it was or jumps between 0 and
:math:`x_i / q`.
"""

# %%
# One call
# --------
# The seed makes this page repeatable: with the same build of torch, on a CPU, you
# get these bits.
import matplotlib.pyplot as plt
import torch
from torch import nn

from dropout_explained import (
    dropout_gradient,
    explain,
    figures,
    mean_square_gradient,
    mean_square_gradient_moments,
)

plt.style.use("dropout_explained.house")

p, q = 0.5, 0.5
x = torch.tensor([1.0, 2.0, 3.0, 4.0], requires_grad=True)
torch.manual_seed(0)
y = nn.Dropout(p)(x)
print("x =", x.tolist())
print("y =", y.tolist())

# %%
# Taken apart
# -----------
# ``explain`` draws the same mask from the same seed and shows each step. Its output
# is torch's, bit for bit.
told = explain(x, p, seed=0)
assert torch.equal(told.output, y)
assert torch.equal(y, told.mask * x / q)
told

# %%
# The same call as a picture: what the mask drops ends at zero, what it keeps is
# divided by q.
fig, ax = plt.subplots(figsize=(4.0, 2.0))
figures.four_rows(told, ax).set_title("Dropped: 0, kept: x / q")
plt.show()

# %%
# The gradient passes through the same mask
# -----------------------------------------
# The article's loss is the mean of :math:`y^2`. By the chain rule
# :math:`\partial L / \partial x_i = 2 y_i m_i / (n q)`: exactly zero where the
# element was dropped, not merely small, and scaled once more where it was kept.
loss = torch.mean(y**2)
loss.backward()
m, n = told.mask, x.numel()
assert torch.equal(x.grad, 2 * y.detach() * m / (n * q))
assert torch.equal(x.grad, dropout_gradient(m, p, upstream=2 * y / n))
assert torch.equal(x.grad, mean_square_gradient(x, m, p))
assert (x.grad[~m] == 0).all()
print("gradient =", x.grad.tolist())

# %%
# Averaged over all masks the gradient is :math:`2 x_i / (n q)`; a single mask shows
# it to be either nothing or :math:`1/q` times that.
fig, ax = plt.subplots(figsize=(4.0, 2.8))
average = mean_square_gradient_moments(x, p).mean
figures.gradient_bars(x.grad, m, expected=average, ax=ax)
ax.set(title="A dropped element has gradient 0", ylim=(-0.2, 10))
ax.legend(loc="upper left")
plt.show()

# %%
# Run it again: not "slightly" different
# --------------------------------------
# Two runs disagree about an element when one keeps it and the other does not, which
# has probability :math:`2pq`. Here are many pairs of runs, each with a mask of its
# own, for three values of p; the bound is five standard errors of the observed
# frequency.
pairs = 10_000
for p in (0.1, 0.5, 0.9):
    first, second = nn.Dropout(p)(torch.ones(2, pairs, 4))
    changed = first != second
    expected = 2 * p * (1 - p)
    standard_error = (expected * (1 - expected) / changed.numel()) ** 0.5
    observed = changed.double().mean().item()
    print(f"p = {p}: changed {observed:.4f}, ", end="")
    print(f"expected {expected:.4f} +/- {standard_error:.4f}")
    assert abs(observed - expected) < 5 * standard_error
    jump = (first - second).abs()[changed]
    assert torch.equal(
        jump, torch.full_like(jump, jump.max().item())
    )  # all of 1 / q, none smaller

# %%
# What to take away
# -----------------
# Dropout multiplies by :math:`m / q`, forward and backward. Survivors grow so that
# the mean does not shrink; what was dropped is exactly zero in both directions.
#
# **Try changing** the seed, p to 0.9 (the survivors become tenfold), or the loss to
# ``y.sum()``, whose gradient is the mask times the scale and nothing else.
