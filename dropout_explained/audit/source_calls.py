"""Which calls of torch drop, and what a source file passes to them."""

from __future__ import annotations

import ast
import operator
from typing import NamedTuple


class Signature(NamedTuple):
    """Where a call takes its drop probability and its mode, by name and position.

    ``mode`` is None for what is not told it by an argument; ``active`` says whether the call
    drops where that argument is left out.
    """

    p: str
    at: int
    default: float = 0.5
    mode: int | None = None
    active: bool = True
    mode_name: str = "training"


PLAIN = ("dropout", "dropout1d", "dropout2d", "dropout3d")
ALPHA = ("alpha_dropout", "feature_alpha_dropout")
LOW_LEVEL = ("dropout", "feature_dropout", *ALPHA)
FUNCTIONAL = "torch.nn.functional."
ATTENTION = FUNCTIONAL + "scaled_dot_product_attention"
FUNCTIONS = {
    **{FUNCTIONAL + name: Signature("p", 1, mode=2) for name in PLAIN},
    **{FUNCTIONAL + name: Signature("p", 1, mode=2, active=False) for name in ALPHA},
    **{f"torch.{name}": Signature("p", 1, mode=2, mode_name="train") for name in LOW_LEVEL},
    FUNCTIONAL + "multi_head_attention_forward": Signature("dropout_p", 10, 0, mode=13),
    ATTENTION: Signature("dropout_p", 4, 0),
}
DROPOUTS = (
    *("torch.nn.Dropout", "torch.nn.Dropout1d", "torch.nn.Dropout2d", "torch.nn.Dropout3d"),
    *("torch.nn.AlphaDropout", "torch.nn.FeatureAlphaDropout"),
)
RECURRENT = {"torch.nn.LSTM": 5, "torch.nn.GRU": 5, "torch.nn.RNN": 6}
LAYERS = {
    **dict.fromkeys(DROPOUTS, Signature("p", 0)),
    **{name: Signature("dropout", at, 0) for name, at in RECURRENT.items()},
    "torch.nn.MultiheadAttention": Signature("dropout", 2, 0),
    "torch.nn.Transformer": Signature("dropout", 5, 0.1),
    "torch.nn.TransformerDecoderLayer": Signature("dropout", 3, 0.1),
    "torch.nn.TransformerEncoderLayer": Signature("dropout", 3, 0.1),
}
NORMS = (
    *("torch.nn.BatchNorm1d", "torch.nn.BatchNorm2d", "torch.nn.BatchNorm3d"),
    "torch.nn.SyncBatchNorm",
)
# What lets a mask pass: element by element, or in another shape.
PASSING = tuple(
    f"torch.nn.{name}"
    for name in (
        *("ReLU", "LeakyReLU", "PReLU", "ReLU6", "ELU", "GELU", "SELU", "SiLU", "Mish"),
        *("Tanh", "Sigmoid", "Hardtanh", "Hardswish", "Softplus"),
        *("Identity", "Flatten", "Unflatten"),
    )
)
CHECKPOINTS = (
    *("torch.utils.checkpoint.checkpoint", "torch.utils.checkpoint.checkpoint_sequential"),
    "torch.distributed.algorithms._checkpoint.checkpoint_wrapper.checkpoint_wrapper",
)


class Unknown:
    """What no reader of the call can tell, because it has ``*arguments`` or ``**options``."""


UNKNOWN = Unknown()
Given = ast.expr | Unknown | None


def argument(call: ast.Call, name: str, at: int | None) -> Given:
    """Return what a call passes by name or at a position, None if nothing."""
    for keyword in call.keywords:
        if keyword.arg == name:
            return keyword.value
    starred = [i for i, given in enumerate(call.args) if isinstance(given, ast.Starred)]
    if at is not None and at < min(starred, default=len(call.args)):
        return call.args[at]
    if starred or any(keyword.arg is None for keyword in call.keywords):
        return UNKNOWN
    return None


ARITHMETIC = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
}


def number(node: object) -> float | None:
    """Return the number or truth value that an expression spells out, None if it spells none."""
    if isinstance(node, ast.Constant) and isinstance(node.value, bool | int | float):
        return node.value
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        inner = number(node.operand)
        return None if inner is None else -inner
    if isinstance(node, ast.BinOp) and type(node.op) in ARITHMETIC:
        left, right = number(node.left), number(node.right)
        if left is None or right is None or (right == 0 and isinstance(node.op, ast.Div)):
            return None
        return float(ARITHMETIC[type(node.op)](float(left), float(right)))
    return None
