"""A network emitted by NN Studio.

Crowded
"""

import torch
from torch import nn

__all__ = ["Crowded"]


class Crowded(nn.Module):
    """the_only_input_of_this_network (N, 3) -> the_only_output_of_this_network (N, 462)"""

    def __init__(
        self,
        number_of_units_in_the_first_hidden_layer: int = 4,
        number_of_units_in_the_second_hidden_layer: int = 6,
    ) -> None:
        super().__init__()
        self.branch_number_0_of_the_network = nn.Linear(
            3,
            number_of_units_in_the_first_hidden_layer * number_of_units_in_the_first_hidden_layer
            + number_of_units_in_the_second_hidden_layer
            * number_of_units_in_the_second_hidden_layer
            + number_of_units_in_the_first_hidden_layer * number_of_units_in_the_second_hidden_layer
            + 1,
        )
        self.branch_number_1_of_the_network = nn.Linear(
            3,
            number_of_units_in_the_first_hidden_layer * number_of_units_in_the_first_hidden_layer
            + number_of_units_in_the_second_hidden_layer
            * number_of_units_in_the_second_hidden_layer
            + number_of_units_in_the_first_hidden_layer * number_of_units_in_the_second_hidden_layer
            + 1,
        )
        self.branch_number_2_of_the_network = nn.Linear(
            3,
            number_of_units_in_the_first_hidden_layer * number_of_units_in_the_first_hidden_layer
            + number_of_units_in_the_second_hidden_layer
            * number_of_units_in_the_second_hidden_layer
            + number_of_units_in_the_first_hidden_layer * number_of_units_in_the_second_hidden_layer
            + 1,
        )
        self.branch_number_3_of_the_network = nn.Linear(
            3,
            number_of_units_in_the_first_hidden_layer * number_of_units_in_the_first_hidden_layer
            + number_of_units_in_the_second_hidden_layer
            * number_of_units_in_the_second_hidden_layer
            + number_of_units_in_the_first_hidden_layer * number_of_units_in_the_second_hidden_layer
            + 1,
        )
        self.branch_number_4_of_the_network = nn.Linear(
            3,
            number_of_units_in_the_first_hidden_layer * number_of_units_in_the_first_hidden_layer
            + number_of_units_in_the_second_hidden_layer
            * number_of_units_in_the_second_hidden_layer
            + number_of_units_in_the_first_hidden_layer * number_of_units_in_the_second_hidden_layer
            + 1,
        )

    def forward(self, the_only_input_of_this_network: torch.Tensor) -> torch.Tensor:
        branch_number_0_of_the_network = self.branch_number_0_of_the_network(
            the_only_input_of_this_network
        )
        branch_number_1_of_the_network = self.branch_number_1_of_the_network(
            the_only_input_of_this_network
        )
        branch_number_2_of_the_network = self.branch_number_2_of_the_network(
            the_only_input_of_this_network
        )
        branch_number_3_of_the_network = self.branch_number_3_of_the_network(
            the_only_input_of_this_network
        )
        branch_number_4_of_the_network = self.branch_number_4_of_the_network(
            the_only_input_of_this_network
        )
        x = (
            branch_number_0_of_the_network
            + branch_number_1_of_the_network
            + branch_number_2_of_the_network
            + branch_number_3_of_the_network
            + branch_number_4_of_the_network
        )
        return torch.cat(
            (
                branch_number_0_of_the_network,
                branch_number_1_of_the_network,
                branch_number_2_of_the_network,
                branch_number_3_of_the_network,
                branch_number_4_of_the_network,
                x,
            ),
            dim=1,
        )
