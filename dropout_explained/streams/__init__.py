"""What torch draws, without torch.

One door: who is outside imports from here, not from the files. In here a file imports what
stands beside it, ``layers`` and what ``layers`` stands on, and nothing above; torch is
imported in ``verification`` and ``random_calls`` alone, which compare with it.
"""

from dropout_explained.streams.eager import TorchStream
from dropout_explained.streams.from_seed import replay, replay_mask
from dropout_explained.streams.rng_state import read
from dropout_explained.streams.verification import (
    COMPILED_VERIFIED_WITH,
    VERIFIED_WITH,
    Verification,
    verify,
)

__all__ = [
    "COMPILED_VERIFIED_WITH",
    "VERIFIED_WITH",
    "TorchStream",
    "Verification",
    "read",
    "replay",
    "replay_mask",
    "verify",
]
