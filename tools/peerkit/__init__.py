# SPDX-License-Identifier: Apache-2.0
"""The engine against the kernel's TCP, feature by feature, in both roles (docs/peer-matrix.md)."""
