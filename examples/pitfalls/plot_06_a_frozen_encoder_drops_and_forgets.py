"""
A frozen encoder drops, and forgets what it knew
================================================

``encoder.requires_grad_(False)``, and only the head is trained: the encoder cannot
change any more. Its *parameters* cannot. ``model.train()`` wakes all of it, so its
dropout drops and its batch norm goes on averaging, over data that it never saw.
"""

# %%
# An encoder that knows small digits
# ----------------------------------
# It learns to tell 0 to 4 apart.
import copy

import matplotlib.pyplot as plt
import torch
from sklearn.datasets import load_digits
from torch import nn

from dropout_explained import audit, figures

plt.style.use("dropout_explained.house")
torch.set_num_threads(1)  # small tensors: threads would only wait for each other
torch.manual_seed(0)  # or any other
images, labels = map(torch.from_numpy, load_digits(return_X_y=True))
images = images.float() / 16
small, large = (labels < 5).nonzero()[:, 0], (labels >= 5).nonzero()[:, 0]


# %%
def step(model, optimiser, rows):
    """Take one step with fifty of these digits; their names count modulo 5."""
    batch = rows[torch.randint(len(rows), (50,))]
    optimiser.zero_grad()
    nn.functional.cross_entropy(model(images[batch]), labels[batch] % 5).backward()
    optimiser.step()


layers = nn.Linear(64, 64), nn.BatchNorm1d(64), nn.ReLU(), nn.Dropout(0.3)
encoder, old_head = nn.Sequential(*layers), nn.Linear(64, 5)
old = nn.Sequential(encoder, old_head)
optimiser = torch.optim.Adam(old.parameters(), lr=0.003)
for _ in range(200):
    step(old, optimiser, small)
encoder.requires_grad_(requires_grad=False)


# %%
# A new head for large digits
# ---------------------------
# Now 5 to 9, through the frozen encoder. Before, and after every tenth step, the small
# ones are tested, in evaluation and on a copy, so that nothing is disturbed.
def trained_head(encoder, *, rest):
    """Train a new head, and return both with the accuracies of the old task."""
    model, kept = nn.Sequential(encoder, nn.Linear(64, 5)), []
    optimiser = torch.optim.Adam(model[1].parameters(), lr=0.003)
    for taken in range(101):
        if taken % 10 == 0:
            known = nn.Sequential(copy.deepcopy(encoder), old_head).eval()
            right = known(images[small]).argmax(1) == labels[small]
            kept.append(right.float().mean().item())
        model.train()
        if rest:
            encoder.eval()
        step(model, optimiser, large)
    return model, kept


# %%
# Two copies of the same encoder; the second is put to rest after every ``train()``.
start = encoder.state_dict()
model, kept = trained_head(copy.deepcopy(encoder), rest=False)
mended, kept_mended = trained_head(copy.deepcopy(encoder), rest=True)
changed = [k for k, v in start.items() if not torch.equal(model[0].state_dict()[k], v)]
print("changed in the frozen encoder:", *changed, sep="\n  ")
assert changed == [f"1.{name}" for name, _ in encoder[1].named_buffers()]
print(f"small digits: {kept[0]:.1%}, after 100 steps {kept[-1]:.1%}")
assert kept[-1] < kept[0] - 0.01
noise = model[0](images[:8]) - model[0](images[:8])
assert noise.abs().max() > 0  # and its dropout drops

# %%
# Ask the audit
# -------------
# It knows which parts have no trainable parameter, and which of their layers act.
report = audit(model, images[:8])
print(report)
assert [found.code for found in report.warnings] == ["DE009"]

# %%
# Mended
# ------
# Nothing of the second encoder has moved.
report = audit(mended, images[:8])
assert not report.errors
assert not report.warnings
assert all(torch.equal(mended[0].state_dict()[k], v) for k, v in start.items())
assert set(kept_mended) == {kept[0]}
print(f"at rest: {kept_mended[0]:.1%}, after 100 steps {kept_mended[-1]:.1%}")

# %%
fig, ax = plt.subplots(figsize=(4.0, 2.8))
steps = range(0, 101, 10)
ax.plot(steps, kept, "o-", color=figures.DROPPED, label="frozen, and awake")
ax.plot(steps, kept_mended, "s-", color=figures.KEPT, label="frozen, and at rest")
ax.set(xlabel="steps of the new head", ylabel="accuracy of the old task")
ax.set_title("The frozen encoder forgets its digits")
fig.legend(loc="outside lower left")
plt.show()

# %%
# What to take away
# -----------------
# To freeze takes two calls: ``requires_grad_(False)`` for the parameters, and ``eval()``
# after each ``train()`` for the modes. Best in a ``train()`` of your own.
#
# **Try changing** ``nn.BatchNorm1d`` to ``nn.LayerNorm``, which stores nothing: then
# nothing is forgotten, the first assertion says so, and dropout goes on dropping.
