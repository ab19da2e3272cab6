"""
Twenty layers explode without a new initialisation
==================================================

Dropout keeps the mean, ``kaiming_normal_`` keeps the second moment: a deep network
that uses both should be safe. It is not. Dropout multiplies the second moment by
1/q in every layer, which the initialisation knows nothing of. At p = 0.5 twenty
layers multiply signal and gradient by about a thousand; weights of variance 2q/n
repair that, in training.
"""

# %%
# The network, by the book
# ------------------------
# Linear, ReLU, dropout, twenty times, with the usual initialisation: a variance of
# 2/n. ``shrink`` multiplies the weights; :math:`\sqrt q` makes their variance 2q/n.
import matplotlib.pyplot as plt
import numpy as np
import torch
from torch import nn

from dropout_explained import figures

plt.style.use("dropout_explained.house")
n, depth, p, seeds = 256, 20, 0.5, 16
q = 1 - p


def network(p: float, shrink: float = 1.0) -> nn.Sequential:
    """Build the layers of one network."""
    layers: list[nn.Module] = []
    for _ in range(depth):
        linear = nn.utils.skip_init(nn.Linear, n, n, bias=False)
        nn.init.kaiming_normal_(linear.weight, nonlinearity="relu")
        linear.weight.data *= shrink
        layers += [linear, nn.ReLU(), nn.Dropout(p)]
    return nn.Sequential(*layers)


# %%
# Forward and backward, from random vectors of RMS 1
# --------------------------------------------------
def rms(t: torch.Tensor) -> float:
    """Return the root mean square."""
    return t.square().mean().sqrt().item()


def sizes(net: nn.Sequential, seed: int) -> list[list[float]]:
    """Return the RMS of signals, their gradients and the weights' gradients."""
    torch.manual_seed(seeds + seed)
    x, v = (vector / rms(vector) for vector in torch.randn(2, n))
    signals = [x.requires_grad_()]
    for layer in range(0, len(net), 3):
        signals.append(net[layer : layer + 3](signals[-1]))
    gradients = torch.autograd.grad(signals[-1], [*signals, *net.parameters()], v)
    runs = signals, gradients[: depth + 1], gradients[depth + 1 :]
    return [[rms(t) for t in run] for run in runs]


# %%
# Sixteen networks of each kind
# -----------------------------
# Chance enters by a factor a layer, so the logarithms are averaged.
KINDS = {  # drop probability, factor on the weights, training
    "2/n, no dropout": (0.0, 1.0, True),
    "2/n, dropout": (p, 1.0, True),
    "2q/n, dropout": (p, q**0.5, True),
    "2q/n, evaluation": (p, q**0.5, False),
}
logs, aim = {}, {}
for kind, (drop, shrink, training) in KINDS.items():
    runs = []
    for seed in range(seeds):
        torch.manual_seed(seed)
        runs.append(sizes(network(drop, shrink).train(training), seed))
    logs[kind] = [np.log(run).mean(0) for run in zip(*runs, strict=True)]

# %%
# One layer's factor on the mean square has the expectation r and the relative
# variance w = (6/q - 1)/n; so the logarithm of the RMS has the mean L (ln r -
# w/2)/2 and the variance L w/4, but for terms of the next order in 1/n. Signal and
# gradient grow about a thousandfold, or hold, or vanish in evaluation. "Expected"
# is the root of the expected mean square.
print(f"{'':<16}{'signal':>9}{'gradient':>9}{'expected':>9}")
for kind, (drop, shrink, training) in KINDS.items():
    keep = 1 - drop if training else 1.0
    factor, spread = shrink**2 / keep, (6 / keep - 1) / n
    aim[kind] = depth / 2 * (np.log(factor) - spread / 2)
    error = (depth * spread / 4 / seeds) ** 0.5
    forward, backward = logs[kind][0][-1], logs[kind][1][0]
    assert max(abs(forward - aim[kind]), abs(backward - aim[kind])) < 5 * error
    row = np.exp(forward), np.exp(backward), factor ** (depth / 2)
    print(f"{kind:<16}" + "".join(f"{gain:>9.3g}" for gain in row))

# %%
# Every layer learns from too large a gradient
# --------------------------------------------
# A weight's gradient is a signal times a gradient. Where one has passed few layers
# the other has passed many, so all get the same, the gain of the network over
# :math:`\sqrt 2` for the ReLU between them.
error = (depth * (6 / q - 1) / n / 4 / seeds) ** 0.5
for layer in (0, depth // 2, depth - 1):
    size = logs["2/n, dropout"][2][layer]
    assert abs(size - aim["2/n, dropout"] - np.log(0.5) / 2) < 5 * error
    print(f"weights of layer {layer + 1:>2}: gradient of RMS {np.exp(size):.0f}")

# %%
# Dashed: what one layer does to the root of the mean square, once for each layer.
COLOURS = figures.NEUTRAL, figures.SCALED, figures.KEPT, figures.DROPPED
fig, axes = plt.subplots(2, 1, figsize=(4.0, 5.6), sharex=True, sharey=True)
at = np.arange(depth + 1)
for run, (ax, passed) in enumerate(zip(axes, (at, depth - at), strict=True)):
    for slope in (-0.5, 0.0, 0.5):
        ax.plot(at, q ** (slope * passed), "--", color=figures.EXPECTED, lw=1.2)
    for kind, colour, marker in zip(KINDS, COLOURS, "o^sv", strict=True):
        size = np.exp(logs[kind][run])
        ax.plot(at, size, color=colour, marker=marker, ms=4, lw=1, label=kind)
    ax.set(yscale="log", ylabel="RMS", xticks=range(0, depth + 1, 5))
axes[0].set_title("Under dropout only 2q/n holds the signal")
axes[1].set_title("Only 2q/n holds the gradient, too")
axes[1].set_xlabel("layer")
axes[0].set_ylim(top=1e6)
axes[0].set_yticks([1e-3, 1, 1e3], ["1/1000", "1", "1000"])
axes[0].legend(loc=(-0.02, 0.78), ncols=2, columnspacing=0.6, handlelength=1.2)
plt.show()

# %%
# What to take away
# -----------------
# Dropout keeps the mean, not the second moment. A deep network without
# normalisation or residual connections needs weights of variance 2q/n to hold its
# signal in training, and then loses it in evaluation: the two differ by
# :math:`q^{-L/2}` in RMS, whatever the variance. :doc:`/understand/depth` derives
# all of it.
#
# **Try changing** ``p`` to 0.1, where twenty layers do little harm, or ``n`` to 32,
# where the typical network lies far below the expected mean square.
