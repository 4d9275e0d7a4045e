"""Steps: what a person does in one go, each a function that returns a `Step` or raises `Refused`.

None of them changes the document; `Document.do` does. Names are made unique by themselves.
"""

from nnstudio.document.edits import Refused, Step
from nnstudio.document.steps.block_params import (
    add_block_param,
    order_block_params,
    remove_block_param,
    rename_block_param,
    set_block_param,
)
from nnstudio.document.steps.block_ports import (
    add_port,
    move_port,
    order_ports,
    remove_port,
    rename_port,
    set_port_kind,
)
from nnstudio.document.steps.bypassing import set_bypassed
from nnstudio.document.steps.code import (
    add_code_layer,
    keep_measured,
    match_code,
    set_code_inputs,
    set_code_outputs,
    set_code_sizes,
    set_code_text,
    set_code_weights,
)
from nnstudio.document.steps.data import (
    make_option_variable,
    paint_points,
    set_data,
    set_option,
    set_preparation,
    set_source,
    set_split,
    use_found,
    use_table,
)
from nnstudio.document.steps.drawings import (
    add_block,
    add_network,
    delete_drawing,
    describe_drawing,
    duplicate_drawing,
    rename_drawing,
)
from nnstudio.document.steps.fixes import apply_fix
from nnstudio.document.steps.frames import (
    add_frame,
    remove_frame,
    rename_frame,
    set_frame_colour,
    set_frame_nodes,
)
from nnstudio.document.steps.groupable import why_not_group
from nnstudio.document.steps.grouping import group
from nnstudio.document.steps.looks import set_colour, set_route, set_routes
from nnstudio.document.steps.nodes import (
    add_layer,
    append_layer,
    delete,
    dismiss_hint,
    dissolve,
    insert_on_wire,
    move,
    rename,
    replace_type,
    restore_hints,
)
from nnstudio.document.steps.notes import add_note, edit_note, move_notes, remove_note
from nnstudio.document.steps.params import (
    make_variable,
    reset_params,
    set_param,
    set_param_each,
)
from nnstudio.document.steps.paste import duplicate, paste
from nnstudio.document.steps.project import (
    apply_variant,
    make_setting_variable,
    set_about,
    set_name,
    set_plan,
    set_stage,
    set_title,
)
from nnstudio.document.steps.stages import add_stage, move_stage, remove_stage, replace_head
from nnstudio.document.steps.structure import set_repeat, set_scan, set_shares, set_tie
from nnstudio.document.steps.ungrouping import ungroup
from nnstudio.document.steps.variables import remove_variable, rename_variable, set_variable
from nnstudio.document.steps.wires import connect, disconnect, rewire

__all__ = [
    "Refused",
    "Step",
    "add_block",
    "add_block_param",
    "add_code_layer",
    "add_frame",
    "add_layer",
    "add_network",
    "add_note",
    "add_port",
    "add_stage",
    "append_layer",
    "apply_fix",
    "apply_variant",
    "connect",
    "delete",
    "delete_drawing",
    "describe_drawing",
    "disconnect",
    "dismiss_hint",
    "dissolve",
    "duplicate",
    "duplicate_drawing",
    "edit_note",
    "group",
    "insert_on_wire",
    "keep_measured",
    "make_option_variable",
    "make_setting_variable",
    "make_variable",
    "match_code",
    "move",
    "move_notes",
    "move_port",
    "move_stage",
    "order_block_params",
    "order_ports",
    "paint_points",
    "paste",
    "remove_block_param",
    "remove_frame",
    "remove_note",
    "remove_port",
    "remove_stage",
    "remove_variable",
    "rename",
    "rename_block_param",
    "rename_drawing",
    "rename_frame",
    "rename_port",
    "rename_variable",
    "replace_head",
    "replace_type",
    "reset_params",
    "restore_hints",
    "rewire",
    "set_about",
    "set_block_param",
    "set_bypassed",
    "set_code_inputs",
    "set_code_outputs",
    "set_code_sizes",
    "set_code_text",
    "set_code_weights",
    "set_colour",
    "set_data",
    "set_frame_colour",
    "set_frame_nodes",
    "set_name",
    "set_option",
    "set_param",
    "set_param_each",
    "set_plan",
    "set_port_kind",
    "set_preparation",
    "set_repeat",
    "set_route",
    "set_routes",
    "set_scan",
    "set_shares",
    "set_source",
    "set_split",
    "set_stage",
    "set_tie",
    "set_title",
    "set_variable",
    "ungroup",
    "use_found",
    "use_table",
    "why_not_group",
]
