r"""
Batch norm behind dropout learns noise that evaluation lacks
============================================================

Dropout against overfitting, batch norm for speed: both are put wherever there is
room. But batch norm *stores* a variance while dropout is on, and divides by it when
dropout is off. Nothing is random then, and everything is too small.
"""

# %%
# A small convolutional network
# -----------------------------
# Two blocks on digits of 8 by 8 pixels, with dropout in each, or once, at the end.
import matplotlib.pyplot as plt
import torch
from sklearn.datasets import load_digits
from torch import nn

from dropout_explained import audit, figures

plt.style.use("dropout_explained.house")
torch.set_num_threads(1)  # small tensors: threads would only wait for each other
torch.manual_seed(0)  # or any other
images, labels = map(torch.from_numpy, load_digits(return_X_y=True))
images = images.float().reshape(-1, 1, 8, 8) / 16
order = torch.randperm(len(labels))
train, test = order[:1000], order[1000:]


# %%
def network(*, in_each_block, p=0.5):
    """Two convolutions with batch norm, and dropout in each block or at the end."""
    layers, channels = [], 1
    for more in (8, 16):
        noise = [nn.Dropout(p)] if in_each_block else []
        layers += [nn.Conv2d(channels, more, 3), *noise, nn.BatchNorm2d(more)]
        layers, channels = [*layers, nn.ReLU()], more
    last = [] if in_each_block else [nn.Dropout(p)]
    return nn.Sequential(*layers, nn.Flatten(), *last, nn.Linear(16 * 16, 10))


def trained(model):
    """Return the model after 200 steps, in evaluation."""
    optimiser = torch.optim.Adam(model.parameters(), lr=0.003)
    for _ in range(200):
        batch = train[torch.randint(len(train), (50,))]
        optimiser.zero_grad()
        nn.functional.cross_entropy(model(images[batch]), labels[batch]).backward()
        optimiser.step()
    return model.eval()


# %%
# What comes out of a batch norm
# ------------------------------
# In training each channel has variance 1, times the square of its weight. In evaluation
# it should have the same.
def variances(model):
    """Return the variance of each channel behind a norm, its weight divided out."""
    found, x = [], images[test]
    with torch.no_grad():
        for layer in model:
            x = layer(x)
            if isinstance(layer, nn.BatchNorm2d):
                found.append(x.var((0, 2, 3)) / layer.weight**2)
    return torch.cat(found)


model = trained(network(in_each_block=True))
found = variances(model)
print(f"variances in evaluation: {found.min():.2f} to {found.max():.2f}")
assert found.max() < 0.8

# %%
# Ask the audit
# -------------
# It follows what dropout leaves, and measures the variance on both sides of the mask.
report = audit(model.train(), images[test[:64]])
print(report)
assert {one.code for one in report.warnings} == {"DE021"}

# %%
# Mended
# ------
# One dropout, behind the last batch norm.
mended = trained(network(in_each_block=False))
report = audit(mended, images[test[:64]])
assert not report.errors
assert not report.warnings
found_mended, losses = variances(mended), []
print(f"mended: {found_mended.min():.2f} to {found_mended.max():.2f}")
assert abs(found_mended - 1).max() < 0.2
for name, one in {"before": model.eval(), "behind": mended}.items():
    with torch.no_grad():
        losses.append(nn.functional.cross_entropy(one(images[test]), labels[test]))
    print(f"dropout {name} batch norm: loss {losses[-1]:.3f}")
assert losses[0] > losses[1]

# %%
fig, ax = plt.subplots(figsize=(4.0, 2.8))
channels = range(1, len(found) + 1)
ax.plot(channels, found, "x", color=figures.DROPPED, label="dropout before")
ax.plot(channels, found_mended, "o", color=figures.KEPT, label="dropout behind")
ax.axhline(1, color=figures.NEUTRAL, ls="--")
ax.set(xlabel="channel, of both norms", ylabel="variance in evaluation")
ax.set_ylim(0)
ax.set_title("Behind dropout the variance is too small")
fig.legend(loc="outside lower left", ncols=2)
plt.show()

# %%
# What to take away
# -----------------
# A batch norm must not learn from masked values. :doc:`The size of the shift
# <../deeper/plot_08_batch_norm_sees_another_variance>` has a formula.
#
# **Try changing** ``p=0.5`` to 0.3: the variances come closer to 1, as the formula says.
