"""Try whole models on architectures of transformers, small and with random weights.

For each: the draws of a training pass and their coins; how many of the masks that ten other seeds
draw are replayed without the model; by which method its moments are found, with which error, as
a part of the largest deviation, and how long that takes. Nothing is downloaded but the package.
Usage: python tests/benchmarks/real_models.py
"""

from __future__ import annotations

import time
import warnings
from typing import TYPE_CHECKING, Any

import torch
import transformers as hf

from dropout_explained import dropout_calls, output_moments
from dropout_explained.models.outputs import tensors_of

if TYPE_CHECKING:
    from collections.abc import Callable

SMALL: dict[str, Any] = {
    "hidden_size": 16, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 32,
    "vocab_size": 50,
}  # fmt: skip
PARTS: dict[str, Any] = {
    "d_model": 16, "encoder_layers": 2, "decoder_layers": 2, "encoder_attention_heads": 2,
    "decoder_attention_heads": 2, "encoder_ffn_dim": 32, "decoder_ffn_dim": 32, "vocab_size": 50,
}  # fmt: skip
SOUND: dict[str, Any] = {
    "hidden_size": 16, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 32,
    "conv_dim": (8, 8), "conv_stride": (5, 2), "conv_kernel": (10, 3), "num_feat_extract_layers": 2,
    "num_conv_pos_embeddings": 16, "num_conv_pos_embedding_groups": 2,
}  # fmt: skip
IMAGE = {"image_size": 16, "patch_size": 8}


def words() -> dict[str, torch.Tensor]:
    """Return two sentences of five words."""
    return {"input_ids": torch.randint(1, 40, (2, 5))}


def pictures(size: int = 16) -> dict[str, torch.Tensor]:
    """Return two pictures."""
    return {"pixel_values": torch.randn(2, 3, size, size)}


def sound() -> dict[str, torch.Tensor]:
    """Return two sounds."""
    return {"input_values": torch.randn(2, 200)}


def both() -> dict[str, torch.Tensor]:
    """Return two sentences, and the beginnings of two others."""
    return {**words(), "decoder_input_ids": torch.randint(1, 40, (2, 4))}


def checkpointed() -> Any:
    """Return a model that recomputes its blocks."""
    model = hf.GPT2Model(
        hf.GPT2Config(n_embd=16, n_layer=2, n_head=2, vocab_size=50, n_positions=20)
    )
    model.gradient_checkpointing_enable()
    return model


MODELS: dict[str, tuple[Callable[[], Any], Callable[[], dict[str, Any]]]] = {
    "BERT": (lambda: hf.BertModel(hf.BertConfig(**SMALL)), words),
    "BERT, attention in Python": (
        lambda: hf.BertModel(hf.BertConfig(**SMALL, attn_implementation="eager")), words,
    ),
    "RoBERTa": (lambda: hf.RobertaModel(hf.RobertaConfig(**SMALL, max_position_embeddings=40)), words),
    "DistilBERT": (
        lambda: hf.DistilBertModel(
            hf.DistilBertConfig(dim=16, n_layers=2, n_heads=2, hidden_dim=32, vocab_size=50)
        ), words,
    ),
    "ALBERT": (
        lambda: hf.AlbertModel(
            hf.AlbertConfig(
                **SMALL, embedding_size=8, attention_probs_dropout_prob=0.1, hidden_dropout_prob=0.1
            )
        ), words,
    ),
    "ELECTRA": (lambda: hf.ElectraModel(hf.ElectraConfig(**SMALL, embedding_size=16)), words),
    "DeBERTa-v2": (lambda: hf.DebertaV2Model(hf.DebertaV2Config(**SMALL)), words),
    "XLNet": (
        lambda: hf.XLNetModel(hf.XLNetConfig(d_model=16, n_layer=1, n_head=2, d_inner=32, vocab_size=50)),
        words,
    ),
    "GPT-2": (
        lambda: hf.GPT2LMHeadModel(
            hf.GPT2Config(n_embd=16, n_layer=2, n_head=2, vocab_size=50, n_positions=20)
        ), words,
    ),
    "GPT-2, checkpointed": (checkpointed, lambda: {**words(), "use_cache": False}),
    "OPT": (
        lambda: hf.OPTModel(
            hf.OPTConfig(
                hidden_size=16, num_hidden_layers=2, num_attention_heads=2, ffn_dim=32,
                vocab_size=50, word_embed_proj_dim=16, attention_dropout=0.1,
            )
        ), words,
    ),
    "LLaMA": (lambda: hf.LlamaModel(hf.LlamaConfig(**SMALL, attention_dropout=0.1)), words),
    "T5": (
        lambda: hf.T5Model(
            hf.T5Config(d_model=16, d_kv=8, d_ff=32, num_layers=2, num_heads=2, vocab_size=50)
        ), both,
    ),
    "BART": (
        lambda: hf.BartModel(hf.BartConfig(**PARTS, attention_dropout=0.1, activation_dropout=0.1)), words,
    ),
    "BART, layers skipped at random": (
        lambda: hf.BartModel(hf.BartConfig(**PARTS, encoder_layerdrop=0.5)), words,
    ),
    "Whisper": (
        lambda: hf.WhisperModel(
            hf.WhisperConfig(
                **PARTS, num_mel_bins=8, max_source_positions=10, dropout=0.1, pad_token_id=0,
                bos_token_id=1, eos_token_id=2, decoder_start_token_id=1,
            )
        ),
        lambda: {
            "input_features": torch.randn(2, 8, 20), "decoder_input_ids": torch.randint(1, 40, (2, 3)),
        },
    ),
    "Wav2Vec2": (
        lambda: hf.Wav2Vec2Model(hf.Wav2Vec2Config(**SOUND, mask_time_prob=0.0, layerdrop=0.0)), sound,
    ),
    "Wav2Vec2, spans masked by NumPy": (
        lambda: hf.Wav2Vec2Model(hf.Wav2Vec2Config(**SOUND, mask_time_prob=0.3, mask_time_length=2)), sound,
    ),
    "ViT": (
        lambda: hf.ViTModel(
            hf.ViTConfig(
                hidden_size=16, num_hidden_layers=2, num_attention_heads=2, intermediate_size=32,
                **IMAGE, hidden_dropout_prob=0.1, attention_probs_dropout_prob=0.1,
            )
        ), pictures,
    ),
    "masked autoencoder": (
        lambda: hf.ViTMAEModel(
            hf.ViTMAEConfig(
                hidden_size=16, num_hidden_layers=1, num_attention_heads=2, intermediate_size=32,
                image_size=16, patch_size=4,
            )
        ), pictures,
    ),
    "Swin, stochastic depth": (
        lambda: hf.SwinModel(
            hf.SwinConfig(
                image_size=32, patch_size=4, embed_dim=8, depths=[2, 2], num_heads=[2, 2],
                window_size=4, drop_path_rate=0.2, hidden_dropout_prob=0.1,
            )
        ), lambda: pictures(32),
    ),
    "ConvNeXt, stochastic depth": (
        lambda: hf.ConvNextModel(
            hf.ConvNextConfig(hidden_sizes=[8, 16], depths=[1, 1], num_stages=2, drop_path_rate=0.3)
        ), lambda: pictures(32),
    ),
    "CLIP": (
        lambda: hf.CLIPModel(
            hf.CLIPConfig(
                text_config={**SMALL, "num_hidden_layers": 1, "attention_dropout": 0.1},
                vision_config={
                    "hidden_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2,
                    "intermediate_size": 32, **IMAGE, "attention_dropout": 0.1,
                },
                projection_dim=8,
            )
        ), lambda: {**words(), **pictures()},
    ),
}  # fmt: skip


def replayed(model: Any, calls: Any, given: dict[str, Any]) -> str:
    """Return how many masks of ten other seeds are found without the model."""
    right = total = 0
    for seed in range(10):
        drawn = [one for one in dropout_calls(model, seed=seed, **given) if not one.recomputed]
        try:
            masks = calls.replay(seed)
        except ValueError as refusal:
            return f"refused: {str(refusal).partition(';')[0][:60]}"
        total += len(drawn)
        right += sum(
            a is None if b.mask is None else a is not None and torch.equal(a, b.mask)
            for a, b in zip(masks, drawn, strict=True)
        )
    return f"{right} of {total}"


def main() -> None:
    """Print a row for each architecture."""
    warnings.simplefilter("ignore")
    hf.logging.set_verbosity_error()
    torch.set_num_threads(1)
    print("architecture | draws | coins | masks replayed | method | error | seconds")
    for name, (build, inputs) in MODELS.items():
        torch.manual_seed(0)
        model, given = build().train(), inputs()
        calls = dropout_calls(model, seed=1, **given)
        found = replayed(model, calls, given)
        start = time.perf_counter()
        law = output_moments(model, **given)
        seconds = time.perf_counter() - start
        largest = max(float(one.max()) for one in tensors_of(law.standard_deviation))
        error = 0.0
        if law.method == "sampling":
            error = max(float(one.max()) for one in tensors_of(law.mean_standard_error)) / largest
        coins = sum(call.coins for call in calls)
        print(
            f"{name} | {len(calls)} | {coins} | {found} | {law.method} | {error:.3f} | {seconds:.2f}"
        )


if __name__ == "__main__":
    main()
