"""How a change in one transaction reaches whoever watches: the log's tail, fan-out, wake-ups."""

from events.entry import Entry, Log, Place, ReadPage
from events.feed import Feed, Member
from events.hub import Hub, Subscription
from events.stream import EventStream
from events.stretch import Stretch
from events.tail import Pace, Tail
from events.waker import Wakeable, Waker

__all__ = [
    "Entry",
    "EventStream",
    "Feed",
    "Hub",
    "Log",
    "Member",
    "Pace",
    "Place",
    "ReadPage",
    "Stretch",
    "Subscription",
    "Tail",
    "Wakeable",
    "Waker",
]
