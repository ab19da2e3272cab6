"""Explain, predict, differentiate and replay PyTorch's dropout.

Dropout zeroes at random and divides what is left by ``1 - p``, so that the
average output is the input. Importing this package imports neither torch nor
matplotlib: the functions that need one of them import it when called.
"""

from dropout_explained import figures
from dropout_explained.closed_forms import Moments, moments
from dropout_explained.explanation import Explanation, explain
from dropout_explained.gradients import (
    GradientMoments,
    dropout_gradient,
    mean_square_gradient,
    mean_square_gradient_moments,
)
from dropout_explained.layers import LAYERS
from dropout_explained.masks import MaskMoments, mask_distribution, mask_moments
from dropout_explained.model_masks import expected_gradient, expected_output
from dropout_explained.prediction import Prediction, predict
from dropout_explained.replays import replay, replay_mask
from dropout_explained.torch_stream import TorchStream
from dropout_explained.verification import Verification, verify

__version__ = "0.1.0"

__all__ = [
    "LAYERS",
    "Explanation",
    "GradientMoments",
    "MaskMoments",
    "Moments",
    "Prediction",
    "TorchStream",
    "Verification",
    "__version__",
    "dropout_gradient",
    "expected_gradient",
    "expected_output",
    "explain",
    "figures",
    "mask_distribution",
    "mask_moments",
    "mean_square_gradient",
    "mean_square_gradient_moments",
    "moments",
    "predict",
    "replay",
    "replay_mask",
    "verify",
]
