# SPDX-License-Identifier: Apache-2.0
"""Real peers of sessions: stock clients and servers on a farm of three (docs/sessions.md)."""
