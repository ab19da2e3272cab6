r"""
The average gradient is not the gradient of evaluation
======================================================

The scale makes the average *output* of dropout its input. So, one may think,
training follows on average the gradient that the network has in evaluation, with
noise added. It does not: it follows the gradient of the loss *averaged over masks*,
which is another.

.. math:: \operatorname{E}[\nabla L(m)] = \nabla \operatorname{E}[L(m)]
   \ne \nabla L_{\text{evaluation}} .

Ten hidden units have 1024 masks, so both sides can be computed exactly.
"""

# %%
# A network small enough to enumerate
# -----------------------------------
# Linear-ReLU-dropout-linear, one sample, double precision, and its cross-entropy
# for each of the three labels that the sample could have. A mask filled with q has
# the factor q/q = 1: that is evaluation.
from itertools import product

import matplotlib.pyplot as plt
import torch

from dropout_explained import figures, moments

plt.style.use("dropout_explained.house")
p, q, inputs, hidden, labels = 0.5, 0.5, 6, 10, 3
draw = {"generator": torch.Generator().manual_seed(0), "dtype": torch.float64}


def drawn():
    """Draw an input, and the weights of both layers."""
    W = torch.randn(hidden, inputs, **draw) * (2 / inputs) ** 0.5
    V = torch.randn(labels, hidden, **draw) * (2 / hidden) ** 0.5
    return torch.randn(inputs, **draw), W, V


x, W, V = drawn()
evaluate = torch.full((hidden,), q, dtype=torch.float64)


def losses(W, V, masks):
    """Compute the cross-entropy for each mask (row) and label (column)."""
    return -((masks / q * torch.relu(W @ x)) @ V.T).log_softmax(-1)


def gradients(function, *arguments):
    """Differentiate by all weights; they are the last axis."""
    both = torch.func.jacrev(function, (0, 1))(W, V, *arguments)
    return torch.cat([part.flatten(-2) for part in both], -1)


# %%
# All masks, their probabilities, and the premise: the average output is the input.
masks = torch.tensor(list(product((0.0, 1.0), repeat=hidden)), dtype=torch.float64)
chance = q ** masks.sum(1) * p ** (hidden - masks.sum(1))
expected = torch.from_numpy(moments(p, value=torch.relu(W @ x)).mean)
torch.testing.assert_close(chance @ (masks / q * torch.relu(W @ x)), expected)

# %%
# Average the gradients, differentiate the average
# ------------------------------------------------
# 1024 gradients, then their weighted average; or the weighted average of 1024
# losses, differentiated once. A finite sum may be differentiated term by term.
one_by_one = torch.vmap(gradients, (None, 0))(losses, masks)
average = torch.einsum("m,mlw->lw", chance, one_by_one)
of_average = gradients(lambda W, V: chance @ losses(W, V, masks))
assert (average - of_average).abs().max() < 1e-12

# %%
# Neither is the gradient of evaluation, in length or in direction, whichever label
# the sample has: no learning rate turns one into the other.
plain = gradients(losses, evaluate)
away = (average - plain).norm(dim=1) / plain.norm(dim=1)
cosine = torch.cosine_similarity(average, plain)
assert away.min() > 1e-3
assert cosine.max() < 1 - 1e-6
for label in range(labels):
    print(f"label {label}: {away[label]:4.0%} away, cosine {cosine[label]:.3f}")

# %%
# The average loss lies above the loss of evaluation
# --------------------------------------------------
# Here it must. The logits are linear in the mask, so they average to those of
# evaluation, and cross-entropy is convex in the logits (Jensen). The gap is the
# same for each label, and nil only if no mask moves one logit against another.
each_loss, plain_loss = losses(W, V, masks), losses(W, V, evaluate)
mean_loss = chance @ each_loss
gap = mean_loss - plain_loss
assert gap.min() > 0
torch.testing.assert_close(gap, gap[:1].expand(labels))
for name, three in {"average loss:": mean_loss, "evaluation:": plain_loss}.items():
    print(f"{name:<14}", *(f"{value:.3f}" for value in three))

# %%
# Drawn for the label that the network prefers. The seed of all this may be any.
easy = plain_loss.argmin()
fig, axes = plt.subplots(2, 1, figsize=(4.0, 5.4))
axes[0].axline((0, 0), slope=1, color=figures.NEUTRAL, label="equal")
axes[0].plot(plain[easy], average[easy], "o", ms=4, label="one weight")
axes[0].set_title("The average gradient leaves the diagonal")
axes[0].set(xlabel="gradient in evaluation", ylabel="average over masks")
axes[1].hist(each_loss[:, easy], 40, weights=chance, label="all masks")
axes[1].axvline(plain_loss[easy], c=figures.NEUTRAL, ls="--", label="evaluation")
axes[1].axvline(mean_loss[easy], color=figures.EXPECTED, label="average")
axes[1].set_title("The average loss lies above evaluation's")
axes[1].set(xlabel="loss", ylabel="probability", ylim=(0, 0.22))
axes[0].legend()
axes[1].legend()
plt.show()

# %%
# Where Jensen does not reach
# ---------------------------
# Drop the *inputs* instead, and ReLU stands between mask and logits. Their average
# is no longer that of evaluation, and the average loss can lie on either side: here
# are a hundred networks like the first, drawn afresh.
masks = torch.tensor(list(product((0.0, 1.0), repeat=inputs)), dtype=torch.float64)
chance = q ** masks.sum(1) * p ** (inputs - masks.sum(1))
networks, below = 100, 0
for _ in range(networks):
    x, W, V = drawn()
    scores = torch.relu(torch.cat([x[None], masks / q * x]) @ W.T) @ V.T
    plain, each = (-scores.log_softmax(1)).tensor_split([1])
    below += int((chance @ each < plain[0]).sum())
assert 0 < below < networks * labels
print(f"average below evaluation: {below} of {networks * labels} losses")

# %%
# What to take away
# -----------------
# Dropout trains another loss, on purpose. A training loss above that of evaluation
# is no sign of a bug, nor is evaluation's gradient a cleaner version of training's.
#
# **Try changing** p and q to 0.1 and 0.9, where both draw closer, or the last
# ``torch.relu`` to ``torch.clone``: dropped inputs then obey Jensen too, and the
# last assertion fails.
