"""
A mask without scale predicts too much
======================================

Dropout by hand is two lines: draw a mask, multiply. In evaluation, leave both out.
Who forgets the scale trains on sums of a part of the units, and predicts with sums
of all. Training never shows it: there the network learns weights that suit the
masks.
"""

# %%
# Predict the course of a disease
# -------------------------------
# A number from 25 to 346 for each of 442 patients; 300 of them train.
import matplotlib.pyplot as plt
import torch
from sklearn.datasets import load_diabetes
from torch import nn

from dropout_explained import audit, figures

plt.style.use("dropout_explained.house")
torch.set_num_threads(1)  # small tensors: threads would only wait for each other
torch.manual_seed(0)  # or any other
data, target = map(torch.from_numpy, load_diabetes(return_X_y=True))
data, target = data.float() / data.std(0).float(), target.float() / 100
order = torch.randperm(len(data))
train, test = order[:300], order[300:]


# %%
class ByHand(nn.Module):
    """A mask, and nothing to make up for it."""

    def __init__(self, p):
        super().__init__()
        self.p = p

    def forward(self, x):
        if self.training:
            x = x * (torch.rand_like(x) >= self.p)
        return x


def trained(dropout):
    """Return a network with this dropout, after 300 steps."""
    torch.manual_seed(0)  # or any other
    model = nn.Sequential(
        nn.Linear(10, 64), nn.ReLU(), dropout, nn.Linear(64, 1, bias=False)
    )
    optimiser = torch.optim.Adam(model.parameters(), lr=0.005)
    for _ in range(300):
        optimiser.zero_grad()
        nn.functional.mse_loss(model(data[train])[:, 0], target[train]).backward()
        optimiser.step()
    return model


# %%
# Training and evaluation disagree
# --------------------------------
# Averaged over 1000 masks, the output in training is q times that in evaluation: the last
# layer is linear, so this is exact but for sampling.
p, passes = 0.4, 1000
model = trained(ByHand(p))
with torch.no_grad():
    sums = torch.stack([model(data[test]).mean() for _ in range(passes)])
    whole = model.eval()(data[test]).mean()
ratio, error = sums.mean() / whole, sums.std() / whole / passes**0.5
print(f"training / evaluation = {ratio:.4f} +- {error:.4f}, q = {1 - p:g}")
assert abs(ratio - (1 - p)) < 5 * error

# %%
# Ask the audit
# -------------
# It follows the draw to the values that it masks, and looks at what multiplies them.
model.train()
report = audit(model, data[:32])
print(report)
assert [found.code for found in report.errors] == ["DE010"]


# %%
# Mended
# ------
# One division, in training; then the same training again.
class Mended(ByHand):
    """A mask and its scale."""

    def forward(self, x):
        if self.training:
            x = x * (torch.rand_like(x) >= self.p) / (1 - self.p)
        return x


mended = trained(Mended(p))
assert not audit(mended, data[:32]).errors
found = {}
for name, one in {"no scale": model, "mended": mended}.items():
    with torch.no_grad():
        found[name] = one.eval()(data[test])[:, 0]
    off = found[name] - target[test]
    print(f"{name:<9} mean error {100 * off.mean():+5.0f}, ", end="")
    print(f"root mean square {100 * off.square().mean().sqrt():3.0f}")
mean = {name: (one - target[test]).mean() for name, one in found.items()}
assert mean["no scale"] > 3 * abs(mean["mended"])

# %%
fig, ax = plt.subplots(figsize=(4.0, 3.4))
marks = zip(found.items(), ["x", "o"], [figures.DROPPED, figures.KEPT], strict=True)
for (name, predicted), mark, colour in marks:
    points = 100 * target[test], 100 * predicted
    ax.plot(*points, mark, ms=4, color=colour, label=name)
ax.axline((0, 0), slope=1, color=figures.NEUTRAL, ls="--")
ax.set(xlabel="measured course", ylabel="predicted")
ax.set_title("Without the scale all are predicted too ill")
fig.legend(loc="outside lower left", ncols=2)
plt.show()

# %%
# What to take away
# -----------------
# A mask needs its scale: 1/q in training or q in evaluation. ``nn.Dropout`` has it. A
# training loss cannot tell you, because training adapts.
#
# **Try changing** p to 0.1: the error shrinks, the finding stays.
