r"""
A mask that takes p for q passes at one half
============================================

Some libraries ask for the probability to drop, others for the one to keep. Who
ports a layer and mixes them up keeps with probability p and still divides by
:math:`1 - p`. Any test with p = 0.5, everybody's first p, says that all is well.
"""

# %%
# One mask for a whole sequence
# -----------------------------
# Recurrent networks often drop the same units at every step. PyTorch has no layer for
# it, so it is copied from project to project.
import matplotlib.pyplot as plt
import torch
from torch import nn

from dropout_explained import audit, figures

plt.style.use("dropout_explained.house")
torch.set_num_threads(1)  # small tensors: threads would only wait for each other
torch.manual_seed(0)  # or any other


class Locked(nn.Module):
    """Drop units for all steps of a sequence (batch, step, unit)."""

    def __init__(self, p):
        super().__init__()
        self.p = p

    def forward(self, x):
        if not self.training:
            return x
        mask = torch.empty_like(x[:, :1]).bernoulli_(self.p)  # keeps with p
        return x * mask / (1 - self.p)


class Mended(Locked):
    """The same, and it keeps with 1 - p."""

    def forward(self, x):
        if not self.training:
            return x
        mask = torch.empty_like(x[:, :1]).bernoulli_(1 - self.p)
        return x * mask / (1 - self.p)


# %%
# The mean of the output
# ----------------------
# Of ones, over N masks: it should be 1. It is p/q, with a standard error of
# :math:`\sqrt{pq/N}/q`, and at one half both are the same.
ones, means = torch.ones(10_000, 1, 1), {}
for p in (0.1, 0.2, 0.3, 0.4, 0.5, 0.6):
    means[p] = [layer(p)(ones).mean().item() for layer in (Locked, Mended)]
    error = (p * (1 - p) / len(ones)) ** 0.5 / (1 - p)
    assert abs(means[p][0] - p / (1 - p)) < 5 * error
    assert abs(means[p][1] - 1) < 5 * error
    print(f"p = {p}: mean {means[p][0]:.2f}, mended {means[p][1]:.2f}")


# %%
# Ask the audit
# -------------
# A forecaster of the next value of a wave, with p = 0.2. The audit knows the keep rate
# from the draw, and what the mask is multiplied by.
class Forecaster(nn.Module):
    """A recurrent layer, a mask for the whole sequence, and a linear layer."""

    def __init__(self, dropout):
        super().__init__()
        self.recurrent = nn.GRU(1, 32, batch_first=True)
        self.dropout, self.out = dropout, nn.Linear(32, 1)

    def forward(self, x):
        return self.out(self.dropout(self.recurrent(x)[0]))


def waves(count):
    """Return sines of random pace and phase, 41 values each."""
    pace, phase = 0.2 + 0.3 * torch.rand(count, 1), 6.3 * torch.rand(count, 1)
    return (pace * torch.arange(41) + phase).sin()[..., None]


report = audit(Forecaster(Locked(0.2)), waves(16)[:, :-1])
print(report)
assert [found.code for found in report.errors] == ["DE012"]
assert not audit(Forecaster(Mended(0.2)), waves(16)[:, :-1]).errors


# %%
# What it costs
# -------------
# Both are trained alike, and then forecast waves that they have not seen.
def trained_error(layer):
    """Return the root mean square error in evaluation, after 200 steps."""
    model = Forecaster(layer(0.2))
    optimiser = torch.optim.Adam(model.parameters(), lr=0.01)
    for _ in range(200):
        optimiser.zero_grad()
        x = waves(32)
        nn.functional.mse_loss(model(x[:, :-1]), x[:, 1:]).backward()
        optimiser.step()
    x = waves(1000)
    with torch.no_grad():
        return (model.eval()(x[:, :-1]) - x[:, 1:]).square().mean().sqrt().item()


wrong, right = trained_error(Locked), trained_error(Mended)
print(f"error of the forecast {wrong:.2f}, mended {right:.2f}")
assert wrong > 1.5 * right

# %%
fig, ax = plt.subplots(figsize=(4.0, 2.8))
grid = torch.linspace(0.05, 0.62, 50)
ax.plot(grid, grid / (1 - grid), color=figures.DROPPED, label="keeps with p")
ax.plot(grid, torch.ones(50), "--", color=figures.KEPT, label="keeps with 1 - p")
for p, (before, after) in means.items():
    ax.plot([p, p], [before, after], "o", color=figures.NEUTRAL)
ax.set(xlabel="p, to drop", ylabel="mean of the output", ylim=(0, 1.7))
ax.set_title("A test at one half finds nothing")
ax.legend(loc="lower right")
plt.show()

# %%
# What to take away
# -----------------
# Test a layer of your own at p = 0.1, where p and q are far apart, and with ones, whose
# mean over masks must be 1.
#
# **Try changing** ``0.2`` in the audit to 0.5: it finds nothing, because nothing is wrong.
