"""Whether questions can be answered at all."""

from db.errors import DBConnectionError, OperationalError
from db.schema_version import schema_difference
from db.sql import fetch


async def hindrance() -> str | None:
    """Return what keeps questions from being answered, None if nothing does.

    A newer schema keeps nobody: servers are replaced one by one while a new version comes.
    """
    try:
        await fetch("select 1")
    except (DBConnectionError, OperationalError):
        return "the database does not answer"
    try:
        missing = (await schema_difference()).missing
    except DBConnectionError:
        return "the database does not answer"
    except OperationalError:
        return "the database was never migrated"
    return "the schema of the database is old" if missing else None
