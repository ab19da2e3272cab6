"""Explain, predict, differentiate and replay PyTorch's dropout.

Dropout zeroes at random and divides what is left by ``1 - p``, so that the output averaged
over calls is the input. Importing this package imports neither torch nor matplotlib: the
functions that need one of them import it when called.
"""

from dropout_explained import figures
from dropout_explained.audit import Report, audit, lint
from dropout_explained.closed_forms import Moments, moments
from dropout_explained.explanation import Explanation, explain
from dropout_explained.gradients import (
    dropout_gradient,
    mean_square_gradient,
    mean_square_gradient_moments,
)
from dropout_explained.layers import LAYERS
from dropout_explained.masks import MaskMoments, mask_distribution, mask_moments
from dropout_explained.models import (
    DropoutCall,
    DropoutCalls,
    OutputMoments,
    dropout_calls,
    expected_gradient,
    output_moments,
)
from dropout_explained.streams import TorchStream, Verification, replay, replay_mask, verify

__version__ = "0.1.0"

# Six names are all that one needs to follow the article; the rest goes on from there.
__all__ = [  # noqa: RUF022
    "explain",
    "moments",
    "dropout_gradient",
    "mean_square_gradient",
    "mean_square_gradient_moments",
    "figures",
    # masks and streams
    "replay",
    "replay_mask",
    "TorchStream",
    "verify",
    "LAYERS",
    "mask_moments",
    "mask_distribution",
    # whole models
    "dropout_calls",
    "output_moments",
    "expected_gradient",
    "audit",
    "lint",
    # what they return
    "Explanation",
    "Moments",
    "MaskMoments",
    "OutputMoments",
    "DropoutCall",
    "DropoutCalls",
    "Verification",
    "Report",
    "__version__",
]
