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
            limits=settings.document_limits,
            rate=None
            if unlimited
            else RateLimit(settings.rate_points, settings.rate_points_per_second),
            documents=PersistedDocuments(mode, trusted),
        )

    def enforce_on(self, scope: Scope) -> None:
        """Let them hold for what this task and its children run for a connection."""
        address, _ = scope.get("client") or ("", 0)
        enforce(self.limits, None if self.rate is None else self.rate.charge_for(address))
