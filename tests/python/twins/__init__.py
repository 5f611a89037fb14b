"""Twins of the providers: they read a request as strictly as the vendor does and answer in the vendor's words.

All four live on one port, told apart by path. What they answer depends on the request alone, so a twin keeps no
state and one of it serves any number of tests at once.
"""

from __future__ import annotations

from twins.server import Twin

__all__ = ["Twin"]
