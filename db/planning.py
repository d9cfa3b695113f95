"""How PostgreSQL plans: once for many runs of a statement, or anew for each."""

from db.connection import dialect
from db.sql import fetch


async def plan_each_statement() -> None:
    """Have the rest of a transaction planned by what the tables hold now.

    A plan that was made while a table was empty is kept while it fills, and reads all of it again
    for every chunk of a class. SQLite plans by the indexes alone.
    """
    if dialect() == "postgres":
        await fetch("select set_config('plan_cache_mode', 'force_custom_plan', true)")
