"""The proof: famous architectures, drawn, have exactly the published numbers of parameters."""

from __future__ import annotations

import pytest

from graph_compiler import check_project
from nnstudio.document.templates import load_target

COUNTS = {
    "lenet5@paper": 61_706,
    "vgg@16": 138_357_544,
    "vgg@11": 132_863_336,
    "vgg@13": 133_047_848,
    "vgg@19": 143_667_240,
    "resnet@18": 11_689_512,
    "resnet@34": 21_797_672,
    "resnet@50": 25_557_032,
    "resnet@101": 44_549_160,
    "resnet@152": 60_192_808,
    "densenet@121": 7_978_856,
    "densenet@169": 14_149_480,
    "densenet@201": 20_013_928,
    "googlenet@paper": 6_998_552,
    "mobilenetv2@paper": 3_504_872,
    "efficientnet-b0@paper": 5_288_548,
    "unet@padded": 31_030_658,
    "unet@paper": 31_030_658,
    "capsnet@paper": 8_215_568,
    "autoencoder@paper": 2_837_314,
    "rbm@paper": 784 * 500 + 784 + 500,
    # With the biases of what each machine sees, that is of the pixels and of two hidden layers.
    "deep-belief-net@paper": 1_665_010 + 784 + 500 + 500,
    "vit-b16@paper": 86_567_656,
    "transformer@base": 63_082_496,
    "bert@base": 110_106_428,
    "bert@large": 336_226_108,
    "lstm-from-scratch@demo": 19_338,
    "gpt2@small": 124_439_808,
    "gpt2@medium": 354_823_168,
    "gpt2@large": 774_030_080,
    "gpt2@xl": 1_557_611_200,
    "gpt3@175b": 174_604_259_328,
    "llama@2-7b": 6_738_415_616,
    "llama@3-8b": 8_030_261_248,
    "llama@3-70b": 70_553_706_496,
}


@pytest.mark.parametrize(("target", "count"), COUNTS.items())
def test_parameters_are_as_published(target: str, count: int) -> None:
    project = load_target(f"template:{target}")
    report = check_project(project)["main"]
    assert [problem.text for problem in report.problems] == []
    assert report.parameters == count
