"""What dropout does to a whole torch model.

One door: who is outside imports from here, not from the files. In here a file imports what
stands beside it and what stands below: masks, closed forms, layers, arguments; torch is
imported where a model has come in, so that importing the package does not load it.
"""

from dropout_explained.models.all_masks import expected_gradient
from dropout_explained.models.call_records import DropoutCall, DropoutCalls
from dropout_explained.models.dropout_calls import dropout_calls
from dropout_explained.models.methods import OutputMoments
from dropout_explained.models.prediction import output_moments
from dropout_explained.models.watching import (
    differentiated,
    modules_of,
    several_passes,
    watched,
)

__all__ = [
    "DropoutCall",
    "DropoutCalls",
    "OutputMoments",
    "differentiated",
    "dropout_calls",
    "expected_gradient",
    "modules_of",
    "output_moments",
    "several_passes",
    "watched",
]
