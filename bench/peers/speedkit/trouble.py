# SPDX-License-Identifier: Apache-2.0
"""What ends a measurement with a message for its user."""

from __future__ import annotations


class Trouble(Exception):
    """A sentence for the user."""
