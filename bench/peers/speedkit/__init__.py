# SPDX-License-Identifier: Apache-2.0
"""Programs on taps against the kernel over veth, on one machine, in turns."""
