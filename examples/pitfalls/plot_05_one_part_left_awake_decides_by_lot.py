"""
One part left in training mode decides by lot
=============================================

``model.training`` is ``False``, so the model is in evaluation mode. That is one
attribute of one module. Each part has its own, and a ``train()`` on a part after
the ``eval()`` of the whole stays, until somebody calls ``eval()`` again.
"""

# %%
# Benign or malignant
# -------------------
# Thirty measurements of 569 tumours; 300 of them train.
import matplotlib.pyplot as plt
import torch
from sklearn.datasets import load_breast_cancer
from torch import nn

from dropout_explained import audit, figures

plt.style.use("dropout_explained.house")
torch.set_num_threads(1)  # small tensors: threads would only wait for each other
torch.manual_seed(0)  # or any other
data, benign = map(torch.from_numpy, load_breast_cancer(return_X_y=True))
data, benign = ((data - data.mean(0)) / data.std(0)).float(), benign.float()
order = torch.randperm(len(data))
train, test = order[:300], order[300:]
body = nn.Sequential(nn.Linear(30, 32), nn.ReLU(), nn.Dropout(0.5))
layers = nn.Linear(32, 32), nn.ReLU(), nn.Dropout(0.5), nn.Linear(32, 1)
head = nn.Sequential(*layers)
model = nn.Sequential(body, head)


# %%
# First all of it is trained, then the head alone goes on, behind a body at rest.
def fit(parameters, steps):
    """Train what is given, in the mode that the model is in."""
    optimiser = torch.optim.Adam(parameters, lr=0.003)
    for _ in range(steps):
        optimiser.zero_grad()
        scores = model(data[train])[:, 0]
        loss = nn.functional.binary_cross_entropy_with_logits
        loss(scores, benign[train]).backward()
        optimiser.step()


fit(model.parameters(), 100)
model.eval()
head.train()
fit(head.parameters(), 100)

# %%
# Two diagnoses for each patient
# ------------------------------
# ``model.training`` says that all is well.
assert not model.training
with torch.no_grad():
    chances = torch.stack([model(data[test])[:, 0].sigmoid() for _ in range(100)])
malignant = chances < 0.5
undecided = malignant.any(0) & ~malignant.all(0)
print(f"{undecided.sum()} of {len(test)} diagnoses depend on the draw")
assert undecided.any()

# %%
# Ask the audit
# -------------
# It looks at every module. A part that is awake may be meant, so it is a warning.
report = audit(model, data[:8])
print(report)
assert [found.code for found in report.warnings] == ["DE008"]

# %%
# Mended
# ------
# ``eval()`` on the whole, and last.
model.eval()
report = audit(model, data[:8])
assert not report.errors
assert not report.warnings
with torch.no_grad():
    settled = model(data[test])[:, 0].sigmoid()
    assert torch.equal(settled, model(data[test])[:, 0].sigmoid())
print("after eval() no diagnosis changes")

# %%
# If it is meant, as for Monte Carlo dropout, say so: by the path of the layer.
head[2].train()
assert audit(model, data[:8]).warnings
assert not audit(model, data[:8], accept=["1.2"]).warnings

# %%
fig, ax = plt.subplots(figsize=(4.0, 3.0))
low, high = chances.aminmax(dim=0)
rows, places = (high - low).topk(10).indices, range(1, 11)
thick = {"color": figures.DROPPED, "lw": 6, "label": "head awake"}
ax.vlines(places, low[rows], high[rows], **thick)
ax.plot(places, settled[rows], "o", color=figures.KEPT, label="eval() last")
ax.axhline(0.5, color=figures.NEUTRAL, ls="--")
ax.set(xlabel="the ten who differ most", ylabel="probability of benign", xticks=[])
ax.set_title("The same patient on both sides of the line")
fig.legend(loc="outside lower left", ncols=2)
plt.show()

# %%
# What to take away
# -----------------
# Call ``model.eval()`` where predictions begin, not where training ended. To see which
# parts are awake, look at all of ``model.modules()``, or let the audit look.
#
# **Try changing** ``head.train()`` to ``body.train()``, or p from 0.5 to 0.1.
