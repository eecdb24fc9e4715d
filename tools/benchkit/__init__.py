# SPDX-License-Identifier: Apache-2.0
"""What tools/bench is made of: the program that measures, figures, the table, the machine."""
