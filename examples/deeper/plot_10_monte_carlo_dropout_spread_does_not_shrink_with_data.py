"""
The spread of Monte Carlo dropout does not shrink with data
===========================================================

Leave dropout on at test time, and the outputs of a network scatter. The scatter is
often read as "how unsure the network is". What is learnt from data gets surer with
more data: a hundred times the points, a tenth of the standard error. The scatter
over masks should then do the same. It does not: it is a property of one trained
network and of ``p``.
"""

# %%
# A network that is trained without luck
# --------------------------------------
# One hidden ReLU layer with dropout after it. Averaged over masks, its squared loss
# is the loss without dropout plus the variance
# :math:`\frac{p}{q} \sum_j w_j^2 h_j^2` of its output, h its hidden units. Training
# on that average draws no masks, so two networks with the same start differ by
# their data alone, and many can be trained side by side.
import math

import matplotlib.pyplot as plt
import torch

from dropout_explained import figures, output_moments

plt.style.use("dropout_explained.house")
torch.manual_seed(0)
width, p, q = 32, 0.5, 0.5
START = [torch.randn(1, width), torch.randn(width), torch.randn(width) / width**0.5]


def output(weights, x):
    """Mean and variance over masks for each network, at all points of x."""
    first, shift, last = weights
    hidden = torch.relu(x[:, None] * first + shift[:, None])
    mean = (hidden * last[:, None]).sum(2)
    return mean, p / q * (hidden * last[:, None]).square().sum(2)


# %%
# Few and many data, many times
# -----------------------------
# Forty places, each measured once or a hundred times. Only the average of the
# measurements matters to a squared loss, and its noise falls by ten. Fifty fresh
# data sets of either size tell how far the fit would move with other data.
places, times, refits, noise = torch.linspace(-1, 1, 40), (1, 100), 50, 0.5
targets = torch.cat(
    [
        torch.sin(3 * places)
        + noise / math.sqrt(k) * torch.randn(refits, len(places))
        for k in times
    ]
)

# %%
# All hundred networks start from the same weights and train together.
weights = [torch.stack([one] * len(targets)).requires_grad_() for one in START]
optimiser = torch.optim.Adam(weights, lr=0.02)
for _ in range(300):
    mean, variance = output(weights, places)
    loss = ((mean - targets).square() + variance).mean(1).sum()
    optimiser.zero_grad()
    loss.backward()
    optimiser.step()
print(f"averaged loss {loss.item() / len(targets):.3f}")

# %%
# Two standard deviations
# -----------------------
# The *spread* is over the masks of one network; the *error* is over networks that
# saw other data. The second is what "unsure for lack of data" means.
x = torch.linspace(-2, 2, 81)
with torch.no_grad():
    mean, variance = output(weights, x)
few, many = mean.split(refits)
errors = few.std(0), many.std(0)
spreads = [one.sqrt().mean(0) for one in variance.split(refits)]

# %%
# Propagation finds the same spread from the network as a module. No ReLU sees noise
# here, so it is exact, up to rounding in float32.
first, shift, last = (one[0].detach() for one in weights)
layers = torch.nn.Linear(1, width), torch.nn.Linear(width, 1, bias=False)
layers[0].weight.data, layers[0].bias.data = first.reshape(width, 1), shift
layers[1].weight.data = last[None]
net = torch.nn.Sequential(
    layers[0], torch.nn.ReLU(), torch.nn.Dropout(p), layers[1]
)
told = output_moments(net, x[:, None], method="propagation")
assert told.exact
torch.testing.assert_close(
    told.standard_deviation[:, 0].float(), variance[0].sqrt()
)

# %%
# At one place, :math:`x = 0.5`: a standard deviation of R networks has the relative
# standard error :math:`1/\sqrt{2(R - 1)}`, so the logarithm of the ratio of two of
# them has :math:`1/\sqrt{R - 1}`. The error fell by ten, give or take five of
# those; the spread did not.
at = int((x - 0.5).abs().argmin())
fell, stayed = (float(a[at] / b[at]) for a, b in (errors, spreads))
bound = 5 / math.sqrt(refits - 1)
assert abs(math.log(fell / math.sqrt(times[1]))) < bound
assert abs(math.log(stayed / math.sqrt(times[1]))) > bound
print(f"a hundred times the data: error / {fell:.1f}, spread / {stayed:.2f}")

# %%
# Outside the data, which end at 1 and -1, the spread grows because ReLUs do: along
# a straight line, at a rate set by p and by weights that were fitted elsewhere.
fig, ax = plt.subplots(figsize=(4.0, 2.8))
band = {"fc": (figures.NEUTRAL, 0.15), "ec": figures.NEUTRAL, "lw": 0.8}
ax.axvspan(-1, 1, **band, label="where the data is")
for spread, error, points, style in (
    (spreads[0], errors[0], 40, "--"),
    (spreads[1], errors[1], 4000, "-"),
):
    ax.plot(
        x, spread, style, color=figures.SCALED, label=f"spread, {points} points"
    )
    ax.plot(
        x, error, style, color=figures.EXPECTED, label=f"error, {points} points"
    )
ax.set_title("More data lowers the error, not the spread")
ax.set_xlabel("x")
ax.set_ylim(bottom=0)
ax.legend(loc="upper center", bbox_to_anchor=(0.5, -0.2), ncols=2)
plt.show()

# %%
# What to take away
# -----------------
# The scatter of Monte Carlo dropout answers "how much does the output depend on
# which units are there?". It says little of how much data there was.
#
# **Try changing** ``p``, in ``p, q = 0.5, 0.5``: the spread follows it at once. Or
# change ``noise``: the error follows it, the spread hardly.
