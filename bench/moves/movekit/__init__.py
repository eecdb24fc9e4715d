# SPDX-License-Identifier: Apache-2.0
"""What moving a live connection costs: nodes of a farm against the kernel, and against no move."""
