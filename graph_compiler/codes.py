"""Every problem code with its severity, one row each; fills `graph_compiler.problems.SEVERITY`.

Errors stand in the way of a run; warnings and hints never do, and hints can be dismissed on a node.
"""

from __future__ import annotations

from graph_compiler.problems import SEVERITY, Fix, Problem, Severity

CODES: dict[str, Severity] = {
    # names and attributes
    "undirected": "error",
    "bad_name": "error",
    "duplicate_name": "error",
    "bad_attributes": "error",
    "bad_variable": "error",
    "unknown_type": "error",
    # parameters
    "unknown_parameter": "error",
    "bad_parameter": "error",
    "expression_failed": "error",
    # wiring
    "unknown_port": "error",
    "unconnected": "error",
    "several_wires": "error",
    "duplicate_wire": "error",
    "stray_wire": "error",
    "cycle": "error",
    "no_input": "error",
    "no_output": "error",
    "unused_layer": "warning",
    "unused_output": "warning",
    # shapes
    "wrong_rank": "error",
    "wrong_dtype": "error",
    "features_differ": "error",
    "channels_differ": "error",
    "groups_do_not_divide": "error",
    "kernel_too_large": "error",
    "padding_too_large": "error",
    "axis_out_of_range": "error",
    "shapes_differ": "error",
    "dtypes_differ": "error",
    "slopes_differ": "error",
    "too_small_to_crop": "error",
    "too_large": "error",
    "rule_failed": "error",
    # structure
    "bad_block": "error",
    "bad_repeat": "error",
    "bad_scan": "error",
    "nested_too_deep": "error",
    "lengths_differ": "error",
    "no_sequence": "error",
    "state_changes": "error",
    "no_branch": "error",
    "bad_share": "error",
    "bad_tie": "error",
    "bad_bypass": "error",
    # learning
    "no_gradient": "error",
    # layers written in Python
    "bad_code": "error",
    "shape_unknown": "error",
    "code_not_trusted": "hint",
    # purpose
    "input_differs_from_data": "error",
    "output_differs_from_target": "error",
    "loss_does_not_fit": "error",
    "no_data": "error",
    "several_outputs": "error",
    "several_targets": "error",
    "goal_does_not_fit": "error",
    "several_inputs": "error",
    "perceptron_rule": "error",
    "not_separable": "hint",
    "dense_on_image": "hint",
    "step_has_no_gradient": "warning",
    "activation_before_loss": "hint",
    "activation_missing_before_loss": "error",
    "no_activation_between": "hint",
    "two_activations": "hint",
    "softmax_twice": "hint",
    "needless_bias": "hint",
    "dropout_without_effect": "hint",
    "mask_reversed": "hint",
    "stretched_channel": "hint",
    # parts of a layer that do not fit each other
    "too_many_chosen": "error",
    "patches_do_not_fit": "error",
    "weights_differ": "error",
    # normalization, words, states and attention
    "nothing_to_normalize": "error",
    "padding_index_out_of_range": "error",
    "weights_need_a_sum": "error",
    "no_frequencies_in_a_maximum": "error",
    "projection_too_large": "error",
    "state_incomplete": "error",
    "one_direction_only": "error",
    "heads_do_not_divide": "error",
    "heads_differ": "error",
    "mask_twice": "error",
    "sequence_too_long": "error",
    "odd_features": "error",
    # tensor operations
    "axis_twice": "error",
    "batch_moved": "error",
    "sizes_do_not_fit": "error",
    "index_out_of_range": "error",
    "too_few_values": "error",
    "values_do_not_fill": "error",
    "bad_equation": "error",
    "bad_formula": "error",
    # images and what is like them
    "does_not_divide": "error",
    "sizes_differ": "error",
    "wrong_mode": "error",
    "too_small": "error",
    "bounds_reversed": "error",
    "stride_shrinks": "error",
}

SEVERITY.update(CODES)


def problem(
    code: str,
    node: str = "",
    port: str = "",
    *,
    expected: str,
    got: str,
    remedy: str,
    fixes: tuple[Fix, ...] = (),
    network: str = "main",
) -> Problem:
    """A problem with the severity of its code."""
    return Problem(code, CODES[code], node, port, expected, got, remedy, fixes, network)
