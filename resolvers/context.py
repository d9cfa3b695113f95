"""What every resolver takes first: who asks, the loaders of the operation, the clock."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from uuid import uuid4

from resolvers.access import Viewer
from resolvers.loaders import Loaders


@dataclass(frozen=True)
class Context:
    """The circumstances of one operation.

    ``freeze_after`` is how long after a course's end its grades freeze, None for never.
    """

    viewer: Viewer
    now: Callable[[], datetime]
    freeze_after: timedelta | None = None
    request_id: str = field(default_factory=lambda: uuid4().hex)
    loaders: Loaders = field(default_factory=Loaders)

    def for_operation(self) -> "Context":
        """Return the same circumstances with loaders that have read nothing yet."""
        return replace(self, loaders=Loaders())

    def forget_reads(self) -> None:
        """Let the loaders read again what was read before a change."""
        self.loaders.forget()
