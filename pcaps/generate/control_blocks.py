# SPDX-License-Identifier: Apache-2.0
"""The control block with each field at its bounds, all at once and one after another."""

from __future__ import annotations

import farm
import shunt_encapsulation as shunt
from scapy.packet import Packet

Frames = list[Packet | bytes]


def control_block_extremes() -> Frames:
    """All zero; all ones; each field alone at its largest value, in the order of the page.

    A block is read as it is; whether it is taken (TCB-1) is another question.
    """
    farm.fresh(extensions=False)
    names = [(field.name, int(field.sz)) for field in shunt.ShuntControlBlock.fields_desc]
    zero = {name: 0 for name, _ in names}
    ones = {name: (1 << 8 * size) - 1 for name, size in names}
    blocks = [zero, ones] + [{**zero, name: ones[name]} for name, _ in names]
    return [farm.back(farm.offer(**block)) for block in blocks]
