"""Whether questions can be answered at all."""

from db.errors import DBConnectionError, OperationalError
from db.sql import fetch


async def is_ready() -> bool:
    """Tell whether the database answers."""
    try:
        await fetch("select 1")
    except (DBConnectionError, OperationalError):
        return False
    return True
