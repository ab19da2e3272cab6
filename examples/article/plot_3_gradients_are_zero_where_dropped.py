r"""
A weight gets exactly zero gradient when its unit is live in no sample
======================================================================

In Linear-ReLU-Dropout-Linear, some weights get a gradient of exactly zero. The
article's third example prints such gradients and concludes that "the network learns
to adapt" to dropout. One backward pass shows no learning: it is the chain rule,
with the mask as a factor,

.. math::
   \frac{\partial L}{\partial h_{bj}}
   = \frac{m_{bj}}{q}\,\frac{\partial L}{\partial y_{bj}},

for hidden unit j in sample b. A unit also passes nothing back where ReLU is closed,
which is why a zero in the *output* of dropout does not tell you the mask. The
article also prints its "weights before update" after the update; the last section
shows why even saving them first can fail.
"""

# %%
# The article's network, with the mask in sight
# ---------------------------------------------
# Unpacked, so that what stands between the layers can be looked at.
import matplotlib.pyplot as plt
import torch
from torch import nn

from dropout_explained import explain, figures

plt.style.use("dropout_explained.house")
torch.manual_seed(0)
p, q = 0.5, 0.5
model = nn.Sequential(nn.Linear(10, 5), nn.ReLU(), nn.Dropout(p), nn.Linear(5, 1))
first, relu, dropout, last = model
x, target = torch.randn(8, 10), torch.randn(8, 1)


# %%
# One backward pass through the first samples of the batch; the same seed before
# ``explain`` and before the layer gives both the same mask.
def backward(batch: int) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Run one backward pass; return the mask, where ReLU is open, the output."""
    model.zero_grad()
    hidden = relu(first(x[:batch]))
    mask = explain(hidden, p, seed=batch).mask
    torch.manual_seed(batch)
    output = last(dropout(hidden))
    nn.functional.mse_loss(output, target[:batch]).backward()
    return mask, hidden.detach() > 0, output.detach()


# %%
# Which gradients are exactly zero
# --------------------------------
# Call a unit *live* when at least one sample kept it while ReLU was open. The
# claim: the gradients of its outgoing weight and of its incoming weights are
# nonzero exactly for live units. With one sample about half of the units are
# dropped; with eight, a unit must be unlucky in each: dropped in some of the
# samples and closed in all the others.
seen = {}
for batch in (1, 8):
    mask, is_open, output = backward(batch)
    live = (mask & is_open).any(0)
    outgoing = last.weight.grad[0].clone()
    assert torch.equal(outgoing != 0, live)
    assert torch.equal((first.weight.grad != 0).any(1), live)
    seen[batch] = outgoing, live
    print(f"batch of {batch}, units out of 5:")
    unlucky = (~mask).all(0).sum()
    print(f"  dropped in every sample  {unlucky}  (chance {p**batch:.2g})")
    print(f"  closed in every sample   {(~is_open).all(0).sum()}")
    print(f"  gradient exactly zero    {(~live).sum()}")

# %%
fig, axes = plt.subplots(2, 1, figsize=(4.0, 4.4))
for ax, (batch, (outgoing, live)) in zip(axes, seen.items(), strict=True):
    figures.gradient_bars(outgoing, live, ax=ax)
    title = f"Batch of {batch}: {(~live).sum()} of 5 get no gradient"
    ax.set(title=title, xlabel="")
    ax.legend(ax.containers, ["live", "exactly 0"])
axes[1].set_xlabel("hidden unit")
plt.show()

# %%
# It is the chain rule and nothing else
# -------------------------------------
# The gradient for the batch of eight by hand: error, times outgoing weight, times
# mask over q, times the slope of ReLU, times input. Nothing in it knows of other
# masks or of earlier steps, so it cannot show adaptation; that would take many
# steps and a comparison with a network trained without dropout.
error = 2 * (output - target) / len(target)
by_hand = (error * last.weight * (mask / q) * is_open).T @ x
torch.testing.assert_close(first.weight.grad, by_hand)
difference = (first.weight.grad - by_hand).abs().max()
print(f"largest difference to autograd: {difference:.1e}")

# %%
# "Weights before update", printed after it
# -----------------------------------------
# The article reads ``param.data`` after ``optimizer.step()``, which writes in
# place. Reading it before the step and printing it afterwards would not help
# either: ``.data`` and ``.detach()`` share memory with the weight. Only a copy
# remembers.
data, detached = first.weight.data, first.weight.detach()
copied = first.weight.detach().clone()
torch.optim.SGD(model.parameters(), lr=0.01).step()
assert torch.equal(data, first.weight)
assert torch.equal(detached, first.weight)
assert not torch.equal(copied, first.weight)
torch.testing.assert_close(first.weight.detach(), copied - 0.01 * first.weight.grad)
print("saved before the step, compared with the weight after it:")
saved = {".data": data, ".detach()": detached, ".detach().clone()": copied}
for name, kept in saved.items():
    change = (first.weight - kept).abs().max().item()
    print(f"  {name:<17} differs by {change:.2g}")

# %%
# What to take away
# -----------------
# Dropout multiplies each sample's gradient by m / q, so exact zeros are its mask
# (and ReLU's) showing, and they thin out as the batch grows. To compare weights
# across a step, save ``.detach().clone()``.
#
# **Try changing** the batch sizes, p to 0.9, or ``nn.ReLU`` to ``nn.Tanh``: with
# nothing else that closes, the zeros are those of the mask alone.
