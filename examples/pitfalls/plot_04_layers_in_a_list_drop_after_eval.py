"""
Dropout layers in a list drop after eval()
==========================================

The layers are built in ``__init__``, once, and kept by the model in a list. That
looks like all that ``model.eval()`` could ask for. But it walks from module to
module, and a Python list is no module: what stands in it keeps the mode in which it
was made.
"""

# %%
# Search for an image
# -------------------
# An encoder turns each digit into 32 numbers, a tower of three layers that are added to
# what comes in. Search is by the nearest neighbour.
import matplotlib.pyplot as plt
import torch
from sklearn.datasets import load_digits
from torch import nn

from dropout_explained import audit, figures

plt.style.use("dropout_explained.house")
torch.set_num_threads(1)  # small tensors: threads would only wait for each other
torch.manual_seed(0)  # or any other
images = torch.from_numpy(load_digits().images).float().flatten(1) / 16
p, depth = 0.2, 3


# %%
class Encoder(nn.Module):
    """A tower of layers, each with a dropout of its own."""

    def __init__(self):
        super().__init__()
        self.first = nn.Linear(64, 32)
        self.layers = nn.ModuleList([nn.Linear(32, 32) for _ in range(depth)])
        self.drops = [nn.Dropout(p) for _ in range(depth)]

    def forward(self, x):
        x = self.first(x)
        for layer, drop in zip(self.layers, self.drops, strict=True):
            x = x + drop(layer(x).relu())
        return x


# %%
# Does an image find itself?
# --------------------------
# All 1797 are encoded for the index, and once more to be looked up. The nearest should
# be the image itself, at a distance of exactly 0.
def found_again(encoder):
    """Return the share of images nearest to themselves, and the distances."""
    with torch.no_grad():
        index, looked_up = encoder(images), encoder(images)
    distances = torch.cdist(looked_up, index)
    itself = distances.argmin(1) == torch.arange(len(images))
    return itself.float().mean().item(), (looked_up - index).norm(dim=1)


encoder = Encoder().eval()
share, off = found_again(encoder)
print(f"{share:.1%} of the images find themselves")
assert share < 0.95
assert all(drop.training for drop in encoder.drops)  # after eval()

# %%
# Nothing was trained here, and nothing need be: the layers draw, whatever the weights.
#
# Ask the audit
# -------------
report = audit(encoder, images[:8])
print(report)
assert [found.code for found in report.errors] == ["DE004"]


# %%
# Mended
# ------
# The list becomes a module.
class Mended(Encoder):
    """The same, with layers that are registered."""

    def __init__(self):
        super().__init__()
        self.drops = nn.ModuleList(self.drops)


mended = Mended().eval()
mended.load_state_dict(encoder.state_dict())
assert not audit(mended, images[:8]).errors
share_after, off_after = found_again(mended)
print(f"{share_after:.1%} of them after the change")
assert share_after > share
assert (off_after == 0).all()

# %%
fig, ax = plt.subplots(figsize=(4.0, 2.6))
ax.hist(off, 40, color=figures.DROPPED, label="list")
ax.axvline(0, color=figures.KEPT, lw=3, label="ModuleList")
ax.set(xlabel="distance of an image from itself", ylabel="images of 1797")
ax.set_title("Two codes of the same image differ")
fig.legend(loc="outside lower left", ncols=2)
plt.show()

# %%
# What to take away
# -----------------
# Modules belong into ``nn.ModuleList``, ``nn.ModuleDict`` or an attribute. In a list, a
# dictionary or a tuple they have no mode, no device and no optimiser.
#
# **Try changing** ``depth`` to 1, or ``p`` to 0.05: fewer images are lost.
