r"""
Dropout that is scaled twice is unsure when it predicts
=======================================================

The paper says that a mask needs a factor, so the code divides by :math:`1 - p`. But
``nn.Dropout`` has done that already. A network then trains on values that are too
large, and learns all the same. But in evaluation there is no second division.
"""

# %%
# A deep classifier of digits
# ---------------------------
# Without biases, so that a factor passes through every layer.
import matplotlib.pyplot as plt
import torch
import torch.nn.functional as F
from sklearn.datasets import load_digits
from torch import nn

from dropout_explained import audit, figures

plt.style.use("dropout_explained.house")
torch.set_num_threads(1)  # small tensors: threads would only wait for each other
torch.manual_seed(0)  # or any other
images, labels = map(torch.from_numpy, load_digits(return_X_y=True))
images = images.float() / 16
order = torch.randperm(len(labels))
train, test = order[:1000], order[1000:]
p, depth = 0.3, 4


# %%
class Network(nn.Module):
    """Layers of one width, with dropout behind each."""

    def __init__(self):
        super().__init__()
        sizes = [64] + [128] * depth
        self.layers = nn.ModuleList(
            nn.Linear(sizes[i], sizes[i + 1], bias=False) for i in range(depth)
        )
        self.drop, self.scores = nn.Dropout(p), nn.Linear(128, 10, bias=False)

    def dropped(self, x):
        x = self.drop(x)
        return x / (1 - p) if self.training else x

    def forward(self, x):
        for layer in self.layers:
            x = self.dropped(layer(x).relu())
        return self.scores(x)


class Mended(Network):
    """The same without the second division."""

    def dropped(self, x):
        return self.drop(x)


# %%
# One factor a layer
# ------------------
# The same weights and the same masks: the outputs in training differ by
# :math:`1/q^4`, which is 4.16. In evaluation they are equal.
model, mended = Network(), Mended()
mended.load_state_dict(model.state_dict())
torch.manual_seed(1)
twice = model(images[:50])
torch.manual_seed(1)
once = mended(images[:50])
factor = (twice * once).sum() / once.square().sum()
print(f"outputs in training are {factor:.2f} times as large")
assert torch.allclose(twice, once / (1 - p) ** depth, rtol=1e-4, atol=1e-5)
assert torch.equal(model.eval()(images), mended.eval()(images))

# %%
# Ask the audit
# -------------
report = audit(model, images[:32])
print(report)
assert {found.code for found in report.errors} == {"DE011"}
assert not audit(mended, images[:32]).errors


# %%
# What it costs
# -------------
# Training adapts to its own factor: the scores are right *there*. In evaluation each
# is too small, and the probabilities come out nearly alike.
def trained(model):
    """Train for 300 steps; return loss and confidence on the test images."""
    optimiser = torch.optim.Adam(model.train().parameters(), lr=0.002)
    for _ in range(300):
        batch = train[torch.randint(len(train), (50,))]
        optimiser.zero_grad()
        F.cross_entropy(model(images[batch]), labels[batch]).backward()
        optimiser.step()
    with torch.no_grad():
        scores = model.eval()(images[test])
    sure = scores.softmax(1).amax(1)
    right = (scores.argmax(1) == labels[test]).float().mean()
    return F.cross_entropy(scores, labels[test]), sure, right


results = {"scaled twice": trained(model), "mended": trained(mended)}
for name, (loss, sure, right) in results.items():
    print(f"{name:<13}{right:6.1%} right, {sure.mean():4.0%} sure, loss {loss:.2f}")
losses = [loss for loss, _, _ in results.values()]
assert losses[0] > 2 * losses[1]

# %%
fig, ax = plt.subplots(figsize=(4.0, 2.7))
bins = torch.linspace(0.1, 1, 19)
for (name, (_, sure, _)), colour, kind in zip(
    results.items(), [figures.DROPPED, figures.KEPT], ["bar", "step"], strict=True
):
    ax.hist(sure, bins, color=colour, histtype=kind, lw=2, label=name)
ax.set(xlabel="largest probability of an image", ylabel="test images")
ax.set_title("Scaled twice, it is right and unsure")
fig.legend(loc="outside lower left", ncols=2)
plt.show()

# %%
# What to take away
# -----------------
# PyTorch's dropout brings its scale. A formula with :math:`1/(1-p)` explains what it does,
# and is not left for you to do.
#
# **Try changing** ``depth`` to 6: still as many are right, and it is sure of none.
