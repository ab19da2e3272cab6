"""
No scaling costs calibration, and hardly any accuracy
=====================================================

Train with masks at p = 0.5, but never multiply by ``1 / (1 - p)``. In evaluation a
unit then sums over twice as many inputs as in training. Does that break the
network? By its accuracy you would hardly notice. Its probabilities are far off.
"""

# %%
# Digits, few of them
# -------------------
# Each seed has its own 300 of scikit-learn's 8 by 8 digits to train on, starting
# weights, batches and masks; the other images are its test.
import matplotlib.pyplot as plt
import torch
import torch.nn.functional as F
from scipy import stats
from sklearn.datasets import load_digits

from dropout_explained import figures

plt.style.use("dropout_explained.house")
torch.set_num_threads(1)
torch.manual_seed(0)  # or any other
seeds, q, batch, steps = 16, 0.5, 25, 250
images, labels = map(torch.from_numpy, load_digits(return_X_y=True))
images = images.float() / 16
shuffled = torch.stack([torch.randperm(len(labels)) for _ in range(seeds)])
train, test = shuffled[:, :300].repeat(2, 1), shuffled[:, 300:].repeat(2, 1)

# %%
# Two arms that differ in one factor
# ----------------------------------
# Half of the networks leave what a mask keeps as it is, half multiply it by 1/q.
# All else is the same. There are no biases, so a factor passes through every layer.
shapes = [(64, 256), (256, 256), (256, 10)]
total = 1 / q ** (len(shapes) - 1)
start = [torch.randn(seeds, a, b) * (2 / a) ** 0.5 for a, b in shapes]
weights = [one.repeat(2, 1, 1).requires_grad_() for one in start]
scale = torch.tensor([1, 1 / q]).repeat_interleave(seeds).reshape(-1, 1, 1)


def logits(x, *, training, factor=1.0):
    """All networks side by side: one batched product a layer."""
    for layer in weights[:-1]:
        x = torch.relu(x @ layer) * factor
        if training:
            kept = torch.rand(seeds, *x.shape[1:]) < q
            x = x * kept.repeat(2, 1, 1) * scale
    return x @ weights[-1]


# %%
# Summed losses give each network the gradient of its own.
optimiser = torch.optim.Adam(weights, lr=0.002, fused=True)
for _ in range(steps):
    order = torch.rand(seeds, 300).argsort(1)[:, :batch]
    picked = train.gather(1, order.repeat(2, 1))
    out = logits(images[picked], training=True)
    loss = F.cross_entropy(out.transpose(1, 2), labels[picked], reduction="sum")
    optimiser.zero_grad()
    (loss / batch).backward()
    optimiser.step()


# %%
# What the seeds say
# ------------------
# "Overconfidence" is the mean of the largest probability, minus the accuracy.
def scores(out):
    """Score each network on its own test images."""
    truth, log_p = labels[test], out.log_softmax(2)
    right = (out.argmax(2) == truth).double().mean(1)
    nll = -log_p.gather(2, truth[..., None]).double().mean((1, 2))
    sure = log_p.exp().amax(2).double().mean(1)
    return {"NLL": nll, "overconfidence": sure - right, "accuracy": right}


plain = logits(images[test], training=False).detach()
found, ends = scores(plain), {}
print(f"{'scale':<14}{'none':>6}{'1/q':>7}  difference")
for name, values in found.items():
    left, right = values.split(seeds)
    mean, half = (left - right).mean(), (left - right).std() / seeds**0.5
    half *= stats.t.ppf(0.975, seeds - 1)
    ends[name] = mean - half, mean + half
    columns = left.mean(), right.mean(), mean, half
    print(f"{name:<14}" + "{:6.3f}{:7.3f}  {:+.3f} ± {:.3f}".format(*columns))

# %%
# Paired differences with 95 % t intervals over seeds. The negative log-likelihood
# (NLL) and the overconfidence grow. The accuracy falls too, a little but surely:
# its interval lies between 0 and 1.5 points. All this holds, and is asserted, for
# any of the seeds 1 to 10 in place of 0.
assert min(ends["NLL"] + ends["overconfidence"]) > 0
assert -0.015 < ends["accuracy"][0] < ends["accuracy"][1] < 0

# %%
# The logits are too large, by 1/q for each dropout layer: evaluation against the
# average of training has a slope near :math:`1/q^2`. Averages do not pass ReLUs.
with torch.no_grad():
    few = images[test[:, :50]]
    average = sum(logits(few, training=True) for _ in range(20)) / 20
slopes = (plain[:, :50] * average).sum((1, 2)) / average.square().sum((1, 2))
assert (slopes[:seeds].round() == total).all()
print("slopes:", slopes.reshape(2, -1).mean(1).numpy().round(2))

# %%
# The factor at test time
# -----------------------
# Now multiply the hidden units of the first arm by q in evaluation. As q is a power
# of two, nothing is rounded: logits are divided by :math:`1/q^2` exactly, no digit
# changes, the NLL falls in every seed. What accuracy lost, it lost in training.
corrected = logits(images[test], training=False, factor=q * scale).detach()
assert torch.equal(corrected[:seeds] * total, plain[:seeds])
assert torch.equal(corrected.argmax(2), plain.argmax(2))
repaired = scores(corrected)
assert (repaired["NLL"][:seeds] < found["NLL"][:seeds]).all()
print(f"NLL of the first arm with q: {repaired['NLL'][:seeds].mean():.3f}")

# %%
fig, axes = plt.subplots(2, 1, figsize=(4.0, 4.6), sharex=True)
titles = "Without the scale the NLL is worse", "The accuracy hardly moves"
for ax, name, title in zip(axes, ("NLL", "accuracy"), titles, strict=True):
    trio = torch.stack([*found[name].split(seeds), repaired[name][:seeds]])
    ax.plot(trio, "o-", color=figures.NEUTRAL, ms=4, lw=0.8)
    ax.plot(trio.mean(1), "D", color=figures.SCALED)
    ax.set(title=title, ylabel=name, ylim=(0, None if name == "NLL" else 1.05))
axes[1].set_xticks(range(3), ["no scale", "inverted", "no scale,\nq at test"])
plt.show()

# %%
# What to take away
# -----------------
# The scale lets evaluation speak as loudly as training did. Which digit wins does
# not depend on loudness; the probabilities do. Accuracy hardly tells.
#
# **Try changing** ``shapes`` to ``[(64, 256), (256, 10)]``: the slope becomes two,
# and the NLL hardly grows.
