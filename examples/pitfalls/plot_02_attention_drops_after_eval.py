"""
Attention drops after eval(): dropout_p knows no mode
=====================================================

Every other dropout of a transformer is a layer and follows ``model.eval()``.
``scaled_dot_product_attention`` is a function with a number, ``dropout_p``, and
without an argument ``training``. What it is given, it drops, at any time.
"""

# %%
# A small language model
# ----------------------
# It sees fifteen letters of a text and gives scores of the next, after each of them.
import matplotlib.pyplot as plt
import torch
import torch.nn.functional as F
from torch import nn

from dropout_explained import audit, figures

plt.style.use("dropout_explained.house")
torch.set_num_threads(1)  # small tensors: threads would only wait for each other
torch.manual_seed(0)  # or any other
text = (
    "a mask zeroes some of the values and a scale makes up for it on average, "
    "so that a model in evaluation can leave out both the mask and the scale. "
)
letters = sorted(set(text))
windows = torch.tensor([letters.index(one) for one in text]).unfold(0, 16, 1)
given, following = windows[:, :-1], windows[:, 1:]


# %%
# Its attention has a number of its own, the layers behind it have ``nn.Dropout``.
class Writer(nn.Module):
    """Letters in, scores of the next letters out."""

    def __init__(self):
        super().__init__()
        self.letter = nn.Embedding(len(letters), 32)
        self.place = nn.Embedding(15, 32)
        self.into, self.dropout = nn.Linear(32, 96), 0.2
        layers = nn.Linear(32, 64), nn.ReLU(), nn.Dropout(0.1)
        self.scores = nn.Sequential(*layers, nn.Linear(64, len(letters)))

    def attend(self, x, dropout_p):
        q, k, v = self.into(x).unflatten(2, (3, 1, 32)).permute(2, 0, 3, 1, 4)
        attention = F.scaled_dot_product_attention
        return attention(q, k, v, dropout_p=dropout_p, is_causal=True)[:, 0]

    def forward(self, x):
        x = self.letter(x) + self.place.weight
        return self.scores(x + self.attend(x, self.dropout))


# %%
# Each step sees all windows of the text.
def loss_of(model):
    """Return the mean loss of the letters."""
    return F.cross_entropy(model(given).transpose(1, 2), following)


model = Writer()
optimiser = torch.optim.Adam(model.parameters(), lr=0.005)
for _ in range(150):
    optimiser.zero_grad()
    loss_of(model).backward()
    optimiser.step()

# %%
# Score the text in evaluation
# ----------------------------
model.eval()
with torch.no_grad():
    losses = torch.stack([loss_of(model) for _ in range(100)])
print(f"the same text scores {losses.min():.3f} to {losses.max():.3f}")
assert losses.max() > losses.min()

# %%
# Ask the audit
# -------------
report = audit(model, given[:4])
print(report)
assert [found.code for found in report.errors] == ["DE002"]


# %%
# Mended
# ------
# The number follows the mode before the function sees it.
class Mended(Writer):
    """The same, and attention drops in training alone."""

    def forward(self, x):
        x = self.letter(x) + self.place.weight
        p = self.dropout if self.training else 0.0
        return self.scores(x + self.attend(x, p))


mended = Mended()
mended.load_state_dict(model.state_dict())
assert not audit(mended, given[:4]).errors
with torch.no_grad():
    loss = loss_of(mended.eval())
    assert loss == loss_of(mended)
error = losses.std() / len(losses) ** 0.5
print(f"mean {losses.mean():.3f} +- {error:.3f} before, {loss:.3f} after")
assert losses.mean() - loss > 5 * error

# %%
fig, ax = plt.subplots(figsize=(4.0, 2.6))
ax.hist(losses, 20, color=figures.DROPPED, label="dropout_p=0.2")
ax.axvline(loss, color=figures.KEPT, lw=3, label="0 in evaluation")
ax.set(xlabel="loss of the text", ylabel="passes of 100")
ax.set_title("Attention that drops scores a text worse")
fig.legend(loc="outside lower left", ncols=2)
plt.show()

# %%
# What to take away
# -----------------
# Wherever ``dropout_p`` stands, the mode must stand beside it. The layer
# ``nn.MultiheadAttention`` does this itself.
#
# **Try changing** 0.2 to 0.5, or the 150 steps to 600: what the draws cost grows with
# p, and training longer does not take it away.
