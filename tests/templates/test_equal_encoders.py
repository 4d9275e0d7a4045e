"""Drawn transformers compute, with copied weights, what independent implementations compute.

BERT and the vision transformer are compared with a published library, which stores queries, keys
and values apart; the first transformer with one built of torch's own layers.
"""

from __future__ import annotations

import math
import re
from typing import Any

import pytest
import torch
from torch import nn

from graph_compiler import compile_graph
from nnstudio.document.templates import assign, load_target

pytestmark = pytest.mark.slow
transformers = pytest.importorskip("transformers")
Weights = dict[str, torch.Tensor]


def drawn(target: str, **settings: Any) -> nn.Module:
    project = load_target(f"template:{target}")
    for key, value in settings.items():
        project = assign(project, key, value)
    return compile_graph(project.graph("main")).double().eval()


def randomized(model: nn.Module) -> nn.Module:
    """Every weight random, also those that start at 0 or 1, so that none is hidden."""
    generator = torch.Generator().manual_seed(5)
    with torch.no_grad():
        for name, weight in model.named_parameters():
            noise = torch.randn(weight.shape, generator=generator)
            is_scale = weight.dim() == 1 and name.endswith("weight")
            weight.copy_(noise * 0.3 + 1 if is_scale else noise * (weight.shape[-1] ** -0.5))
    return model.double().eval()


def renamed(state: Weights, *rules: tuple[str, str]) -> Weights:
    """The weights under the names that the first fitting rule gives them."""
    found: Weights = {}
    for name, weight in state.items():
        for pattern, replacement in rules:
            if re.fullmatch(pattern, name):
                found[re.sub(pattern, replacement, name)] = weight
                break
        else:
            raise AssertionError(f"{name} has no place")
    return found


def packed(state: Weights) -> Weights:
    """Queries, keys and values in one matrix, as torch's own attention has them."""
    found = {name: weight for name, weight in state.items() if ".query." not in name}
    for name, weight in state.items():
        if ".query." in name:
            place, kind = name.split(".query.")
            others = [found.pop(f"{place}.{part}.{kind}") for part in ("key", "value")]
            found[f"{place}.in_proj_{kind}"] = torch.cat((weight, *others))
    return found


def assert_equal(ours: torch.Tensor, theirs: torch.Tensor) -> None:
    assert ours.shape == theirs.shape
    assert torch.isfinite(theirs).all()
    assert ((ours - theirs).abs().max() / theirs.abs().max()).item() < 1e-9
    assert (ours[0] - ours[1]).abs().max() > 1e-3 * ours.abs().max()  # examples are told apart


def words(rows: int, length: int, count: int, seed: int = 0) -> torch.Tensor:
    """Rows of words from 1; all but the first end in padding, each in more of it."""
    tokens = torch.randint(1, count, (rows, length), generator=torch.Generator().manual_seed(seed))
    for row in range(1, rows):
        tokens[row, length - row * length // (rows + 1) :] = 0
    return tokens


VIT = (
    (r"vit\.embeddings\.cls_token", "token"),
    (r"vit\.embeddings\.position_embeddings", "positions"),
    (r"vit\.embeddings\.patch_embeddings\.projection\.(\w+)", r"patches.0.\1"),
    (r"vit\.layers\.(\d+)\.layernorm_before\.(\w+)", r"encoder.\1.norm1.\2"),
    (r"vit\.layers\.(\d+)\.attention\.q_proj\.(\w+)", r"encoder.\1.attention.query.\2"),
    (r"vit\.layers\.(\d+)\.attention\.k_proj\.(\w+)", r"encoder.\1.attention.key.\2"),
    (r"vit\.layers\.(\d+)\.attention\.v_proj\.(\w+)", r"encoder.\1.attention.value.\2"),
    (r"vit\.layers\.(\d+)\.attention\.o_proj\.(\w+)", r"encoder.\1.attention.out_proj.\2"),
    (r"vit\.layers\.(\d+)\.layernorm_after\.(\w+)", r"encoder.\1.mlp.0.\2"),
    (r"vit\.layers\.(\d+)\.mlp\.fc1\.(\w+)", r"encoder.\1.mlp.1.\2"),
    (r"vit\.layers\.(\d+)\.mlp\.fc2\.(\w+)", r"encoder.\1.mlp.4.\2"),
    (r"vit\.layernorm\.(\w+)", r"norm.\1"),
    (r"classifier\.(\w+)", r"fc.\1"),
)


@pytest.mark.parametrize(
    "sizes",
    [{}, {"size": 96, "patch": 32, "layers": 3, "d_model": 60, "heads": 5, "hidden": 70}],
    ids=["paper", "small"],
)
def test_the_vision_transformer_equals_the_reference(sizes: dict[str, int]) -> None:
    config = transformers.ViTConfig(
        num_labels=1000,
        layer_norm_eps=1e-6,
        image_size=sizes.get("size", 224),
        patch_size=sizes.get("patch", 16),
        num_hidden_layers=sizes.get("layers", 12),
        hidden_size=sizes.get("d_model", 768),
        num_attention_heads=sizes.get("heads", 12),
        intermediate_size=sizes.get("hidden", 3072),
    )
    theirs = randomized(transformers.ViTForImageClassification(config))
    ours = drawn("vit-b16@paper", **sizes)
    state = renamed(theirs.state_dict(), *VIT)
    state["positions"] = state["positions"][0]
    ours.load_state_dict(packed(state))
    shape = (2, 3, config.image_size, config.image_size)
    image = torch.randn(shape, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    with torch.no_grad():
        assert_equal(ours(image), theirs(image).logits)


_LAYER = r"bert\.encoder\.layer\.(\d+)\."
BERT = (
    (r"bert\.embeddings\.word_embeddings\.weight", "word.weight"),
    (r"bert\.embeddings\.position_embeddings\.weight", "position.weight"),
    (r"bert\.embeddings\.token_type_embeddings\.weight", "token_type.weight"),
    (r"bert\.embeddings\.LayerNorm\.(\w+)", r"embedding.0.\1"),
    (_LAYER + r"attention\.self\.(\w+)\.(\w+)", r"encoder.\1.attention.\2.\3"),
    (_LAYER + r"attention\.output\.dense\.(\w+)", r"encoder.\1.attention.out_proj.\2"),
    (_LAYER + r"attention\.output\.LayerNorm\.(\w+)", r"encoder.\1.norm1.\2"),
    (_LAYER + r"intermediate\.dense\.(\w+)", r"encoder.\1.mlp.0.\2"),
    (_LAYER + r"output\.dense\.(\w+)", r"encoder.\1.mlp.2.\2"),
    (_LAYER + r"output\.LayerNorm\.(\w+)", r"encoder.\1.norm2.\2"),
    (r"bert\.pooler\.dense\.(\w+)", r"pooled.0.\1"),
    (r"cls\.predictions\.transform\.dense\.(\w+)", r"transform.0.\1"),
    (r"cls\.predictions\.transform\.LayerNorm\.(\w+)", r"transform.2.\1"),
    (r"cls\.predictions\.decoder\.(\w+)", r"scores.\1"),
    (r"cls\.predictions\.(bias)", r"scores.\1"),
    (r"cls\.seq_relationship\.(\w+)", r"follows.\1"),
)


def test_bert_equals_the_reference() -> None:
    theirs = randomized(transformers.BertForPreTraining(transformers.BertConfig()))
    ours = drawn("bert@base")
    ours.load_state_dict(packed(renamed(theirs.state_dict(), *BERT)))
    for rows, length in ((2, 9), (3, 40)):
        tokens = words(rows, length, 30522)
        types = (torch.arange(length) > length // 2).long().expand(rows, length)
        with torch.no_grad():
            masked, follows = ours(tokens, types)
            expected = theirs(tokens, attention_mask=tokens != 0, token_type_ids=types)
        assert_equal(masked, expected.prediction_logits)
        assert_equal(follows, expected.seq_relationship_logits)


class Reference(nn.Module):
    """The first transformer of torch's own layers, the waves as the paper writes them."""

    def __init__(self, words: int, d_model: int, heads: int, hidden: int, layers: int) -> None:
        super().__init__()
        self.word = nn.Embedding(words, d_model)
        sizes = {"d_model": d_model, "nhead": heads, "dim_feedforward": hidden, "dropout": 0.1}
        encoder = nn.TransformerEncoderLayer(**sizes, batch_first=True)
        self.encoder = nn.TransformerEncoder(encoder, layers, enable_nested_tensor=False)
        decoder = nn.TransformerDecoderLayer(**sizes, batch_first=True)
        self.decoder = nn.TransformerDecoder(decoder, layers)

    def vectors(self, tokens: torch.Tensor) -> torch.Tensor:
        size = self.word.embedding_dim
        waves = torch.zeros(tokens.shape[1], size, dtype=torch.float64)
        for place in range(tokens.shape[1]):
            for pair in range(0, size, 2):
                angle = place / 10000 ** (pair / size)
                waves[place, pair], waves[place, pair + 1] = math.sin(angle), math.cos(angle)
        return self.word(tokens) * math.sqrt(size) + waves

    def forward(self, source: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
        padding, length = source == 0, target.shape[1]
        later = torch.arange(length) > torch.arange(length)[:, None]
        memory = self.encoder(self.vectors(source), src_key_padding_mask=padding)
        found = self.decoder(
            self.vectors(target), memory, tgt_mask=later, memory_key_padding_mask=padding
        )
        return found @ self.word.weight.T


_ROW = r"(encoder|decoder)\.(\d+)\."
ORIGINAL = (
    (r"(embed\.word|scores)\.weight", "word.weight"),
    (_ROW + r"(norm\d)\.(\w+)", r"\1.layers.\2.\3.\4"),
    (_ROW + r"feed\.(?:layers\.)?0\.(\w+)", r"\1.layers.\2.linear1.\3"),
    (_ROW + r"feed\.(?:layers\.)?2\.(\w+)", r"\1.layers.\2.linear2.\3"),
    (_ROW + r"(?:own|attention)\.out\.0\.(\w+)", r"\1.layers.\2.self_attn.out_proj.\3"),
    (_ROW + r"(?:own|attention)\.(\w+)\.(\w+)", r"\1.layers.\2.self_attn.\3.\4"),
    (_ROW + r"cross\.out\.0\.(\w+)", r"\1.layers.\2.multihead_attn.out_proj.\3"),
    (_ROW + r"cross\.(\w+)\.(\w+)", r"\1.layers.\2.multihead_attn.\3.\4"),
)


def test_the_first_transformer_equals_one_of_torch_s_layers() -> None:
    ours = randomized(drawn("transformer@base"))
    theirs = Reference(words=37_000, d_model=512, heads=8, hidden=2048, layers=6).double().eval()
    theirs.load_state_dict(packed(renamed(ours.state_dict(), *ORIGINAL)))
    for rows, length, written in ((2, 7, 5), (3, 20, 31)):
        source, target = words(rows, length, 37_000), words(rows, written, 37_000, seed=1)
        target[target == 0] = 1
        with torch.no_grad():
            assert_equal(ours(source, target), theirs(source, target))
