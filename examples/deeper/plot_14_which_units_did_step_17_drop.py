"""
Which units did step 17 drop?
=============================

A loss jumps at step 17, and nobody kept the masks of that step. They are not lost.
A mask is drawn from the generator and depends on nothing else: not on the weights,
not on the data, only on the shapes. Who saves 5056 bytes before a step can ask
later, with the model as it is *then*.
"""

# %%
# Train, and save where the generator stands
# ------------------------------------------
# Twenty steps on the digits. Before each step the state of the generator goes into a
# list; of step 17 the weights are kept as well, but only to check the answer.
import copy

import matplotlib.pyplot as plt
import torch
from sklearn.datasets import load_digits
from torch import nn

from dropout_explained import dropout_calls, figures

plt.style.use("dropout_explained.house")
torch.manual_seed(0)
images, labels = load_digits(return_X_y=True)
images, labels = torch.from_numpy(images / 16).float(), torch.from_numpy(labels)
layer = nn.TransformerEncoderLayer(8, 2, 32, dropout=0.2, batch_first=True)
model = nn.Sequential(
    nn.Unflatten(1, (8, 8)), layer, nn.Flatten(), nn.Dropout(0.5), nn.Linear(64, 10)
)
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)

states, losses = [], []
for step in range(20):
    rows = slice(8 * step, 8 * step + 8)
    states.append(torch.get_rng_state())
    if step == 17:
        kept = copy.deepcopy(model)
    loss = nn.functional.cross_entropy(model(images[rows]), labels[rows])
    losses.append(loss.item())
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()

# %%
# Ask afterwards
# --------------
# The model has moved on by three steps. It runs once more, from the saved state, and
# every draw is written down: attention's too, which no layer shows. The model itself,
# its gradients and the generator are left as they were.
batch = images[8 * 17 : 8 * 17 + 8]
calls = dropout_calls(model, batch, seed=states[17])
print(calls)

# %%
# Is it the truth?
# ----------------
# Now the weights that were kept are needed. They draw the same masks. And the last
# mask, multiplied by hand into what the last dropout layer got at step 17, gives the
# scores whose loss was logged, to the last bit.
again = dropout_calls(kept, batch, seed=states[17])
assert len(calls) == len(again) == 5
assert all(torch.equal(a.mask, b.mask) for a, b in zip(calls, again, strict=True))

torch.set_rng_state(states[17])
hidden = kept[:3](batch)
scores = kept[4](hidden * (calls[4].mask / 0.5))
loss = nn.functional.cross_entropy(scores, labels[8 * 17 : 8 * 17 + 8])
assert loss.item() == losses[17]
print(f"loss with the replayed mask {loss.item():.6f}, logged {losses[17]:.6f}")

# %%
# Without the model
# -----------------
# What was recorded once knows the shapes of all draws. From there any other state or
# seed is answered without running the model again.
masks = calls.replay(states[3])
torch.set_rng_state(states[3])
assert torch.equal(masks[0], dropout_calls(model, batch)[0].mask)
assert not torch.equal(masks[4], calls[4].mask)

# %%
# The units that the last layer did not see at step 17, for its eight digits:
fig, ax = plt.subplots(figsize=(4.0, 2.4))
digit, unit = calls[4].mask.nonzero().T
ax.plot(unit, digit, "s", ms=3.4, color=figures.KEPT, label="kept")
digit, unit = (~calls[4].mask).nonzero().T
ax.plot(unit, digit, "x", ms=3.4, color=figures.DROPPED, label="dropped")
ax.set(xlabel="unit", ylabel="digit of the batch", yticks=range(8))
ax.set_title(f"Step 17 kept {calls[4].kept:.0%} of {calls[4].coins}")
fig.legend(loc="outside lower left", ncols=2)
plt.show()

# %%
# What to take away
# -----------------
# Save ``torch.get_rng_state()`` before a step if you may want to ask what it dropped;
# the weights are not needed. Draws on other devices have generators of their own.
#
# **Try changing** ``dropout=0.2`` to 0.0: attention and both layers around it draw
# nothing, and the last mask is another one, because nothing was drawn before it.
