"""Whether the connected database has the schema that this code was written for."""

from functools import cache
from pkgutil import iter_modules
from typing import NamedTuple

import db.migrations
from db.connection import APP
from db.sql import fetch


class SchemaDifference(NamedTuple):
    """Migrations that the database lacks, and those that only a newer version of ours knows."""

    missing: list[str]
    unknown: list[str]


async def schema_difference() -> SchemaDifference:
    """Compare the migrations that were applied with those that there are.

    :raises OperationalError: if the database was never migrated.
    """
    rows = await fetch("select name from tortoise_migrations where app = $1", APP)
    applied = {str(name) for (name,) in rows}
    return SchemaDifference(sorted(_known() - applied), sorted(applied - _known()))


@cache
def _known() -> frozenset[str]:
    return frozenset(module.name for module in iter_modules(db.migrations.__path__))
