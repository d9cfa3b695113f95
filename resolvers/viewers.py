"""Viewers: from what a token says to who is asking, with their roles in every course."""

from collections import OrderedDict
from dataclasses import replace
from typing import Final
from weakref import WeakKeyDictionary

from db.connection import client
from db.course_roles import Standing, standing_of_id, standing_of_username
from resolvers.access import STAFF_ROLES, UNNAMED, Viewer
from resolvers.shared_work import SharedWork

RECENT: Final = 1.0  # seconds
_KEPT: Final = 10_000  # viewers

_recent: WeakKeyDictionary[object, OrderedDict[Viewer, SharedWork[Viewer]]] = WeakKeyDictionary()


async def identify(claimed: Viewer) -> Viewer:
    """Return the viewer that a token claims, with what the database knows of them.

    Global staff need nothing of it, nor do services that act for nobody in particular, and nobody
    is looked up who has not said who they are.
    """
    if is_complete(claimed):
        return claimed
    standing = (
        await standing_of_username(claimed.name)
        if claimed.learner_id is None
        else await standing_of_id(claimed.learner_id)
    )
    return claimed if standing is None else _with_standing(claimed, standing)


async def identify_recently(claimed: Viewer) -> Viewer:
    """Return what `identify` does, or did within the last second.

    For whoever is sent one event after the other.
    """
    if is_complete(claimed):
        return claimed
    known = _recent.setdefault(client(), OrderedDict())
    work = known.get(claimed)
    if work is None or work.is_older_than(RECENT):
        work = known[claimed] = SharedWork(identify(claimed))
        known.move_to_end(claimed)
        if len(known) > _KEPT:
            known.popitem(last=False)
    return await work.result()


def is_complete(claimed: Viewer) -> bool:
    """Tell whether the database knows nothing more of a viewer than the token says."""
    if claimed.learner_id is None and claimed.name == UNNAMED:
        return True
    if claimed.service is not None:
        return not claimed.service.own_only
    return claimed.global_staff or not claimed.signed_in


def _with_standing(claimed: Viewer, standing: Standing) -> Viewer:
    teaches = {key for key, roles in standing.roles.items() if roles & STAFF_ROLES}
    return replace(
        claimed,
        name=standing.learner.username if claimed.name == UNNAMED else claimed.name,
        learner_id=standing.learner.id,
        staff_of=claimed.staff_of | (teaches if claimed.service is None else frozenset()),
        enrolled_in=standing.enrolled_in,
    )
