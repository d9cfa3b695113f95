"""How much of what happens a reader follows: all that comes, or only until it is up to date."""

from dataclasses import dataclass
from typing import Generic

from events.entry import P


@dataclass(slots=True)
class Stretch(Generic[P]):
    """A part of the way along the log.

    ``begins_at`` is for readers that were under way before: nothing else says then where to begin.
    With ``until_present`` it ends as soon as nothing is left to be read, and ``reached`` is the
    place where that was so; it stays None where the stream itself has come to its end. What others
    were told may be ahead of what this process has published: ``at_least`` is a place up to which
    the log is read in any case.
    ``for_many`` says that whoever reads does so for a feed, whose members are counted instead.
    """

    begins_at: P | None = None
    until_present: bool = False
    at_least: P | None = None
    for_many: bool = False
    reached: P | None = None

    def up_to(self, published: P) -> P:
        """Return the place up to which the log is read; what is behind it will be published."""
        return published if self.at_least is None else max(published, self.at_least)
