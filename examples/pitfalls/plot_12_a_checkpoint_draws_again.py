"""
A checkpoint that draws again gives a wrong gradient
====================================================

A checkpoint saves memory: it forgets what a block computed, and computes it again
in the backward pass. ``preserve_rng_state=False`` makes that a little faster. If
the block drops, it then draws a *new* mask, and the gradient is that of neither.
"""

# %%
# Three blocks under checkpoints
# -------------------------------
# Residual blocks, as a transformer has, on digits.
import copy

import matplotlib.pyplot as plt
import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.checkpoint import checkpoint

from dropout_explained import audit, figures

plt.style.use("dropout_explained.house")
torch.set_num_threads(1)  # small tensors: threads would only wait for each other
torch.manual_seed(0)  # or any other
images, labels = map(torch.from_numpy, load_digits(return_X_y=True))
images = images.float() / 16


# %%
class Deep(nn.Module):
    """Residual blocks with dropout; each may be run under a checkpoint."""

    def __init__(self, p=0.5):
        super().__init__()
        layers = nn.LayerNorm(64), nn.Linear(64, 64), nn.ReLU(), nn.Dropout(p)
        block = nn.Sequential(*layers, nn.Linear(64, 64))
        self.blocks = nn.ModuleList(copy.deepcopy(block) for _ in range(3))
        self.scores = nn.Linear(64, 10)

    def run(self, block, x):
        return block(x)

    def forward(self, x):
        for block in self.blocks:
            x = x + self.run(block, x)
        return self.scores(x)


class Checkpointed(Deep):
    """The same under checkpoints, which may let the generator run on."""

    def __init__(self, *, preserve):
        super().__init__()
        self.options = {"use_reentrant": False, "preserve_rng_state": preserve}

    def run(self, block, x):
        return checkpoint(block, x, **self.options)


# %%
# Gradients for the same masks
# ----------------------------
# The loss does not tell: the forward pass is the same.
def loss_and_gradient(model):
    """Return both for the masks of one seed."""
    torch.manual_seed(1)
    model.zero_grad()
    loss = nn.functional.cross_entropy(model(images[:50]), labels[:50])
    loss.backward()
    return loss, torch.cat([one.grad.flatten() for one in model.parameters()])


models = [Deep(), Checkpointed(preserve=False), Checkpointed(preserve=True)]
for one in models[1:]:
    one.load_state_dict(models[0].state_dict())
(loss, gradient), (same, wrong), (_, right) = map(loss_and_gradient, models)
off = ((wrong - gradient).norm() / gradient.norm()).item()
print(f"loss {loss:.4f} and {same:.4f}, gradient off by {off:.0%}")
assert loss == same
assert off > 0.1
assert torch.equal(right, gradient)

# %%
# Ask the audit
# -------------
# It runs a backward pass, too, and compares what was drawn with what was drawn again.
report = audit(models[1], images[:8])
print(report)
assert {found.code for found in report.errors} == {"DE024"}
assert not audit(models[2], images[:8]).errors


# %%
# What it costs
# -------------
# The same start and the same batches for all three.
def trained(model, steps=300):
    """Return the losses in training, averaged over ten steps each."""
    torch.manual_seed(2)
    optimiser, kept = torch.optim.SGD(model.parameters(), lr=0.05), []
    batches = torch.Generator().manual_seed(0)
    for _ in range(steps):
        batch = torch.randint(len(labels), (50,), generator=batches)
        loss = nn.functional.cross_entropy(model(images[batch]), labels[batch])
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        kept.append(loss.detach())
    return torch.stack(kept).unflatten(0, (-1, 10)).mean(1)


plain, forgetful, mended = map(trained, models)
ends = forgetful[-5:].mean(), mended[-5:].mean()
print(f"losses at the end: {ends[0]:.3f}, mended {ends[1]:.3f}")
assert torch.equal(plain, mended)
assert forgetful[-5:].mean() > mended[-5:].mean()

# %%
fig, ax = plt.subplots(figsize=(4.0, 2.8))
steps = range(5, 305, 10)
ax.plot(steps, forgetful, color=figures.DROPPED, label="another mask")
ax.plot(steps, plain, color=figures.NEUTRAL, lw=4, label="no checkpoint")
ax.plot(steps, mended, "--", color=figures.KEPT, label="mended")
ax.set(xlabel="step", ylabel="loss in training")
ax.set_title("With another mask the loss stays high")
ax.legend()
plt.show()

# %%
# What to take away
# -----------------
# ``preserve_rng_state=False`` is for blocks that draw nothing. Where one drops, the
# default keeps the state of the generator, and draws the same mask again.
#
# **Try changing** p to 0.1: the gradient is still wrong, by less.
