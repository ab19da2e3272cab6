"""
The spread of a network's output without sampling
=================================================

Monte Carlo dropout runs a network a thousand times to learn how much its output
moves. Mean and covariance can be carried through the layers in one pass instead, if
what enters an activation is taken as normal. Why should one believe that? A GELU
bends, and sums of dropped units are only nearly normal. So compare, on a network
that was trained.
"""

# %%
# A network with GELU, trained on the digits
# ------------------------------------------
import time

import matplotlib.pyplot as plt
import torch
from sklearn.datasets import load_digits
from torch import nn

from dropout_explained import figures, output_moments

plt.style.use("dropout_explained.house")
torch.manual_seed(0)
images, labels = load_digits(return_X_y=True)
images, labels = torch.from_numpy(images / 16).float(), torch.from_numpy(labels)
train, test = slice(0, 1200), slice(1200, 1300)
model = nn.Sequential(
    nn.Linear(64, 128), nn.GELU(), nn.Dropout(0.3),
    nn.Linear(128, 128), nn.GELU(), nn.Dropout(0.3), nn.Linear(128, 10),
)  # fmt: skip
optimizer = torch.optim.Adam(model.parameters(), lr=0.003)
for _ in range(150):
    loss = nn.functional.cross_entropy(model(images[train]), labels[train])
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
x = images[test]
with torch.no_grad():
    right = model.eval()(x).argmax(1) == labels[test]
model.train()
print(f"accuracy on {len(x)} digits not seen: {right.float().mean():.0%}")

# %%
# Two ways to the same numbers
# ----------------------------
# ``method="auto"`` propagates here, because every layer has a rule; with a number of
# passes it samples, and says how sure it is.
start = time.perf_counter()
told = output_moments(model, x)
middle = time.perf_counter()
sampled = output_moments(model, x, passes=2000)
end = time.perf_counter()
assert (told.method, sampled.method) == ("propagation", "sampling")
assert middle - start < end - middle
print(f"propagation took less time than {sampled.passes} passes")


# %%
# How far apart are they?
# -----------------------
# Sampling is itself uncertain, and says by how much: its standard errors. If one pass
# were exact, the two would differ by these, in the root of the mean square. They do,
# nearly: the normal approximation costs less than 2000 passes can show.
def size(errors):
    """Root of the mean square."""
    return errors.square().mean().sqrt()


off = size(told.standard_deviation - sampled.standard_deviation)
shift = size(told.mean - sampled.mean)
chance = size(sampled.deviation_standard_error)
chance_of_mean = size(sampled.mean_standard_error)
print(f"spread {size(sampled.standard_deviation):.3f}")
print(f"    off by {off:.4f}, chance {chance:.4f}")
print(f"mean off by {shift:.4f}, chance {chance_of_mean:.4f}")
assert off < 1.25 * chance
assert shift < 1.25 * chance_of_mean

# %%
# Evaluation mode is another number
# ---------------------------------
# The mean over masks is *not* the output in evaluation mode: behind a nonlinear layer
# the two differ, by more than chance explains, and propagation knows it.
with torch.no_grad():
    evaluated = model.eval()(x).double()
model.train()
gap = size(evaluated - sampled.mean)
assert gap > 1.5 * chance_of_mean
print(f"evaluation misses the mean over masks by {gap:.4f}")

# %%
fig, ax = plt.subplots(figsize=(4.0, 3.6))
across, up = sampled.standard_deviation.flatten(), told.standard_deviation.flatten()
ax.plot(across, up, ".", ms=4, color=figures.SCALED, label="a score of a digit")
ends = [0, float(across.max()) * 1.05]
ax.plot(ends, ends, "--", color=figures.NEUTRAL, label="equal")
ax.set(xlabel="spread of 2000 passes", ylabel="spread from one pass")
ax.set_title("One pass tells the spread")
ax.legend(loc="upper left")
plt.show()

# %%
# What to take away
# -----------------
# Mean and spread over masks cost about as much as a few dozen passes where every layer
# has a rule, and ``output_moments`` says which has none. Ask for ``passes=`` or
# ``standard_error=`` where you want an error that is stated.
#
# **Try changing** ``nn.GELU()`` to ``nn.Tanh()``, 128 to 16 (sums of fewer terms are
# less normal), or put an ``nn.LayerNorm(128)`` behind the first dropout: then ``auto``
# samples.
