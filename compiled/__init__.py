"""Compiled execution for Strawberry: whole levels at once, by functions made for each selection."""

from compiled.batches import in_batches
from compiled.executor import CompiledExecutor

__all__ = ["CompiledExecutor", "in_batches"]
