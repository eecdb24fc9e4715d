# SPDX-License-Identifier: Apache-2.0
"""A farm of network namespaces on one machine: plan, network, processes, captures, verdicts."""
