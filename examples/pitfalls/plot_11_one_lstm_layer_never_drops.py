"""
An LSTM of one layer never drops
================================

``nn.LSTM(8, 64, dropout=0.5)`` reads as if it dropped half. Its dropout stands
between its layers, and behind the last there is none: with one layer it stands
nowhere. Torch warns when the layer is made, and the training looks as a training
does.
"""

# %%
# Read a digit row by row
# -----------------------
# Eight rows of eight pixels, one after the other; 200 digits train.
import warnings

import matplotlib.pyplot as plt
import torch
from sklearn.datasets import load_digits
from torch import nn

from dropout_explained import audit, figures

plt.style.use("dropout_explained.house")
torch.set_num_threads(1)  # small tensors: threads would only wait for each other
torch.manual_seed(0)  # or any other
images, labels = load_digits(return_X_y=True)
rows, labels = torch.from_numpy(images).float() / 16, torch.from_numpy(labels)
rows, order = rows.unflatten(1, (8, 8)), torch.randperm(len(labels))
train, test = order[:200], order[200:]


# %%
class Reader(nn.Module):
    """A recurrent layer, and scores from its last output."""

    def __init__(self, p):
        super().__init__()
        self.lstm = nn.LSTM(8, 64, dropout=p, batch_first=True)
        self.behind, self.scores = nn.Identity(), nn.Linear(64, 10)

    def forward(self, x):
        return self.scores(self.behind(self.lstm(x)[0][:, -1]))


with warnings.catch_warnings(record=True) as warned:
    warnings.simplefilter("always")
    model = Reader(p=0.5)
assert "num_layers greater than 1" in str(warned[0].message)

# %%
# In training mode, nothing is drawn
# ----------------------------------
# Two passes in training agree to the last bit.
assert model.training
assert torch.equal(model(rows[:50]), model(rows[:50]))

# %%
# Ask the audit
# -------------
report = audit(model, rows[:4])
print(report)
assert [found.code for found in report.warnings] == ["DE023"]
assert not report.sites  # nowhere does it drop


# %%
# Mended
# ------
# A layer of its own behind the recurrent one, which has no dropout any more.
class Mended(Reader):
    """The same with dropout where it acts."""

    def __init__(self, p):
        super().__init__(p=0.0)
        self.behind = nn.Dropout(p)


mended = Mended(p=0.5)
report = audit(mended, rows[:4])
assert not report.errors
assert not report.warnings
assert not torch.equal(mended(rows[:50]), mended(rows[:50]))
print(f"mended: {report.sites[0].path} drops with p = {report.sites[0].p}")


# %%
# What it changes
# ---------------
# Three trainings from the same weights, with the same batches.
def losses(model, weights, steps=300):
    """Train; return the loss of each step."""
    model.load_state_dict(weights)
    optimiser, kept = torch.optim.Adam(model.parameters(), lr=0.005), []
    batches = torch.Generator().manual_seed(0)
    for _ in range(steps):
        batch = train[torch.randint(len(train), (50,), generator=batches)]
        loss = nn.functional.cross_entropy(model(rows[batch]), labels[batch])
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        kept.append(loss.item())
    return kept


start = {name: value.clone() for name, value in model.state_dict().items()}
half, none, acting = (losses(one, start) for one in (model, Reader(0.0), mended))
assert half == none  # three hundred losses, to the last bit
last = [sum(one[-100:]) / 100 for one in (half, none, acting)]
print("mean of the last 100 losses:", [round(one, 4) for one in last])
assert last[2] > last[0] == last[1]

# %%
fig, ax = plt.subplots(figsize=(4.0, 3.0))
steps, tens = range(5, 305, 10), torch.tensor([acting, none, half])
acting, none, half = tens.unflatten(1, (30, 10)).mean(2)  # of ten steps each
ax.plot(steps, acting, "--", color=figures.KEPT, label="nn.Dropout(0.5) behind")
ax.plot(steps, none, color=figures.NEUTRAL, lw=4, label="dropout=0")
ax.plot(steps, half, color=figures.DROPPED, label="dropout=0.5, one layer")
ax.set(xlabel="step", ylabel="loss in training")
ax.set_title("0.5 and 0 train alike, to the last bit")
fig.legend(loc="outside lower left")
plt.show()

# %%
# What to take away
# -----------------
# The argument ``dropout`` of ``nn.LSTM``, ``nn.GRU`` and ``nn.RNN`` acts between layers.
# With ``num_layers=2`` it acts once, and still not behind the last.
#
# **Try changing** 0.5, twice, to 0.9: the curve of the mended model moves, and the other
# two stay where they are.
