"""Run a model once, and write down every random draw that it makes.

Imports torch: whoever uses it, does so once a model has come in.
"""

from __future__ import annotations

import warnings
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, Protocol

import torch

from dropout_explained.layers import LAYERS
from dropout_explained.models.as_it_was import left_as_it_was, modules_of, own_copy, paths_of
from dropout_explained.models.draws import Functions, Operators, Place, name_of, place_of
from dropout_explained.models.hand_written import Coins, Follower
from dropout_explained.models.other_generators import other_generators
from dropout_explained.models.outputs import tensors_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ATTENTION = {"scaled_dot_product_attention", "multi_head_attention_forward"}
RECURRENT = {"lstm", "gru", "rnn_tanh", "rnn_relu"}
OTHER_NAMES = {"dropout_", "feature_dropout", "feature_dropout_", "alpha_dropout_"}
KNOWN = {*LAYERS, *ATTENTION, *RECURRENT, *OTHER_NAMES, "feature_alpha_dropout_", "native_dropout"}


@dataclass
class Draw:
    """One draw: who drew, where, numbers of which shape, and the coins that came of them."""

    generator: str
    function: str
    operator: str
    place: Place
    shape: tuple[int, ...] = ()
    strides: tuple[int, ...] = ()
    dtype: str = ""
    coins: Coins | None = None
    dimensions: int | None = None
    recomputed: bool = False
    own_generator: bool = False

    @property
    def answers(self) -> bool:
        """Whether other coins can be put in its place."""
        coins = self.coins
        return coins is not None and coins.true is not None and coins.true.shape == self.shape


@dataclass
class Recording:
    """What a model drew, and what it returned."""

    draws: list[Draw]
    output: Any


def _state(generator: Any, device: torch.device) -> torch.Tensor | None:
    if generator is not None:
        state: torch.Tensor = generator.get_state()
        return state
    if device.type == "cpu":
        return torch.get_rng_state()
    if device.type == "cuda":  # pragma: no cover  where there is one
        return torch.cuda.get_rng_state(device)
    return None  # what cannot be asked counts as moved


def _device(args: tuple[Any, ...], kwargs: dict[str, Any]) -> torch.device:
    given = next((one for one in args if isinstance(one, torch.Tensor)), None)
    if given is not None:
        return given.device
    return torch.device(kwargs.get("device") or "cpu")


class Listener(Protocol):
    """Watches a run beside the recorder, which lends it ``place``: where the model is."""

    place: Callable[[], Place]

    def met(self, coins: Coins, name: str, args: Any, place: int, result: Any) -> None:
        """Coins meet data: operator, its arguments, where among them the coins are, its result."""

    def seen(self, name: str, args: Any, result: Any) -> None:
        """Any operator that does not draw."""


class Recorder:
    """Lets operators draw, and keeps what they drew."""

    def __init__(self, model: Callable[..., Any], listener: Listener | None = None) -> None:
        self.draws: list[Draw] = []
        self.functions = Functions()
        self.in_backward = False
        self._modules = paths_of(model)
        self._follower = Follower(None if listener is None else listener.met)
        self._listener = listener
        if listener is not None:
            listener.place = partial(place_of, self._modules)
        self.operators = Operators(self._answer, self._seen)

    def _seen(self, operator: Any, args: Any, kwargs: dict[str, Any], result: Any) -> None:
        self._follower.seen(operator, args, kwargs, result)
        if self._listener is not None:
            self._listener.seen(name_of(operator), args, result)

    def _answer(self, operator: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        generator, device = kwargs.get("generator"), _device(args, kwargs)
        before = _state(generator, device)
        result = operator(*args, **kwargs)
        after = _state(generator, device)
        # Some operators may draw, and do not: attention without dropout is one.
        if before is None or after is None or not torch.equal(before, after):
            self._note(operator, args, kwargs, result)
        return result

    def _note(self, operator: Any, args: Any, kwargs: dict[str, Any], result: Any) -> None:
        name = name_of(operator)
        noise = result[1] if name == "native_dropout" else result
        place = place_of(self._modules)
        function = self.functions.current or place.function or name
        draw = Draw(
            generator="torch",
            function=function,
            operator=name,
            place=place,
            recomputed=self.in_backward and place.in_checkpoint,
            own_generator=kwargs.get("generator") is not None,
            dimensions=self.functions.dimensions,
        )
        if isinstance(noise, torch.Tensor):
            draw.shape, draw.strides = tuple(noise.shape), noise.stride()
            draw.dtype = str(noise.dtype).removeprefix("torch.")
            draw.coins = self._coins(name, args, noise)
        if draw.coins is not None and function in KNOWN:
            draw.coins.keeps = True
        self.draws.append(draw)

    def _coins(self, name: str, args: Any, noise: torch.Tensor) -> Coins | None:
        if name in ("bernoulli", "bernoulli_"):
            # An argument that equals the operator's default does not arrive.
            of_each = name == "bernoulli" and len(args) == 1
            given = args[0] if of_each else (args[1] if len(args) > 1 else 0.5)
            return self._follower.tossed(noise, given)
        if name == "native_dropout":
            return self._follower.tossed(noise, 1.0 - args[1])
        if name in ("randint", "randint_like"):
            bounds = [one for one in args if isinstance(one, int)]
            return self._follower.tossed(noise, 0.5) if bounds in ([2], [0, 2]) else None
        unit = name in ("rand", "rand_like") or (name == "uniform_" and len(args) == 1)
        return self._follower.uniform(noise) if unit else None

    def moved_elsewhere(self, generator: str, owner: Any) -> None:
        """Write down that numbers were drawn that torch did not make."""
        path = self._modules.get(id(owner), "")
        mode = "" if owner is None else ("training" if owner.training else "evaluation")
        place = Place(path, "" if owner is None else type(owner).__name__, mode)
        self.draws.append(Draw(generator, generator, generator, place))


def _fast_path_may_rest(model: Callable[..., Any]) -> bool:
    """Whether a transformer layer may take its fast path, which a function mode turns off."""
    kinds = (torch.nn.TransformerEncoderLayer, torch.nn.MultiheadAttention)
    resting = (one for one in modules_of(model) if not one.training)
    return not torch.is_grad_enabled() and any(isinstance(one, kinds) for one in resting)


@contextmanager
def eager() -> Iterator[None]:
    """Run compiled modules as they were written."""
    # Loading the stance imports Dynamo, whose warnings are not the caller's.
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        stance = torch.compiler.set_stance("force_eager")
    with stance, warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=".*[Gg]lobal.*hook")
        yield


def seeded(seed: Any) -> None:
    """Set torch's generator to a seed, or to a state that was saved before."""
    if seed is None:
        return
    if isinstance(seed, int):
        torch.manual_seed(seed)
    else:
        torch.set_rng_state(seed)


def recorded(
    model: Callable[..., Any],
    inputs: tuple[Any, ...],
    kwargs: dict[str, Any],
    seed: Any = None,
    *,
    prepare: Callable[[], None] | None = None,
    listener: Listener | None = None,
) -> Recording:
    """Run a model once as it stands, or as it was prepared, and leave it and its inputs as they were.

    Where a checkpoint recomputes, the backward pass is run as well.
    """
    recorder = Recorder(model, listener)
    with ExitStack() as stack:
        stack.enter_context(left_as_it_was(model))
        if prepare is not None:
            prepare()
        seeded(seed)
        given, named = own_copy((inputs, kwargs), {})
        stack.enter_context(eager())
        stack.enter_context(other_generators(recorder.moved_elsewhere))
        if not _fast_path_may_rest(model):
            stack.enter_context(recorder.functions)
        stack.enter_context(recorder.operators)
        output = model(*given, **named)
        if any(draw.place.in_checkpoint for draw in recorder.draws):
            recorder.in_backward = True
            # A backward pass that fails is the model's affair, and recomputes nothing.
            with suppress(RuntimeError):
                ends = [one for one in tensors_of(output) if one.requires_grad]
                torch.autograd.backward([one.sum() for one in ends])
    return Recording(recorder.draws, output)
