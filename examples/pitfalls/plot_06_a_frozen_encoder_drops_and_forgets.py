"""
A frozen encoder drops, and forgets what it knew
================================================

``encoder.requires_grad_(False)``, and only the head is trained: the encoder cannot
change any more. Its *parameters* cannot. ``model.train()`` wakes all of it, so its
dropout drops and its batch norm goes on averaging, over data that it never saw.
"""

# %%
# An encoder that knows white ink
# -------------------------------
# It learns handwritten digits, white on black.
import copy

import matplotlib.pyplot as plt
import torch
from sklearn.datasets import load_digits
from torch import nn

from dropout_explained import audit, figures

plt.style.use("dropout_explained.house")
torch.set_num_threads(1)  # small tensors: threads would only wait for each other
torch.manual_seed(0)  # or any other
white, labels = map(torch.from_numpy, load_digits(return_X_y=True))
white = white.float() / 16
black = 1 - white


# %%
def step(model, optimiser, images):
    """Take one step with fifty of these images."""
    batch = torch.randint(len(images), (50,))
    optimiser.zero_grad()
    nn.functional.cross_entropy(model(images[batch]), labels[batch]).backward()
    optimiser.step()


layers = nn.Linear(64, 64), nn.BatchNorm1d(64), nn.ReLU(), nn.Dropout(0.3)
encoder, old_head = nn.Sequential(*layers), nn.Linear(64, 10)
old = nn.Sequential(encoder, old_head)
optimiser = torch.optim.Adam(old.parameters(), lr=0.003)
for _ in range(200):
    step(old, optimiser, white)
_ = encoder.requires_grad_(requires_grad=False)


# %%
# A new head for black ink
# ------------------------
# Through the frozen encoder. Every fifth step the *old* task is tested, in evaluation
# and with a copy, so that nothing is disturbed.
def trained_head(encoder, *, rest):
    """Train a new head; return both, and the accuracies of the old task."""
    model, kept = nn.Sequential(encoder, nn.Linear(64, 10)), []
    optimiser = torch.optim.Adam(model[1].parameters(), lr=0.003)
    for taken in range(51):
        if taken % 5 == 0:
            known = nn.Sequential(copy.deepcopy(encoder), old_head).eval()
            kept.append((known(white).argmax(1) == labels).float().mean().item())
        model.train()
        if rest:
            encoder.eval()
        step(model, optimiser, black)
    return model, kept


# %%
# Two copies of the same encoder; the second is put to rest after every ``train()``.
start = encoder.state_dict()
model, kept = trained_head(copy.deepcopy(encoder), rest=False)
mended, kept_mended = trained_head(copy.deepcopy(encoder), rest=True)
after = model[0].state_dict()
changed = [name for name in start if not torch.equal(after[name], start[name])]
print("changed in the frozen encoder:", *changed, sep="\n  ")
assert changed == [f"1.{name}" for name, _ in encoder[1].named_buffers()]
print(f"white digits: {kept[0]:.1%}, 51 steps later {kept[-1]:.1%}")
assert kept[-1] < kept[0]
assert not torch.equal(model[0](white[:8]), model[0](white[:8]))  # it drops, too

# %%
# Ask the audit
# -------------
# It knows which parts have no trainable parameter, and which of their layers act.
report = audit(model, black[:8])
print(report)
assert [found.code for found in report.warnings] == ["DE009"]

# %%
# Mended
# ------
# Nothing of the second encoder has moved.
report = audit(mended, black[:8])
assert not report.errors
assert not report.warnings
after = mended[0].state_dict()
assert all(torch.equal(after[name], start[name]) for name in start)
assert set(kept_mended) == {kept[0]}
print(f"at rest: {kept_mended[0]:.1%}, 51 steps later {kept_mended[-1]:.1%}")

# %%
fig, ax = plt.subplots(figsize=(4.0, 2.8))
steps = range(0, 51, 5)
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
# **Try changing** ``1 - white`` to ``white / 2``: the less the new data differ from the
# old, the less is forgotten.
