"""Settings of what a document may ask for, and of who may ask how much in a while."""

from pathlib import Path
from typing import Literal

from pydantic import Field
from pydantic_settings import BaseSettings


class LimitSettings(BaseSettings):
    """What an operator can choose of limits; what they mean, and their codes: docs/limits.md."""

    max_characters: int = Field(
        default=20_000, ge=1, le=1_000_000, description="Characters of a document."
    )
    max_tokens: int = Field(default=2_000, ge=1, le=100_000, description="Tokens of a document.")
    max_comments: int = Field(default=200, ge=0, le=100_000, description="Comments of a document.")
    max_operations: int = Field(default=10, ge=1, le=1_000, description="Operations in a document.")
    max_fragments: int = Field(default=50, ge=0, le=1_000, description="Fragments in a document.")
    max_depth: int = Field(
        default=12, ge=1, le=100, description="Fields within each other, through fragments."
    )
    max_introspection_depth: int = Field(
        default=15, ge=1, le=100, description="The same below `__schema` and `__type`."
    )
    max_root_fields: int = Field(
        default=20, ge=1, le=1_000, description="Fields at the top of an operation."
    )
    max_aliases: int = Field(
        default=30, ge=0, le=1_000, description="Aliases, with fragments in their places."
    )
    max_fields: int = Field(
        default=1_000,
        ge=1,
        le=20_000,
        description="Fields, with fragments in their places, and spreads.",
    )
    max_repeats: int = Field(
        default=60,
        ge=1,
        le=1_000,
        description="How often one selection set may ask for the same response name.",
    )
    max_directives: int = Field(default=50, ge=0, le=1_000, description="Directives in a document.")
    max_directives_in_one_place: int = Field(
        default=4, ge=0, le=100, description="Directives at one field, fragment or the like."
    )
    max_list_items: int = Field(
        default=1_000,
        ge=1,
        le=100_000,
        description="Items of a list in the document or its variables; many fields take fewer.",
    )
    max_validation_errors: int = Field(
        default=20, ge=1, le=100, description="Validation errors that are told."
    )
    max_cost: int = Field(
        default=5_000, ge=1, le=1_000_000, description="Cost of an operation of who is signed in."
    )
    max_cost_anonymous: int = Field(
        default=1_000, ge=1, le=1_000_000, description="Cost of an operation of anybody else."
    )
    introspection: Literal["everybody", "signed-in", "staff", "nobody"] = Field(
        default="staff",
        description="Who may introspect: `everybody`, `signed-in`, `staff` or `nobody`.",
    )
    rate_points: int = Field(
        default=2_000,
        ge=1,
        le=1_000_000,
        description="Points that a user, or an address without one, has on each worker.",
    )
    rate_points_per_second: float = Field(
        default=100.0,
        ge=0,
        description="Points that come back each second; 0 for no rate, as in development.",
    )
    trusted_documents: Literal["off", "prefer", "only"] = Field(
        default="off",
        description="Run the documents of a file by their ids: `off`, `prefer`, or `only` those.",
    )
    trusted_documents_file: Path | None = Field(
        default=None,
        description="The file: graphql-codegen's `persisted-documents.json`.",
    )
