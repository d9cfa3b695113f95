"""What holds for the documents of a request: limits, rate, and which are kept here."""

from dataclasses import dataclass
from typing import Self

from starlette.types import Scope

from schema.limits import Limits, enforce
from server.persisted_documents import PersistedDocuments
from server.rate_limit import RateLimit
from server.settings import Settings
from server.trusted_documents import read_trusted_documents


@dataclass(frozen=True)
class DocumentRules:
    """The rules of this process. Without ``rate`` one may ask as often as one likes."""

    limits: Limits
    rate: RateLimit | None
    documents: PersistedDocuments

    @classmethod
    def of(cls, settings: Settings) -> Self:
        """Make the rules that the settings ask for.

        :raises NoTrustedDocuments: if there should be a file of documents, and is none.
        """
        mode, path = settings.trusted_documents, settings.trusted_documents_file
        trusted = {} if mode == "off" else read_trusted_documents(path)
        unlimited = settings.in_development or settings.rate_points_per_second == 0
        return cls(
            limits=_document_limits(settings),
            rate=None
            if unlimited
            else RateLimit(settings.rate_points, settings.rate_points_per_second),
            documents=PersistedDocuments(mode, trusted),
        )

    def enforce_on(self, scope: Scope) -> None:
        """Let them hold for what this task and its children run for a connection."""
        address, _ = scope.get("client") or ("", 0)
        enforce(self.limits, None if self.rate is None else self.rate.charge_for(address))


def _document_limits(settings: Settings) -> Limits:
    return Limits(
        characters=settings.max_characters,
        tokens=settings.max_tokens,
        comments=settings.max_comments,
        operations=settings.max_operations,
        fragments=settings.max_fragments,
        depth=settings.max_depth,
        introspection_depth=settings.max_introspection_depth,
        root_fields=settings.max_root_fields,
        aliases=settings.max_aliases,
        fields=settings.max_fields,
        repeats=settings.max_repeats,
        directives=settings.max_directives,
        directives_in_one_place=settings.max_directives_in_one_place,
        validation_errors=settings.max_validation_errors,
        list_items=settings.max_list_items,
        cost=settings.max_cost,
        anonymous_cost=settings.max_cost_anonymous,
        introspection=settings.introspection,
    )
