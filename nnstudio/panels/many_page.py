"""The inspector's page of several nodes: what they share, changed for all at once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from PySide6.QtWidgets import QWidget

from graph_compiler.layer import Layer, Param
from graph_compiler.model import Node, Value
from nnstudio.document.document import Document
from nnstudio.document.values import now
from nnstudio.document.visible import visible
from nnstudio.fields.scope import scope_of
from nnstudio.fields.stepping import MIXED
from nnstudio.panels.form import ParamForm
from nnstudio.panels.many_structure import ManyStructure
from nnstudio.panels.node_cost import together
from nnstudio.panels.page import page_column
from nnstudio.panels.text import count, label


class ManyPage(QWidget):
    """Several nodes."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._title = label("", "title", "inspector_many")
        self._types = label("", "muted")
        self.form = ParamForm(with_variables=False)
        self._none = label("These layers have no parameter in common.", "muted")
        self.structure = ManyStructure()
        self._cost = label("", "small", "inspector_together")
        column = page_column(self)
        column.addWidget(self._title)
        column.addWidget(self._types)
        column.addSpacing(4)
        column.addWidget(self.form)
        column.addWidget(self._none)
        column.addWidget(self.structure)
        column.addWidget(self._cost)
        column.addStretch(1)

    def show_nodes(self, document: Document, network: str, nodes: list[Node]) -> None:
        """What the nodes share."""
        self._title.setText(count(len(nodes), "node"))
        titles: dict[str, int] = {}
        for node in nodes:
            layer = document.types.get(node.type)
            title = layer.title if layer else node.type
            titles[title] = titles.get(title, 0) + 1
        self._types.setText(
            ", ".join(f"{many} × {title}" if many > 1 else title for title, many in titles.items())
        )
        params = shared(document.types, nodes)
        self.form.set_params(params)
        values: dict[str, Value] = {}
        for param in params:
            given = [value_of(document.types, node, param.name) for node in nodes]
            same = all(type(one) is type(given[0]) and one == given[0] for one in given)
            values[param.name] = given[0] if same else MIXED
        drawing = document.network(network)
        variables = visible(document.project, drawing)
        real = {
            param.name: now(param, values[param.name], variables)
            for param in params
            if values[param.name] is not MIXED
        }
        self.form.set_values(values, real, scope=scope_of(document.project, drawing))
        self.form.setVisible(bool(params))
        self._none.setVisible(not params)
        self.structure.show_nodes(document, network, nodes)
        self._cost.setText(together([document.facts(network, node.name) for node in nodes]))


def shared(types: Mapping[str, Layer], nodes: list[Node]) -> tuple[Param, ...]:
    """The parameters that all the nodes' layers have with one name and one meaning.

    Their bounds are those that every one of the nodes allows.
    """
    specs = list(dict.fromkeys(node.type for node in nodes))
    if any(type not in types for type in specs):
        return ()
    first, *others = (types[type] for type in specs)
    found = []
    for param in first.params:
        alike = [_alike(layer, param) for layer in others]
        if all(one is not None for one in alike):
            every = [param, *(one for one in alike if one is not None)]
            lows = [one.low for one in every if one.low is not None]
            highs = [one.high for one in every if one.high is not None]
            low, high = max(lows, default=None), min(highs, default=None)
            found.append(replace(param, low=low, high=high))
    return tuple(found)


def value_of(types: Mapping[str, Layer], node: Node, name: str) -> Value:
    """The stored value of a node's parameter, its default where it has none."""
    layer = types[node.type]
    default = next(param.default for param in layer.params if param.name == name)
    return node.params.get(name, default)


def _alike(layer: Layer, param: Param) -> Param | None:
    """The parameter of another layer that means the same."""
    for one in layer.params:
        if (one.name, one.kind, one.choices, one.unit) == (
            param.name,
            param.kind,
            param.choices,
            param.unit,
        ):
            return one
    return None
