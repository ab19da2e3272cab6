"""Source files for the linter: wrong ones with a mark on each line that is found, right ones without."""

from __future__ import annotations

import re
from textwrap import dedent

HEAD = "import torch\nimport torch.nn.functional as F\nfrom torch import nn\n"
MARK = re.compile(r"# <- (DE\d+)( note)?")


def marked(text: str) -> list[tuple[str, int, bool]]:
    """Return code, line, and whether it is a note, of each finding that a text marks."""
    return [
        (code, number, bool(note))
        for number, line in enumerate(text.split("\n"), 1)
        for code, note in MARK.findall(line)
    ]


def method(*lines: str, name: str = "forward(self, x)", base: str = "nn.Module") -> str:
    """Return a file with a module that has one method of these lines."""
    body = "".join(f"        {line}\n" for line in lines)
    return f"{HEAD}\n\nclass Net({base}):\n    def {name}:\n{body}"


def built(*lines: str) -> str:
    """Return a file with a module that builds something and runs it."""
    body = "".join(f"        {line}\n" for line in lines)
    start = f"{HEAD}\n\nclass Net(nn.Module):\n    def __init__(self, p=0.1, layers=1):\n"
    return (
        f"{start}        super().__init__()\n{body}\n    def forward(self, x):\n        return x\n"
    )


def file(text: str) -> str:
    """Return a text as a file of its own."""
    return dedent(text).lstrip("\n")


WRONG = {
    # F.dropout that is not told the mode
    "without arguments": method("return F.dropout(x)  # <- DE001"),
    "p by name": method("return F.dropout(x, p=0.5)  # <- DE001"),
    "p of the module": method("return F.dropout(x, self.p)  # <- DE001"),
    "p of a configuration": method("return F.dropout(x, self.config.dropout)  # <- DE001"),
    "p from a local": method("p = self.p", "return F.dropout(x, p)  # <- DE001"),
    "p from a loop": method(
        "for layer, p in zip(self.layers, self.rates):",
        "    x = F.dropout(layer(x), p)  # <- DE001",
        "return x",
    ),
    "channels": method("return F.dropout2d(x, 0.2)  # <- DE001"),
    "under a condition of its own": method(
        "if self.p > 0:", "    x = F.dropout(x, self.p)  # <- DE001", "return x"
    ),
    "under a configured switch": method(
        "if self.use_dropout:", "    x = F.dropout(x, 0.5)  # <- DE001", "return x"
    ),
    "under a condition on a name like one of a mode": method(
        "if self.model == 'gcn' and valid_lens is None:",
        "    x = F.dropout(x, 0.5)  # <- DE001",
        "return x",
    ),
    "p of several": method("p, q = self.p, self.q", "return F.dropout(x, max(p, 0.1))  # <- DE001"),
    "behind an exit for something else": method(
        "if x is None:", "    return None", "return F.dropout(x, 0.5)  # <- DE001"
    ),
    "without gradient": method(
        "with torch.no_grad():", "    x = F.dropout(x, 0.5)  # <- DE001", "return x"
    ),
    "several on a line": method("return F.dropout(F.dropout(x, 0.1), 0.2)  # <- DE001  # <- DE001"),
    "over several lines": method("return F.dropout(  # <- DE001", "    x,", "    p=0.5,", ")"),
    "in a lambda": method("act = lambda t: F.dropout(t, 0.5)  # <- DE001", "return act(x)"),
    "in an inner function": method(
        "def branch(t):", "    return F.dropout(t, 0.5)  # <- DE001", "return branch(x)"
    ),
    "in a comprehension": method("return [F.dropout(t, 0.5) for t in x]  # <- DE001"),
    "in a method that forward calls": method(
        "return F.dropout(x, self.p)  # <- DE001", name="_mix(self, x)"
    ),
    "in a method that is called in training and elsewhere": file("""
        from torch import nn
        import torch.nn.functional as F

        class Net(nn.Module):
            def noisy(self, x):
                return F.dropout(x, 0.5)  # <- DE001

            def forward(self, x):
                if self.training:
                    x = self.noisy(x)
                return self.noisy(x)
    """),
    "in a method for prediction": method(
        "return F.dropout(x, self.p)  # <- DE001", name="predict(self, x)"
    ),
    "told the opposite": method("return F.dropout(x, 0.5, not self.training)  # <- DE001"),
    "the base of another library": method(
        "return F.dropout(x, 0.5)  # <- DE001", name="embed(self, x)", base="pl.LightningModule"
    ),
    "an unknown base, with forward": method("return F.dropout(x, 0.5)  # <- DE001", base="Base"),
    "async": file("""
        from torch import nn
        import torch.nn.functional as F

        class Net(nn.Module):
            async def answer(self, x):
                return F.dropout(x, 0.5)  # <- DE001

            def forward(self, x):
                return x
    """),
    "another letter": file("""
        import torch.nn.functional as fn
        from torch import nn

        class Net(nn.Module):
            def forward(self, x):
                return fn.dropout(x, 0.5)  # <- DE001
    """),
    "functional itself": file("""
        from torch import nn
        from torch.nn import functional

        class Net(nn.Module):
            def forward(self, x):
                return functional.dropout(nn.functional.dropout(x))  # <- DE001  # <- DE001
    """),
    "the whole path": file("""
        import torch

        class Net(torch.nn.Module):
            def forward(self, x):
                return torch.nn.functional.dropout(x, 0.5)  # <- DE001
    """),
    "an imported function": file("""
        from torch import nn
        from torch.nn.functional import dropout as drop

        class Net(nn.Module):
            def forward(self, x):
                return drop(x, 0.5)  # <- DE001
    """),
    "imported where it is used": file("""
        from torch import nn

        class Net(nn.Module):
            def forward(self, x):
                from torch.nn.functional import dropout
                return dropout(x, 0.5)  # <- DE001
    """),
    "imported if it can be": file("""
        from torch import nn
        try:
            from torch.nn.functional import dropout
        except ImportError:
            dropout = None

        class Net(nn.Module):
            def forward(self, x):
                return dropout(x, 0.5)  # <- DE001
    """),
    "a name that the class has as well": file("""
        from torch import nn
        import torch.nn.functional as F

        class Net(nn.Module):
            F = None

            def forward(self, x):
                return F.dropout(x, 0.5)  # <- DE001
    """),
    "a variable that is something else elsewhere": file("""
        import torch.nn.functional as F
        from torch import nn

        drop = F.dropout

        def other():
            drop = None
            return drop

        class Net(nn.Module):
            def forward(self, x):
                return drop(x, 0.5)  # <- DE001
    """),
    "a variable": file("""
        from torch import nn
        drop = nn.functional.dropout

        class Net(nn.Module):
            def forward(self, x):
                return drop(x, 0.5)  # <- DE001
    """),
    "an attribute": file("""
        from torch import nn
        import torch.nn.functional as F

        class Net(nn.Module):
            def __init__(self):
                super().__init__()
                self.mix = F.dropout

            def forward(self, x):
                return self.mix(x, 0.5)  # <- DE001
    """),
    "behind a star": file("""
        from .common import *

        class Net(nn.Module):
            def forward(self, x):
                return F.dropout(x, 0.5)  # <- DE001
    """),
    "behind torch's star": file("""
        from torch.nn import *
        from torch.nn.functional import *

        class Net(Module):
            def forward(self, x):
                return dropout(functional.dropout(x), 0.5)  # <- DE001  # <- DE001
    """),
    # attention
    "a number as dropout_p": method(
        "return F.scaled_dot_product_attention(x, x, x, dropout_p=0.1)  # <- DE002"
    ),
    "dropout_p by position": method(
        "return F.scaled_dot_product_attention(x, x, x, None, self.p)  # <- DE002"
    ),
    "the p of a layer": method(
        "y = F.scaled_dot_product_attention(  # <- DE002",
        "    x, x, x, dropout_p=self.attn_drop.p",
        ")",
        "return y if self.training else y",
    ),
    "the attention that a layer is made of": file("""
        from torch import nn
        from torch.nn.functional import scaled_dot_product_attention as attend

        class Net(nn.Module):
            def forward(self, x):
                return attend(x, x, x, dropout_p=self.rate)  # <- DE002
    """),
    # layers that are built where they run
    "built and called": method("return nn.Dropout(0.5)(x)  # <- DE003"),
    "built and called in a loop": method(
        "for layer in self.layers:", "    x = nn.Dropout(self.p)(layer(x))  # <- DE003", "return x"
    ),
    "built, moved and called": method("return nn.Dropout(0.5).to(x.device)(x)  # <- DE003"),
    "built, named and called": method("drop = nn.Dropout2d(0.5)  # <- DE003", "return drop(x)"),
    "built in a sequence": method("return nn.Sequential(nn.ReLU(), nn.Dropout())(x)  # <- DE003"),
    "an imported layer": file("""
        from torch import nn
        from torch.nn import Dropout as D

        class Net(nn.Module):
            def forward(self, x):
                return D(0.5)(x)  # <- DE003
    """),
    "built and called, always": method("return nn.Dropout(0.5)(x)  # always new  # <- DE003"),
    # order
    "before the norm": built(
        "self.net = nn.Sequential(",
        "    nn.Linear(4, 4),",
        "    nn.Dropout(0.5),  # <- DE021",
        "    nn.BatchNorm1d(4),",
        ")",
    ),
    "before the norm, through activations": built(
        "self.net = nn.Sequential(nn.Dropout(p), nn.ReLU(), nn.BatchNorm1d(4))  # <- DE021"
    ),
    "before the norm, with names": built(
        "from collections import OrderedDict",
        "self.net = nn.Sequential(OrderedDict([",
        "    ('drop', nn.Dropout2d(0.5)),  # <- DE021",
        "    ('norm', nn.BatchNorm2d(4)),",
        "]))",
    ),
    "before the norm, in a list": built(
        "parts = [nn.Linear(4, 4)]", "parts += [nn.Dropout(p), nn.BatchNorm1d(4)]  # <- DE021"
    ),
    "before the norm, one by one": built(
        "parts = []",
        "parts.append(nn.Dropout(p))  # <- DE021",
        "parts.append(nn.ReLU())",
        "parts.append(nn.BatchNorm1d(4))",
    ),
    "before the norm, one by one, with names": built(
        "self.add_module('drop', nn.Dropout(p))  # <- DE021",
        "self.add_module('norm', nn.BatchNorm1d(4))",
    ),
    # recurrent layers
    "one layer": built("self.rnn = nn.LSTM(4, 8, dropout=0.5)  # <- DE023"),
    "one layer, said": built("self.rnn = nn.GRU(4, 8, num_layers=1, dropout=p)  # <- DE023"),
    "one layer by position": built(
        "self.rnn = nn.RNN(4, 8, 1, 'tanh', True, False, 0.5)  # <- DE023"
    ),
    "one layer by default": built("self.rnn = nn.LSTM(4, 8, layers, dropout=p)  # <- DE023"),
    "one layer by a constant": file("""
        from torch.nn import LSTM
        LAYERS = 1
        rnn = LSTM(4, 8, LAYERS, dropout=0.5)  # <- DE023
    """),
    # checkpoints
    "a checkpoint": file("""
        from torch import nn
        import torch.utils.checkpoint as cp

        class Net(nn.Module):
            def __init__(self):
                super().__init__()
                self.drop = nn.Dropout(0.5)

            def forward(self, x):
                return cp.checkpoint(  # <- DE024
                    self.drop, x, use_reentrant=False, preserve_rng_state=False
                )
    """),
    "a prepared checkpoint": file("""
        from functools import partial
        from torch.nn import Dropout
        from torch.utils.checkpoint import checkpoint

        drop = Dropout(0.5)
        run = partial(checkpoint, preserve_rng_state=False)  # <- DE024
    """),
    # probabilities
    "p is True": built("self.drop = nn.Dropout(True)  # <- DE029"),
    "p of a layer by its file": file("""
        from torch.nn.modules.dropout import Dropout
        from torch.nn.modules import Dropout2d

        drops = Dropout(True), Dropout2d(True)  # <- DE029  # <- DE029
    """),
    "p is 1": built("self.drop = nn.Dropout(p=1.0)  # <- DE029"),
    "p is the mode": method("return F.dropout(x, self.training)  # <- DE029"),
    "p is 1 of a layer": built("self.rnn = nn.LSTM(4, 8, 2, dropout=1)  # <- DE029"),
    "p is a constant that is 1": file("""
        from torch import nn
        DROP = 1.0
        drop = nn.Dropout(DROP)  # <- DE029
    """),
    "p in percent": built("self.drop = nn.Dropout(50)  # <- DE041"),
    "p below 0": method("return F.dropout(x, -0.1, self.training)  # <- DE041"),
    # alpha dropout, results, brackets
    "alpha": method("return F.alpha_dropout(x, 0.1)  # <- DE040"),
    "alpha, of features": method("return F.feature_alpha_dropout(x)  # <- DE040"),
    "thrown away": method("F.dropout(x, 0.5, self.training)  # <- DE042", "return x"),
    "a layer's result thrown away": file("""
        from torch import nn

        class Net(nn.Module):
            def __init__(self):
                super().__init__()
                self.regularise = nn.Dropout(0.5)

            def forward(self, x):
                self.regularise(x)  # <- DE042
                return x
    """),
    "eval without brackets": file("""
        import torch

        model = torch.load("model.pt")
        model.eval  # <- DE043
    """),
    "train without brackets": file("""
        import torch

        def epoch(model, batches):
            model.encoder.train  # <- DE043
            for batch in batches:
                model(batch)
    """),
}

# What may be right is a note.
IN_DOUBT = {
    "no module is around": file("""
        import torch.nn.functional as F

        def block(x):
            return F.dropout(x, 0.5)  # <- DE001 note
    """),
    "a wrapper": method("return F.dropout(x, p)  # <- DE001 note", name="drop(self, x, p)"),
    "p is computed": method("return F.dropout(x, self.rate.at(3))  # <- DE001 note"),
    "a switch of the caller": method(
        "if noisy:",
        "    x = F.dropout(x, 0.5)  # <- DE001 note",
        "return x",
        name="forward(self, x, noisy=False)",
    ),
    "a switch of another name": method(
        "if self.mode == 'noisy':", "    x = F.dropout(x, 0.5)  # <- DE001 note", "return x"
    ),
    "a method without self": file("""
        from torch import nn
        import torch.nn.functional as F

        class Net(nn.Module):
            @staticmethod
            def mix(x):
                return F.dropout(x, 0.5)  # <- DE001 note

            def forward(self, x):
                return self.mix(x)
    """),
    "a function with a gradient of its own": file("""
        import torch
        import torch.nn.functional as F

        class Mix(torch.autograd.Function):
            def forward(ctx, x):
                return F.dropout(x, 0.5)  # <- DE001 note
    """),
    "training=True": method("return F.dropout(x, 0.5, True)  # <- DE001 note"),
    "train=True": method("return torch.dropout(x, 0.5, train=True)  # <- DE001 note"),
    "a comment beside": method("return F.dropout(x, 0.5)  # always on  # <- DE001 note"),
    "a comment above": method(
        "# Dropout stays, even in evaluation.", "return F.dropout(x, 0.5)  # <- DE001 note"
    ),
    "a docstring": method(
        '"""Always applies dropout."""', "return F.dropout(x, 0.5)  # <- DE001 note"
    ),
    "a docstring of the class": file("""
        from torch import nn
        import torch.nn.functional as F

        class Net(nn.Module):
            \"\"\"A layer for Monte Carlo dropout.\"\"\"

            def forward(self, x):
                return F.dropout(x, 0.5)  # <- DE001 note
    """),
    "a comment of several lines": method(
        "# Also in",
        "# evaluation.",
        "x = F.relu(x)",
        "# Keeps dropping",
        "# on purpose.",
        "return F.dropout(x, 0.5)  # <- DE001 note",
    ),
    "a name": file("""
        from torch import nn
        import torch.nn.functional as F

        class MCDropout(nn.Module):
            def forward(self, x):
                return F.dropout(x, 0.5)  # <- DE001 note
    """),
    "a speech synthesiser's prenet": file("""
        from torch import nn
        import torch.nn.functional as F

        class Prenet(nn.Module):
            def forward(self, x):
                return F.dropout(x, 0.5)  # <- DE001 note
    """),
    "built in a function": file("""
        from torch import nn

        def block(x):
            return nn.Dropout(0.5)(x)  # <- DE003 note
    """),
    "a checkpoint, and nothing that drops": file("""
        from torch.utils.checkpoint import checkpoint

        def run(block, x):
            return checkpoint(block, x, preserve_rng_state=False)  # <- DE024 note
    """),
    "much is dropped": built("self.drop = nn.Dropout(0.9)  # <- DE028 note"),
    "much is dropped, computed": built("self.drop = nn.Dropout(1 - 0.2)  # <- DE028 note"),
    "much is dropped in attention": built(
        "self.attention = nn.MultiheadAttention(8, 2, 0.8)  # <- DE028 note"
    ),
}

RIGHT = {
    "told by name": method("return F.dropout(x, 0.5, training=self.training)"),
    "told by position": method("return F.dropout(x, 0.5, self.training)"),
    "told by more": method("return F.dropout(x, 0.5, self.training and self.warm)"),
    "told by a parameter": file("""
        import torch.nn.functional as F

        def block(x, training=False):
            return F.dropout(x, 0.5, training)
    """),
    "told by the opposite of something else": method("return F.dropout(x, 0.5, not self.frozen)"),
    "told False": method("return F.dropout(x, 0.5, False)"),
    "p is 0": method("return F.dropout(x, 0.0)"),
    "p of the module is 0": file("""
        from torch import nn
        import torch.nn.functional as F

        class Net(nn.Module):
            def __init__(self):
                super().__init__()
                self.p = 0.0

            def forward(self, x):
                return F.dropout(x, self.p)
    """),
    "whatever is passed on": method(
        "return F.dropout(*args, **options)", name="drop(self, *args, **options)"
    ),
    "what stands behind what is passed on": method("return F.dropout(*x, 0.5, True)"),
    "options that may hold it": method("return F.dropout(x, 0.5, **self.options)"),
    "in training": method("if self.training:", "    x = F.dropout(x, 0.5)", "return x"),
    "in training, as an expression": method("return F.dropout(x, 0.5) if self.training else x"),
    "in training, with and": method("y = self.training and F.dropout(x, 0.5)", "return y"),
    "behind an exit": method("if not self.training:", "    return x", "return F.dropout(x, 0.5)"),
    "behind an exit, later": method(
        "if not self.training:",
        "    return x",
        "for _ in range(3):",
        "    x = F.dropout(x, 0.5)",
        "return x",
    ),
    "asserted": method("assert self.training", "return F.dropout(x, 0.5)"),
    "by the caller's mode": method(
        "if is_train:", "    x = F.dropout(x, 0.5)", "return x", name="forward(self, x, is_train)"
    ),
    "by a phase": method("if phase == 'train':", "    x = F.dropout(x, 0.5)", "return x"),
    "a training step": method("return F.dropout(x, 0.5)", name="training_step(self, x)"),
    "p follows the mode": method("p = self.p if self.training else 0.0", "return F.dropout(x, p)"),
    "p is set in training": method(
        "p = 0.0", "if self.training:", "    p = self.p", "return F.dropout(x, p)"
    ),
    "p is a property": file("""
        from torch import nn
        import torch.nn.functional as F

        class Net(nn.Module):
            @property
            def rate(self):
                return 0.5 if self.training else 0.0

            def forward(self, x):
                return F.dropout(x, self.rate)
    """),
    "p is set by train()": file("""
        from torch import nn
        import torch.nn.functional as F

        class Net(nn.Module):
            def train(self, mode=True):
                self.rate = 0.5 * mode
                return super().train(mode)

            def forward(self, x):
                return F.dropout(x, self.rate)
    """),
    "a function that passes p on": file("""
        import torch.nn.functional as F

        def drop(x, p):
            return F.dropout(x, p)
    """),
    "a demonstration": file("""
        import torch
        from torch import nn
        import torch.nn.functional as F

        print(F.dropout(torch.ones(4), 0.5), nn.Dropout(0.5)(torch.ones(4)))
    """),
    "a test": file("""
        import torch
        from torch import nn
        import torch.nn.functional as F

        class TestDropout:
            def check(self, x):
                F.dropout(x, 0.5)
                nn.Dropout(1.0)(x)
                assert F.dropout(x, 0.5).shape == x.shape
    """),
    "another framework's function": file("""
        import paddle.nn.functional as F
        from paddle import nn

        class Net(nn.Layer):
            def forward(self, x):
                return F.dropout(x, 0.5)
    """),
    "another framework's layer": file("""
        from keras.layers import Dropout
        from flax import linen as nn

        class Net(nn.Module):
            def __call__(self, x):
                return nn.Dropout(0.9)(Dropout(1)(x))
    """),
    "another framework's star": file("""
        from paddle import *

        class Net(nn.Layer):
            def forward(self, x):
                return F.dropout(x, 0.5)
    """),
    "either framework": file("""
        try:
            from torch.nn.functional import dropout
        except ImportError:
            from paddle.nn.functional import dropout

        class Net:
            def forward(self, x):
                return dropout(x, 0.5)
    """),
    "a variable that is set anew": file("""
        import torch.nn.functional as F
        from torch import nn

        drop = F.dropout
        drop = None

        class Net(nn.Module):
            def forward(self, x):
                return drop(x, 0.5)
    """),
    "a name that is something else here": method("F = self.functions", "return F.dropout(x, 0.5)"),
    "a name of several that are unpacked": method(
        "(nothing, *F), [drop, y] = self.parts", "return F.dropout(x, 0.5)"
    ),
    "a parameter of that name": method("return F.dropout(x, 0.5)", name="forward(self, x, F)"),
    "an attribute that was a parameter of that name": file("""
        from torch import nn
        from torch.nn.functional import dropout

        class Net(nn.Module):
            def __init__(self, dropout):
                super().__init__()
                self.mix = dropout

            def forward(self, x):
                return self.mix(x, 0.5)
    """),
    "a method that is called in training": file("""
        from torch import nn
        import torch.nn.functional as F

        class Net(nn.Module):
            def noisy(self, x):
                if x.dim() > 2:
                    return self.noisy(x[0])
                return F.dropout(nn.Dropout(0.1)(x), 0.5)

            def forward(self, x):
                return self.noisy(x) if self.training else x
    """),
    "a function of one's own": file("""
        from torch import nn

        def dropout(x, p):
            return x

        class Net(nn.Module):
            def forward(self, x):
                return dropout(x, 0.5)
    """),
    "unknown names": "def forward(self, x):\n    return F.dropout(x, 0.5)\n",
    "attention without dropout": method("return F.scaled_dot_product_attention(x, x, x)"),
    "attention with 0": method("return F.scaled_dot_product_attention(x, x, x, dropout_p=0.0)"),
    "attention in training": method(
        "p = self.drop.p if self.training else 0.0",
        "return F.scaled_dot_product_attention(x, x, x, dropout_p=p)",
    ),
    "attention times the mode": method(
        "return F.scaled_dot_product_attention(x, x, x, dropout_p=self.p * self.training)"
    ),
    "attention as it is asked for": method(
        "return F.scaled_dot_product_attention(x, x, x, dropout_p=dropout_p)",
        name="attend(self, x, dropout_p=0.1)",
    ),
    "attention with what is passed on": method(
        "return F.scaled_dot_product_attention(*x, attn_mask=None)"
    ),
    "built once": built("self.drop = nn.Dropout(0.5)"),
    "built and told the mode": method("return nn.Dropout(0.5).train(self.training)(x)"),
    "built and put to rest": method("drop = nn.Dropout(0.5)", "drop.eval()", "return drop(x)"),
    "built and kept": method(
        "if self.drop is None:", "    self.drop = nn.Dropout(0.5)", "return self.drop(x)"
    ),
    "built for another": method(
        "self.rates[0] = nn.Dropout(0.5)", "other(nn.Dropout(0.5))", "return x"
    ),
    "built when it is made": built("x = nn.Dropout(0.5)(x)"),
    "built in training": method("if self.training:", "    x = nn.Dropout(0.5)(x)", "return x"),
    "built with 0": method("return nn.Dropout(0.0)(x)"),
    "built and returned": method("drop = nn.Dropout(0.5)", "return drop", name="head(self)"),
    "behind the norm": built("self.net = nn.Sequential(nn.BatchNorm1d(4), nn.Dropout(0.5))"),
    "mixed before the norm": built(
        "self.net = nn.Sequential(nn.Dropout(0.5), nn.Linear(4, 4), nn.BatchNorm1d(4))"
    ),
    "0 before the norm": built("self.net = nn.Sequential(nn.Dropout(0), nn.BatchNorm1d(4))"),
    "a list that is no sequence": built(
        "self.parts = nn.ModuleList([nn.Dropout(0.5), nn.BatchNorm1d(4)])"
    ),
    "two lists": built("a = [nn.Dropout(0.5)]", "b = [nn.BatchNorm1d(4)]"),
    "appended in turn": built(
        "parts = []",
        "parts.append(nn.Dropout(p))",
        "parts.append(nn.Linear(4, 4))",
        "parts.append(nn.BatchNorm1d(4))",
    ),
    "appended to others": built(
        "parts.append(nn.Dropout(p))",
        "others.append(nn.BatchNorm1d(4))",
        "parts.append(nn.Dropout(p))",
        "p = 0.2",
        "parts.append(nn.BatchNorm1d(4))",
        "parts.extend(more)",
        "parts.pop()",
    ),
    "two recurrent layers": built("self.rnn = nn.LSTM(4, 8, 2, dropout=0.5)"),
    "one recurrent layer without": built("self.rnn = nn.LSTM(4, 8, 1, dropout=0.0)"),
    "dropout if there are several": built(
        "self.rnn = nn.LSTM(4, 8, layers, dropout=p if layers > 1 else 0)"
    ),
    "dropout if there are several, before": built(
        "if layers == 1:", "    p = 0.0", "self.rnn = nn.LSTM(4, 8, layers, dropout=p)"
    ),
    "as many layers as asked for": built("self.rnn = nn.GRU(4, 8, self.layers, dropout=self.p)"),
    "p that the caller chooses": built(
        "self.drop = nn.Dropout(p)", "for rate in self.rates:", "    self.drop = nn.Dropout(rate)"
    ),
    "p of two values": built("q = 1.0", "q = 0.5", "self.drop = nn.Dropout(q)"),
    "a checkpoint as it should be": file("""
        from torch.utils.checkpoint import checkpoint

        def run(block, x):
            return checkpoint(block, x, use_reentrant=False, preserve_rng_state=True)
    """),
    "alpha in training": method("return F.alpha_dropout(x, 0.1, self.training)"),
    "in place": method("F.dropout(x, 0.5, self.training, True)", "return x"),
    "a layer in place": file("""
        from torch import nn

        class Net(nn.Module):
            def __init__(self):
                super().__init__()
                self.drop = nn.Dropout(0.5, inplace=True)

            def forward(self, x):
                self.drop(x)
                return x
    """),
    "a layer that is set anew": file("""
        from torch import nn

        class Net(nn.Module):
            def __init__(self, noise):
                super().__init__()
                self.drop = nn.Dropout(0.5)
                self.drop = noise

            def forward(self, x):
                self.drop(x)
                return x
    """),
    "an error that is awaited": file("""
        import pytest
        import torch.nn.functional as F

        def check(x):
            with pytest.raises(ValueError):
                F.dropout(x, 0.5, True)
    """),
    "eval as a value": file("""
        import torch

        def modes(model):
            return model.eval, model.train
    """),
    "another eval": "import pandas\n\nframe = pandas.DataFrame()\nframe.eval\n",
    "nothing at all": "",
    "text about it": '"""F.dropout(x, 0.5) in forward; model.eval"""\n# nn.Dropout(True)\n',
}
