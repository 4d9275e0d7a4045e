"""Drawn language models compute, with copied weights, what independent implementations compute.

GPT-2 and Llama are compared with a published library, in small sizes that the drawing's variables
set; the sizes that are too large to run are compared by their counts, built without memory.
"""

from __future__ import annotations

import re
from typing import Any

import pytest
import torch
from torch import nn

from graph_compiler import check_project, compile_graph
from nnstudio.document.templates import assign, load_target

pytestmark = pytest.mark.slow
transformers = pytest.importorskip("transformers")
modeling_llama = pytest.importorskip("transformers.models.llama.modeling_llama")

GPT2 = (
    (r"transformer\.wte\.weight", "word.weight"),
    (r"transformer\.wpe\.weight", "position.weight"),
    (r"transformer\.h\.(\d+)\.ln_1\.(\w+)", r"blocks.\1.attend.0.\2"),
    (r"transformer\.h\.(\d+)\.attn\.c_attn\.(\w+)", r"blocks.\1.attend.1.qkv.\2"),
    (r"transformer\.h\.(\d+)\.attn\.c_proj\.(\w+)", r"blocks.\1.attend.1.projection.0.\2"),
    (r"transformer\.h\.(\d+)\.ln_2\.(\w+)", r"blocks.\1.mlp.0.\2"),
    (r"transformer\.h\.(\d+)\.mlp\.c_fc\.(\w+)", r"blocks.\1.mlp.1.\2"),
    (r"transformer\.h\.(\d+)\.mlp\.c_proj\.(\w+)", r"blocks.\1.mlp.3.\2"),
    (r"transformer\.ln_f\.(\w+)", r"norm.\1"),
    (r"lm_head\.weight", "scores.weight"),
)
LLAMA = (
    (r"model\.embed_tokens\.weight", "word.weight"),
    (r"model\.layers\.(\d+)\.input_layernorm\.weight", r"blocks.\1.attend.0.weight"),
    (r"model\.layers\.(\d+)\.self_attn\.q_proj\.weight", r"blocks.\1.attend.1.query.weight"),
    (r"model\.layers\.(\d+)\.self_attn\.k_proj\.weight", r"blocks.\1.attend.1.key.weight"),
    (r"model\.layers\.(\d+)\.self_attn\.v_proj\.weight", r"blocks.\1.attend.1.value.weight"),
    (r"model\.layers\.(\d+)\.self_attn\.o_proj\.weight", r"blocks.\1.attend.1.out.weight"),
    (r"model\.layers\.(\d+)\.post_attention_layernorm\.weight", r"blocks.\1.mlp.0.weight"),
    (r"model\.layers\.(\d+)\.mlp\.gate_proj\.weight", r"blocks.\1.mlp.1.gate.0.weight"),
    (r"model\.layers\.(\d+)\.mlp\.up_proj\.weight", r"blocks.\1.mlp.1.up.weight"),
    (r"model\.layers\.(\d+)\.mlp\.down_proj\.weight", r"blocks.\1.mlp.1.down.weight"),
    (r"model\.norm\.weight", "head.0.weight"),
    (r"lm_head\.weight", "head.1.weight"),
)


class InDouble:
    """`torch` for the reference, which asks for single precision here and there: it gets double."""

    float = float32 = torch.float64

    def __getattr__(self, name: str) -> Any:
        return getattr(torch, name)


def drawn(target: str, settings: dict[str, Any]) -> nn.Module:
    project = load_target(f"template:{target}")
    for key, value in settings.items():
        project = assign(project, key, value)
    return compile_graph(project.graph("main")).double().eval()


def gpt2_config(**sizes: int) -> Any:
    names = {"words": "vocab_size", "context": "n_positions", "layers": "n_layer"}
    names |= {"d_model": "n_embd", "heads": "n_head"}
    given = {names[name]: size for name, size in sizes.items()}
    return transformers.GPT2Config(**given, attn_implementation="eager")


def llama_config(theta: float, **sizes: int) -> Any:
    names = {"words": "vocab_size", "context": "max_position_embeddings"}
    names |= {
        "layers": "num_hidden_layers",
        "d_model": "hidden_size",
        "hidden": "intermediate_size",
    }
    names |= {"heads": "num_attention_heads", "groups": "num_key_value_heads"}
    given = {names[name]: size for name, size in sizes.items()}
    rotary = {"rope_type": "default", "rope_theta": theta}
    return transformers.LlamaConfig(
        **given, rope_parameters=rotary, rms_norm_eps=1e-5, attn_implementation="eager"
    )


def randomized(model: nn.Module) -> nn.Module:
    """Every weight random, also those that start at 0 or 1, so that none is hidden."""
    generator = torch.Generator().manual_seed(5)
    with torch.no_grad():
        for name, weight in model.named_parameters():
            noise = torch.randn(weight.shape, generator=generator)
            is_scale = weight.dim() == 1 and name.endswith("weight")
            weight.copy_(noise * 0.3 + 1 if is_scale else noise * (weight.shape[-1] ** -0.5))
    return model.double().eval()


def renamed(state: dict[str, torch.Tensor], rules: tuple[tuple[str, str], ...]) -> dict[str, Any]:
    """The weights under the names that the fitting rule gives them."""
    found = {}
    for name, weight in state.items():
        (place,) = [re.sub(rule, new, name) for rule, new in rules if re.fullmatch(rule, name)]
        # GPT-2's reference stores the matrices of its dense layers the other way round.
        turned = re.search(r"\.c_\w+\.weight$", name) is not None
        found[place] = weight.T if turned else weight
    return found


def assert_equal(ours: nn.Module, theirs: nn.Module, length: int, words: int) -> None:
    """The same scores for the same words; each word counts, but none for those before it."""
    tokens = torch.randint(words, (3, length), generator=torch.Generator().manual_seed(length))
    other = torch.cat((tokens[:, :-1], (tokens[:, -1:] + 1) % words), dim=1)
    with torch.no_grad():
        found, expected, changed = ours(tokens), theirs(tokens).logits, ours(other)
    assert found.shape == expected.shape == (3, length, words)
    assert torch.isfinite(expected).all()
    assert ((found - expected).abs().max() / expected.abs().max()).item() < 1e-9
    assert torch.equal(found[:, :-1], changed[:, :-1])
    assert (found[:, -1] - changed[:, -1]).abs().max() > 1e-3 * found.abs().max()


@pytest.mark.parametrize(
    "sizes",
    [
        {"words": 97, "context": 40, "layers": 3, "d_model": 60, "heads": 5},
        {"words": 31, "context": 128, "layers": 2, "d_model": 128, "heads": 2},
    ],
)
def test_gpt2_equals_the_reference(sizes: dict[str, int]) -> None:
    theirs = randomized(transformers.GPT2LMHeadModel(gpt2_config(**sizes)))
    ours = drawn("gpt2@small", sizes)
    ours.load_state_dict(renamed(theirs.state_dict(), GPT2))
    for length in (1, 2, 17, sizes["context"]):
        assert_equal(ours, theirs, length, sizes["words"])


SMALL = {"words": 97, "context": 512, "layers": 3, "d_model": 64, "hidden": 90, "heads": 8}


@pytest.mark.parametrize(("groups", "theta"), [(2, 500_000.0), (8, 10_000.0), (1, 100.0)])
def test_llama_equals_the_reference(
    groups: int, theta: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(modeling_llama, "torch", InDouble())
    sizes = SMALL | {"groups": groups}
    theirs = transformers.LlamaForCausalLM(llama_config(theta, **sizes))
    ours = drawn("llama@3-8b", sizes | {"theta": theta})
    ours.load_state_dict(renamed(randomized(theirs).state_dict(), LLAMA))
    for length in (1, 2, 33, 200):
        assert_equal(ours, theirs, length, sizes["words"])


@pytest.mark.parametrize(
    "target",
    [
        *("gpt2@small", "gpt2@medium", "gpt2@large", "gpt2@xl"),
        *("gpt3@125m", "gpt3@175b", "llama@2-7b", "llama@3-8b", "llama@3-70b"),
    ],
)
def test_the_published_sizes_count_as_the_reference_does(target: str) -> None:
    project = load_target(f"template:{target}")
    sizes: dict[str, Any] = {name: one.value for name, one in project.variables.items()}
    sizes.pop("dropout", None)
    with torch.device("meta"):
        if target.startswith("llama"):
            model = transformers.LlamaForCausalLM(llama_config(**sizes))
        else:
            model = transformers.GPT2LMHeadModel(gpt2_config(**sizes))
    counted = sum(weight.numel() for weight in model.parameters())
    assert check_project(project)["main"].parameters == counted
