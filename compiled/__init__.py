"""Compiled execution for Strawberry: whole levels at once, by functions made for each selection."""

from compiled.batches import in_batches
from compiled.executor import CompiledExecutor
from compiled.kept_values import KeptValues, Mark, kept_by

__all__ = ["CompiledExecutor", "KeptValues", "Mark", "in_batches", "kept_by"]
