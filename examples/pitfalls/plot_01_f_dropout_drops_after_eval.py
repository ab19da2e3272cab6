"""
F.dropout drops after model.eval()
==================================

``model.eval()`` turns dropout off, everybody says. It turns *layers* off.
``F.dropout(x, 0.5)`` is a function, it was told nothing of a mode, and its default
is to drop. Nothing fails: the network learns, predicts, and even does so quite
well.
"""

# %%
# A classifier that looks right
# -----------------------------
# Trained on 500 handwritten digits, to be tested on the others.
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
train, test = order[:500], order[500:]


# %%
class Classifier(nn.Module):
    """Two layers, and dropout between them."""

    def __init__(self):
        super().__init__()
        self.hidden, self.scores = nn.Linear(64, 128), nn.Linear(128, 10)

    def forward(self, x):
        x = F.relu(self.hidden(x))
        x = F.dropout(x, 0.5)  # of a mode it knows nothing
        return self.scores(x)


model = Classifier()
optimiser = torch.optim.Adam(model.parameters(), lr=0.005)
for _ in range(200):
    batch = train[torch.randint(len(train), (50,))]
    optimiser.zero_grad()
    F.cross_entropy(model(images[batch]), labels[batch]).backward()
    optimiser.step()

# %%
# Predict twice
# -------------
# The same images, the same weights, and not the same digits.
model.eval()
with torch.no_grad():
    once, again = (model(images[test]).argmax(1) for _ in range(2))
changed = (once != again).sum().item()
print(f"{changed} of {len(test)} predictions changed")
assert changed > 0

# %%
# Ask the audit
# -------------
# It runs the model on a few images, in both modes, and leaves it as it was.
report = audit(model, images[test[:8]])
print(report)
assert [found.code for found in report.errors] == ["DE001"]


# %%
# Mended
# ------
# One argument. The weights are taken over: nothing has to be trained again.
class Mended(Classifier):
    """The same, and the function is told the mode."""

    def forward(self, x):
        x = F.relu(self.hidden(x))
        x = F.dropout(x, 0.5, training=self.training)
        return self.scores(x)


mended = Mended()
mended.load_state_dict(model.state_dict())
assert not audit(mended, images[test[:8]]).errors
mended.eval()
with torch.no_grad():
    passes = torch.stack([model(images[test]) for _ in range(200)])
    accuracies = (passes.argmax(2) == labels[test]).float().mean(1)
    assert torch.equal(mended(images[test]), mended(images[test]))
    accuracy = (mended(images[test]).argmax(1) == labels[test]).float().mean()
print(f"accuracy {accuracies.mean():.1%} before, {accuracy:.1%} after")
assert accuracy > accuracies.mean()

# %%
fig, ax = plt.subplots(figsize=(4.0, 2.6))
ax.hist(accuracies, 20, color=figures.DROPPED, label="F.dropout(x, 0.5)")
ax.axvline(accuracy, color=figures.KEPT, lw=3, label="training=self.training")
ax.set(xlabel="accuracy on the test images", ylabel="passes of 200")
ax.set_title("After eval() the accuracy is a lottery")
fig.legend(loc="outside lower left")
plt.show()

# %%
# What to take away
# -----------------
# A function sees no mode unless you pass it: ``F.dropout(x, p, self.training)``, or a
# layer, ``nn.Dropout``. That a model does well is no sign that it is in evaluation.
#
# **Try changing** 0.5 to 0.1: fewer predictions change, and the audit says the same,
# because it looks at draws and not at how much they matter.
