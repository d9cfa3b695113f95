"""How much of what happens a reader follows: all that comes, or only until it is up to date."""

from dataclasses import dataclass
from typing import Generic

from events.entry import P


@dataclass(slots=True)
class Stretch(Generic[P]):
    """A part of the way along the log.

    ``begins_at`` is for readers that were under way before: nothing else says then where to begin.
    With ``until_present`` it ends as soon as nothing is left to be read, and ``reached`` is the
    place where that was so; it stays None where the stream itself has come to its end.
    ``for_many`` says that whoever reads does so for a feed, whose members are counted instead.
    """

    begins_at: P | None = None
    until_present: bool = False
    for_many: bool = False
    reached: P | None = None
