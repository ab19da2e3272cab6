r"""
Vanilla dropout equals inverted dropout, step by step
=====================================================

The dropout of the paper of 2014 only masks in training and multiplies by q at test
time; PyTorch's divides the survivors by q in training. They look like two methods,
and with the same learning rate they give two networks. But with :math:`W_v = W / q`
behind the dropout,

.. math:: W_v\,(m \odot x) = W\,\frac{m \odot x}{q},

they are one function, and with a learning rate of :math:`\eta / q^2` for that
weight, or :math:`\eta / q` with Adam, they stay one: through every step of
training, up to rounding.
"""

# %%
# One network, two kinds of dropout
# ---------------------------------
# ``F.dropout`` scales. ``replay_mask`` gives the vanilla network the seed's mask.
import copy

import matplotlib.pyplot as plt
import torch
import torch.nn.functional as F
from torch import nn

from dropout_explained import figures, replay_mask

plt.style.use("dropout_explained.house")
torch.set_num_threads(1)  # small tensors: threads would only wait for each other
torch.manual_seed(0)
p, steps = 0.3, 100
q = 1 - p
x, label = torch.randn(32, 6, dtype=torch.float64), torch.arange(32) % 3
start = nn.ModuleList([nn.Linear(6, 16), nn.Linear(16, 3)]).double()


def forward(layers: nn.ModuleList, seed: int, *, vanilla: bool) -> torch.Tensor:
    """Return the logits of training under the mask of this seed."""
    hidden = layers[0](x).tanh()
    if vanilla:
        mask = torch.from_numpy(replay_mask(hidden.shape, p, seed))
        return layers[1](hidden * mask)
    torch.manual_seed(seed)
    return layers[1](F.dropout(hidden, p))


# %%
# Two trainings
# -------------
# Only the weight behind the dropout gets options of its own; its bias and the layer
# below keep the ordinary ones. What is recorded are the losses and that weight.
def train(optimiser, *, vanilla=False, weight=1.0, special=None, **options):
    """Return the loss and the weight behind the dropout, for every step."""
    layers, losses, weights = copy.deepcopy(start), [], []
    layers[1].weight.data *= weight
    first, *others = layers[1].weight, layers[1].bias, *layers[0].parameters()
    groups = [{"params": [first], **(special or {})}, {"params": others}]
    stepper = optimiser(groups, **options)
    for seed in range(steps):
        stepper.zero_grad()
        logits = forward(layers, seed, vanilla=vanilla)
        losses.append(F.cross_entropy(logits, label))
        losses[-1].backward()
        stepper.step()
        weights.append(first.detach().clone())
    return torch.stack(losses).detach(), torch.stack(weights)


# %%
# The right factors
# -----------------
# By the chain rule the vanilla weight's gradient is q times the other. SGD must
# make 1/q of the other's step out of it, hence 1/q² in its rate, and q² in the L2
# coefficient. Adam divides by the gradient's size: 1/q in the rate, and an epsilon
# that shrinks like the gradient.
decay = 0.01
sgd = {"lr": 0.1, "momentum": 0.9, "weight_decay": decay}
adam = {"lr": 0.01, "eps": 1e-8, "weight_decay": decay}
right_sgd = {"lr": 0.1 / q**2, "weight_decay": decay * q**2}
right_adam = {"lr": 0.01 / q, "eps": 1e-8 * q, "weight_decay": decay * q**2}
by_sgd = {"vanilla": True, "weight": 1 / q, "special": right_sgd, **sgd}
by_adam = {"vanilla": True, "weight": 1 / q, "special": right_adam, **adam}


# %%
# Compared are the losses, and W with q times its counterpart.
def differences(inverted, vanilla):
    """Return the largest difference of losses and weights so far, step by step."""
    losses = (inverted[0] - vanilla[0]).abs()
    weights = (inverted[1] - q * vanilla[1]).abs().amax((1, 2))
    return torch.maximum(losses, weights).cummax(0).values


inverted = train(torch.optim.SGD, **sgd)
vanilla = train(torch.optim.SGD, **by_sgd)
off_sgd = differences(inverted, vanilla)
by_both = train(torch.optim.Adam, **adam), train(torch.optim.Adam, **by_adam)
off_adam = differences(*by_both)
print(f"largest difference, SGD with momentum: {off_sgd[-1]:.1e}")
print(f"largest difference, Adam:              {off_adam[-1]:.1e}")
assert max(off_sgd[-1], off_adam[-1]) < 1e-13

# %%
# The wrong ones
# --------------
# The same start, but the other's learning rate; and nothing adapted at all.
by_sgd["special"] = {"weight_decay": decay * q**2}
wrong = train(torch.optim.SGD, **by_sgd)
off_rate = differences(inverted, wrong)
off_all = differences(inverted, train(torch.optim.SGD, vanilla=True, **sgd))
print(f"same learning rate: {off_rate[-1]:.2f}, nothing adapted: {off_all[-1]:.2f}")
assert min(off_rate[-1], off_all[-1]) > 0.1

# %%
fig, (above, below) = plt.subplots(2, 1, figsize=(4.0, 5.2), sharex=True)
above.plot(inverted[0], color=figures.NEUTRAL, linewidth=5, label="inverted")
above.plot(vanilla[0], color=figures.KEPT, label="vanilla, right rate")
above.plot(wrong[0], "--", color=figures.DROPPED, label="vanilla, same rate")
above.set(title="Same masks, right rate: losses coincide", ylabel="training loss")
above.legend()
below.semilogy(off_sgd, color=figures.KEPT, label="right rate, SGD")
below.semilogy(off_adam, ":", color=figures.SCALED, label="right rate, Adam")
below.semilogy(off_rate, "--", color=figures.DROPPED, label="same rate")
below.set(title="Right rates differ by rounding only", ylabel="largest so far")
below.set_yticks([1e-15, 1e-10, 1e-5, 1], ["1e-15", "1e-10", "1e-5", "1"])
below.set_xlabel("step")
below.legend(loc="center right")
plt.show()

# %%
# What to take away
# -----------------
# Where to scale is a choice of units for one weight, not of a method. Units matter
# to an optimiser: a rate taken over from the other kind of dropout is another one.
#
# **Try changing** p to 0.5, where all factors are powers of two and the difference
# is exactly 0; leave ``eps`` out of ``right_adam``; or clip the gradients by their
# common norm, which is not the same in both networks.
