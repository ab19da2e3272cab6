"""
The same seed gives the same mask, until something else draws
=============================================================

You set the seed, add one line that has nothing to do with dropout, and every mask
changes. Nothing is broken: all of torch's random functions on a CPU take their
numbers from *one* stream, in the order in which they are called. A seed does not
name a mask; it names a stream, and a mask is a piece of it.
"""

# %%
# One stream, two calls
# ---------------------
# Two calls after one seed draw two masks, and the seed repeats both.
# ``TorchStream`` follows the stream without torch: each element takes two words of
# 32 bits.
import matplotlib.pyplot as plt
import torch
import torch.nn.functional as F

from dropout_explained import TorchStream, figures, replay_mask

plt.style.use("dropout_explained.house")
n, p, seed = 24, 0.5, 0
x = torch.ones(n)

torch.manual_seed(seed)
first, second = F.dropout(x, p) != 0, F.dropout(x, p) != 0
stream = TorchStream(seed)
assert torch.equal(first, torch.from_numpy(stream.mask(n, p)))
assert torch.equal(second, torch.from_numpy(stream.mask(n, p)))
assert torch.equal(first, torch.from_numpy(replay_mask(n, p, seed)))
print(f"two calls on {n} elements drew {stream.draws} words")

# %%
# What moves the stream
# ---------------------
# Whatever draws shifts all that comes after it; what draws nothing shifts nothing.
# Here is a choice of both, each between the seed and the dropout call.
ACTIONS = {
    "another dropout": lambda: F.dropout(x, p),
    "an initialised layer": lambda: torch.nn.Linear(3, 2),
    "one random number": lambda: torch.rand(1),
    "dropout in evaluation": lambda: F.dropout(x, p, training=False),
    "dropout with p = 0": lambda: F.dropout(x, 0.0),
}


def kept(*before: str) -> torch.Tensor:
    """Seed, let something draw, and return the mask of the next call."""
    torch.manual_seed(seed)
    for action in before:
        ACTIONS[action]()
    return F.dropout(x, p) != 0


# %%
# The mask after a shift agrees with the first one as two independent masks would:
# in a fraction :math:`1 - 2pq` of the elements, here about half.
draws_nothing = {"dropout in evaluation", "dropout with p = 0"}
masks = {"nothing": kept()} | {action: kept(action) for action in ACTIONS}
for action, mask in masks.items():
    same = torch.equal(mask, masks["nothing"])
    agreement = (mask == masks["nothing"]).float().mean().item()
    print(f"{action:<22} {'same mask' if same else f'{agreement:.0%} agree'}")
    assert same == (action in draws_nothing | {"nothing"})

# %%
# One row a mask, squares for the kept and crosses for the dropped elements.
fig, ax = plt.subplots(figsize=(4.0, 2.6))
for row, mask in enumerate(masks.values()):
    places = torch.arange(n)
    ax.scatter(places[mask], [row] * int(mask.sum()), 36, figures.KEPT, marker="s")
    ax.scatter(
        places[~mask], [row] * int((~mask).sum()), 26, figures.DROPPED, marker="x"
    )
ax.set_yticks(range(len(masks)), masks)
ax.invert_yaxis()
ax.set_title("Any draw shifts the mask")
ax.set_xlabel("element")
plt.show()

# %%
# How to stay reproducible anyway
# -------------------------------
# Give a piece of code a stream of its own. ``fork_rng`` puts the generator back as
# it was, so that whatever happens inside moves nothing outside.
torch.manual_seed(seed)
with torch.random.fork_rng(devices=[]):
    torch.nn.Linear(300, 200)
assert torch.equal(F.dropout(x, p) != 0, masks["nothing"])
print("a layer was initialised inside fork_rng; the mask stayed")

# %%
# What to take away
# -----------------
# A seed fixes the stream, the order of calls fixes who gets which piece. Compare
# two runs only if all that draws before the mask is the same in both.
#
# **Try changing** ``torch.rand(1)`` to ``torch.rand(2)``, or the layer's size: each
# count of draws gives another mask; or capture ``torch.get_rng_state()`` before a
# call and hand it to ``TorchStream.from_rng_state``.
