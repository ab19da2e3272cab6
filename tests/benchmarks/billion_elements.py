"""Compare replay with torch over a billion elements of one stream, in constant memory.

Usage: python tests/benchmarks/billion_elements.py [ELEMENTS]
"""

from __future__ import annotations

import sys

import torch
import torch.nn.functional as F
from record import Limited, renew

from dropout_explained import TorchStream

SEED, BLOCK = 20_140_615, 10_000_000


def main() -> int:
    """Record how many elements differ, and return 1 if any does."""
    wanted = int(float(sys.argv[1])) if len(sys.argv) > 1 else 10**9
    torch.manual_seed(SEED)
    stream, compared, different = TorchStream(SEED), 0, 0
    ones = torch.ones(BLOCK)
    while compared < wanted:
        p = 0.05 + 0.9 * compared / wanted
        expected = F.dropout(ones, p) != 0
        drawn = torch.from_numpy(stream.mask(BLOCK, p))
        different += int((drawn != expected).sum())
        compared += BLOCK
    what = f"elements that differ, of {compared:,} in one stream"
    return 0 if renew("verify", Limited(what, different, 0)) else 1


if __name__ == "__main__":
    sys.exit(main())
