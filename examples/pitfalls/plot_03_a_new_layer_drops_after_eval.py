"""
A layer built in forward drops after eval()
===========================================

``nn.Dropout(0.3)(x)`` inside ``forward`` is a layer, and layers follow
``model.eval()``. But this one does not exist when ``eval()`` is called. It is made
anew with every pass, and what is new is in training mode.
"""

# %%
# Predict the course of a disease
# -------------------------------
# Ten measurements of 442 patients, and a number from 25 to 346 that says how far
# their diabetes went in a year. 300 of them train.
import matplotlib.pyplot as plt
import torch
from sklearn.datasets import load_diabetes
from torch import nn

from dropout_explained import audit, figures

plt.style.use("dropout_explained.house")
torch.set_num_threads(1)  # small tensors: threads would only wait for each other
torch.manual_seed(0)  # or any other
data, target = map(torch.from_numpy, load_diabetes(return_X_y=True))
data, target = data.float() / data.std(0).float(), target.float()
order = torch.randperm(len(data))
train, test = order[:300], order[300:]


# %%
class Course(nn.Module):
    """One number for each patient."""

    def __init__(self, p=0.3):
        super().__init__()
        self.first, self.last, self.p = nn.Linear(10, 64), nn.Linear(64, 1), p

    def forward(self, x):
        x = self.first(x).relu()
        x = nn.Dropout(self.p)(x)  # short, and always new
        return 100 * self.last(x)[:, 0] + 150


def trained(model):
    """Return the model after 200 steps."""
    optimiser = torch.optim.Adam(model.parameters(), lr=0.003)
    for _ in range(200):
        optimiser.zero_grad()
        nn.functional.mse_loss(model(data[train]), target[train]).backward()
        optimiser.step()
    return model


# %%
# Two predictions for each patient
# --------------------------------
# After ``eval()`` no module is in training mode. The list of modules shows no dropout
# at all.
model = trained(Course()).eval()
assert not any(isinstance(one, nn.Dropout) for one in model.modules())
with torch.no_grad():
    one, other = model(data[test]), model(data[test])
apart = (one - other).abs()
print(f"two predictions differ by {apart.mean():.0f}, by up to {apart.max():.0f}")
assert apart.mean() > 1

# %%
# Ask the audit
# -------------
# It sees the draw, and that the module which drew is none of the model's.
report = audit(model, data[:8])
print(report)
assert [found.code for found in report.errors] == ["DE003"]


# %%
# Mended
# ------
# The layer is made once, in ``__init__``, where ``eval()`` finds it. It has no weights,
# so those of the broken model fit.
class Mended(Course):
    """The same with a registered layer."""

    def __init__(self, p=0.3):
        super().__init__(p)
        self.drop = nn.Dropout(p)

    def forward(self, x):
        x = self.drop(self.first(x).relu())
        return 100 * self.last(x)[:, 0] + 150


mended = Mended()
mended.load_state_dict(model.state_dict())
assert not audit(mended, data[:8]).errors
mended.eval()
with torch.no_grad():
    predicted = mended(data[test])
    assert torch.equal(predicted, mended(data[test]))
    passes = torch.stack([model(data[test]) for _ in range(100)])
before = (passes - target[test]).square().mean().sqrt()
after = (predicted - target[test]).square().mean().sqrt()
print(f"root mean square error {before:.1f} before, {after:.1f} after")
assert after < before

# %%
fig, ax = plt.subplots(figsize=(4.0, 2.9))
twelve = range(1, 13)
low, high = passes[:, :12].amin(0), passes[:, :12].amax(0)
ax.vlines(twelve, low, high, color=figures.DROPPED, lw=6, label="100 passes")
ax.plot(twelve, predicted[:12], "o", color=figures.KEPT, label="mended")
ax.set(xlabel="patient", ylabel="predicted course", xticks=twelve[::2])
ax.set_title("After eval() a patient has many futures")
fig.legend(loc="outside lower left", ncols=2)
plt.show()

# %%
# What to take away
# -----------------
# Build in ``__init__`` what has a mode, and call in ``forward`` what was built. A list of
# modules without dropout does not say that nothing drops.
#
# **Try changing** ``p=0.3``, twice, to 0.05: the bars shrink, and the finding stays.
