"""What a webhook is registered with: what is wished for, checked and found."""

import re
import secrets
from collections.abc import Collection, Sequence
from dataclasses import replace
from typing import Final, TypedDict

from db.webhooks import WebhookKind, WebhookTerms
from grading import CourseKey, EventKind, Forbidden, InvalidInput, LearnerId, TooManyItems
from resolvers import access
from resolvers.context import Context
from resolvers.courses import require_course
from resolvers.learners import LearnerRef, require_learner

MAX_FILTERED: Final = 100
MAX_BATCH: Final = 100
MAX_AUTHORIZATION: Final = 4_000
# The tracks whose learners Open edX issues certificates for, and so has records of.
CERTIFICATE_MODES: Final = frozenset(
    {"verified", "professional", "no-id-professional", "masters", "credit"}
)
_HEADER: Final = re.compile(r"[\x21-\x7e]+(?: [\x21-\x7e]+)*")
_MODE: Final = re.compile(r"[a-z0-9-]{1,100}")


class WebhookWishes(TypedDict, total=False):
    """What a webhook is to be. What is not named stays as it is; None is all of them."""

    url: str
    course_keys: Sequence[CourseKey] | None
    learners: Sequence[LearnerRef] | None
    kinds: Collection[EventKind] | None
    modes: Collection[str] | None
    batch_size: int
    authorization: str | None


def new_terms(kind: WebhookKind, url: str) -> WebhookTerms:
    """Return the terms of a webhook of which no more is known, with a secret of its own."""
    credentials = kind is WebhookKind.CREDENTIALS
    return WebhookTerms(
        kind=kind,
        url=url,
        secret=new_secret(),
        authorization=None,
        course_ids=None,
        learner_ids=None,
        kinds=frozenset({EventKind.COURSE_GRADE_CHANGED}) if credentials else None,
        modes=CERTIFICATE_MODES if credentials else None,
        batch_size=1,
    )


def new_secret() -> str:
    """Make a secret that requests are signed with."""
    return secrets.token_urlsafe(32)


async def wished_terms(
    context: Context, present: WebhookTerms, wishes: WebhookWishes
) -> WebhookTerms:
    """Return the terms that are wished for, of those that a webhook has at present.

    :raises CourseNotFound: for a course that the viewer may not know of.
    :raises Forbidden: if the viewer may not have these events delivered.
    :raises InvalidInput: naming what cannot be.
    """
    terms = present
    if "course_keys" in wishes:
        terms = replace(terms, course_ids=await _courses(context, wishes["course_keys"]))
    await require_manager(context, terms)
    if "url" in wishes:
        terms = _with_url(context, terms, wishes["url"])
    if "authorization" in wishes:
        terms = replace(terms, authorization=_authorization(wishes["authorization"]))
    if "learners" in wishes:
        terms = replace(terms, learner_ids=await _learners(context, wishes["learners"]))
    return _with_selection(terms, wishes)


async def require_manager(context: Context, terms: WebhookTerms) -> None:
    """Let only those pass who may have these events delivered.

    :raises Forbidden: for all others.
    """
    if not await may_manage(context, terms):
        raise Forbidden(
            "Webhooks are for the staff of the whole platform, and for services that may follow "
            "the events and change the courses they ask for."
        )


async def may_manage(context: Context, terms: WebhookTerms) -> bool:
    """Tell whether the viewer may have these events delivered."""
    if terms.course_ids is None:
        return access.may_manage_webhooks(context.viewer, None)
    if not access.may_manage_webhooks(context.viewer, ()):
        return False
    found = await context.loaders.course_by_id.load_many(sorted(terms.course_ids))
    keys = [course.key for course in found if course is not None]
    return access.may_manage_webhooks(context.viewer, keys)


def _with_url(context: Context, terms: WebhookTerms, url: str) -> WebhookTerms:
    context.webhook_targets.target_of(url)
    # What one receiver was trusted with is not told to another.
    authorization = terms.authorization if url == terms.url else None
    return replace(terms, url=url, authorization=authorization)


def _with_selection(terms: WebhookTerms, wishes: WebhookWishes) -> WebhookTerms:
    credentials = terms.kind is WebhookKind.CREDENTIALS
    if "kinds" in wishes and wishes["kinds"] is not None and credentials:
        raise InvalidInput("Credentials is sent course grades only.", field=["types"])
    if "modes" in wishes and wishes["modes"] is not None and not credentials:
        raise InvalidInput("Modes are for CREDENTIALS only.", field=["modes"])
    if "kinds" in wishes and not credentials:
        kinds = wishes["kinds"]
        if kinds is not None and not kinds:
            raise InvalidInput("No type of events would ever be delivered.", field=["types"])
        terms = replace(terms, kinds=None if kinds is None else frozenset(kinds))
    if "modes" in wishes and credentials:
        modes = CERTIFICATE_MODES if wishes["modes"] is None else frozenset(wishes["modes"])
        if not modes or len(modes) > MAX_FILTERED or not all(map(_MODE.fullmatch, modes)):
            raise InvalidInput(
                "Name modes as Open edX does, for example `verified`.", field=["modes"]
            )
        terms = replace(terms, modes=modes)
    size = wishes.get("batch_size", terms.batch_size)
    if not 1 <= size <= (1 if credentials else MAX_BATCH):
        raise InvalidInput(
            "Credentials takes one grade a request."
            if credentials
            else f"A request may have from 1 to {MAX_BATCH} events.",
            field=["batchSize"],
        )
    return replace(terms, batch_size=size)


async def _courses(context: Context, keys: Sequence[CourseKey] | None) -> frozenset[int] | None:
    if keys is None:
        return None
    _require_some(keys, "courseKeys")
    return frozenset([(await require_course(context, key)).id for key in keys])


async def _learners(
    context: Context, refs: Sequence[LearnerRef] | None
) -> frozenset[LearnerId] | None:
    if refs is None:
        return None
    _require_some(refs, "learners")
    return frozenset([(await require_learner(context, ref)).id for ref in refs])


def _require_some(named: Sequence[object], field: str) -> None:
    if not named:
        raise InvalidInput(
            "Of nothing no event would ever be delivered; null is all.", field=[field]
        )
    if len(named) > MAX_FILTERED:
        raise TooManyItems(f"{len(named)} are more than {MAX_FILTERED}.", field=[field])


def _authorization(header: str | None) -> str | None:
    if header is not None and (
        len(header) > MAX_AUTHORIZATION or not _HEADER.fullmatch(header)
    ):  # without its value, which is secret
        raise InvalidInput("This cannot be sent as a header.", field=["authorization"])
    return header
