"""What every resolver takes first: who asks, the loaders of the operation, the clock."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import cached_property
from secrets import token_hex
from typing import Self

from db.event_log import LoggedEvent, Origin
from db.event_log_state import Place
from events import EventStream, Stretch
from grading import Cause
from resolvers.access import UNNAMED, Viewer
from resolvers.loaders import Loaders
from resolvers.viewers import identify, identify_recently, is_complete
from resolvers.webhook_targets import NO_TARGETS, WebhookTargets

EXPORTS_KEPT = timedelta(hours=24)


def new_id() -> str:
    """Return a random id of 128 bits."""
    return token_hex(16)


@dataclass(frozen=True)
class Context:
    """The circumstances of one operation.

    ``claimed`` is who a token says is asking; what the database knows of them is added to
    ``viewer`` when an operation begins. None where the viewer is complete as it is.
    ``freeze_after`` is how long after a course's end its grades freeze, None for never.
    ``exports_kept`` is how long files of exported grades can be had.
    ``request_id`` is for the log.
    ``began_at`` is the end of the event log when the operation began, where it asked for that.
    ``webhook_targets`` is where events may be delivered to.
    ``frozen_for_services`` false lets services write grades that are frozen for everybody else.
    ``events`` brings grade events to who watches; a command, which nobody watches, has none.
    ``stretch`` is how much of them is followed, None for all that come.
    """

    viewer: Viewer
    now: Callable[[], datetime]
    freeze_after: timedelta | None = None
    events: EventStream[LoggedEvent, Place] | None = None
    stretch: Stretch[Place] | None = None
    began_at: Place | None = None
    claimed: Viewer | None = None
    frozen_for_services: bool = True
    webhook_targets: WebhookTargets = NO_TARGETS
    exports_kept: timedelta = EXPORTS_KEPT
    request_id: str = field(default_factory=new_id)
    loaders: Loaders = field(default_factory=Loaders)

    @cached_property
    def correlation_id(self) -> str:
        """What ties the events of one operation, or of one of its changes, together."""
        return new_id()

    def of_request(
        self,
        viewer: Viewer,
        request_id: str,
        events: EventStream[LoggedEvent, Place] | None,
    ) -> "Context":
        """Return the same circumstances for somebody's request, who is whom a token claims."""
        return self._but(
            viewer=viewer, claimed=viewer, request_id=request_id, events=events, loaders=Loaders()
        )

    async def for_operation(self) -> "Context":
        """Return the same circumstances for another operation, which has read nothing yet."""
        viewer = self.viewer if self.claimed is None else await identify(self.claimed)
        return self._but(viewer=viewer, loaders=Loaders())

    def for_event(self, viewer: Viewer) -> "Context":
        """Return the same circumstances for one event, told to all who have the viewer's rights.

        Global staff are not told apart by their user names then.
        """
        nameless = replace(viewer, name=UNNAMED)
        return self._but(viewer=nameless, loaders=Loaders())

    def for_change(self) -> "Context":
        """Return the same circumstances for one of the operation's changes.

        Its events are told from those of the others.
        """
        return self._but()

    def _but(self, **changes: object) -> Self:
        # What `replace` does, without a look at every field.
        other = object.__new__(type(self))
        other.__dict__.update(self.__dict__, **changes)
        other.__dict__.pop("correlation_id", None)
        return other

    async def present_viewer(self) -> Viewer:
        """Return the viewer with the roles that they have now, or had within the last second."""
        return self.viewer if self.claimed is None else await identify_recently(self.claimed)

    @property
    def rights_may_change(self) -> bool:
        """Tell whether what the viewer may do depends on anything but the token."""
        return self.claimed is not None and not is_complete(self.claimed)

    def origin(self, cause: Cause) -> Origin:
        """Return what the events of a change in this operation say of where it came from."""
        return Origin(cause, self.viewer.name, self.correlation_id)

    def forget_reads(self) -> None:
        """Let the loaders read again what was read before a change."""
        self.loaders.forget()

    def after_change(self) -> None:
        """Forget what was read before a change of grades, and wake those who watch them."""
        self.forget_reads()
        if self.events is not None:
            self.events.wake()
