"""
A compiled model draws another mask, and this is which
======================================================

``torch.compile`` promises the same results, faster. With dropout it does not keep
that promise: after the same seed a compiled model drops other units, as if by
chance. It is no chance. On a CPU it draws from a second stream, which follows from
the same seed by another rule, and NumPy can follow it: without a compiler, and
without torch.
"""

# %%
# Two masks from one seed
# -----------------------
import os
import shutil
import sysconfig
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import torch
import torch.nn.functional as F

from dropout_explained import TorchStream, figures, replay, replay_mask

plt.style.use("dropout_explained.house")
p, seed = 0.5, 0
x = torch.tensor([1.0, 2.0, 3.0, 4.0])
print("eager:   ", replay(x, p, seed))
print("compiled:", replay(x, p, seed, stream="compiled"))

# %%
# Compiled code keeps u > p where eager code keeps u < 1 - p. That alone is not the
# difference: the numbers u are others, so the masks agree as two independent ones do.
n = 100_000
eager = replay_mask(n, p, seed)
compiled = replay_mask(n, p, seed, stream="compiled")
agreement = (eager == compiled).mean()
error = np.sqrt(0.25 / n)
assert abs(agreement - 0.5) < 5 * error
print(f"they agree in {agreement:.1%} of {n} elements; chance: 50%")

# %%
# Torch's own answer
# ------------------
# Only ``torch.compile`` itself can say whether the rule is right. It needs a C++
# compiler and Python's header files; where they are missing, this script goes on
# without the comparison.
compiler = shutil.which(os.environ.get("CXX", "g++"))
headers = Path(sysconfig.get_path("include"), "Python.h").exists()


@torch.compile
def model(x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Drop out, and drop out what is left: two calls in one graph."""
    hidden = F.dropout(x, 0.5)
    return hidden, F.dropout(hidden, 0.1)


def same_as_torch(seed: int, x: torch.Tensor) -> bool:
    """Compare an execution of the compiled model with the stream of its seed."""
    stream = TorchStream(seed)
    hidden = stream.dropout(x, 0.5, stream="compiled")
    output = stream.dropout(hidden, 0.1, stream="compiled")
    torch.manual_seed(seed)
    return all(map(torch.equal, model(x), (hidden, output)))


if compiler and headers:
    many = torch.randn(50_000)
    assert all(same_as_torch(seed, many) for seed in range(11))
    print("eleven seeds, two calls each: every bit is torch's")
else:
    print("not compared with torch.compile, which cannot compile here")

# %%
# Where the first mask went
# -------------------------
# A compiled call takes two words from torch's generator for all elements together, an
# eager call two for each. What is drawn afterwards moves, too.
for name in ("eager", "compiled"):
    stream = TorchStream(seed)
    stream.mask(1000, p, stream=name)
    print(f"{name + ':':<9} {stream.draws:>4} words for 1000 elements")
assert stream.draws == 2

# %%
side = 14
fig, axes = plt.subplots(2, 1, figsize=(4.0, 4.6))
for ax, name in zip(axes, ("eager", "compiled"), strict=True):
    mask = replay_mask((side // 2, side), p, seed, stream=name)
    row, column = np.nonzero(mask)
    ax.scatter(column, row, 60, figures.KEPT, marker="s", label="kept")
    row, column = np.nonzero(~mask)
    ax.scatter(column, row, 36, figures.DROPPED, marker="x", label="dropped")
    ax.set(title=f"Seed {seed}, {name}", aspect="equal", ylim=(6.6, -0.6))
    ax.set_axis_off()
fig.legend(*axes[0].get_legend_handles_labels(), ncols=2, loc="outside lower left")
plt.show()

# %%
# What to take away
# -----------------
# Compiling changes which units a seed drops, and not how many. To compare a compiled
# model with an eager one, replay the masks, or compare in evaluation mode.
#
# **Try changing** ``many`` to ``torch.randn(200, 250).t()``, whose words are dealt in
# the order of its memory, or ``@torch.compile`` to
# ``@torch.compile(backend="aot_eager")``, which draws from eager code's stream: the
# assertion fails then.
