import asyncio
import sys
from collections.abc import Iterator
from pathlib import Path
from textwrap import dedent

import pytest

from db.connection import connected, dialect
from db.errors import BrokenReferences, IntegrityError, OperationalError
from db.make_migration import make_migration, unwritten_changes
from db.migrate import migrate, pending
from db.sql import execute, fetch
from tests.conftest import run_apart

PROJECT = Path(__file__).parents[2]

MODELS = """
    from tortoise import fields
    from tortoise.models import Model

    class Shelf(Model):
        id = fields.BigIntField(primary_key=True)
        name = fields.CharField(max_length={width})

        class Meta(Model.Meta):
            table = "shelf"
            unique_together = (("name", "id"),)

    class Book(Model):
        \"\"\"Somebody's book; ``id`` is its "number".\"\"\"

        id = fields.BigIntField(primary_key=True)
        shelf = fields.ForeignKeyField("grades.Shelf", on_delete=fields.CASCADE)
        percent = fields.FloatField()
        made_at = fields.DatetimeField(null=True)

        class Meta(Model.Meta):
            table = "book"
            indexes = (("shelf", "percent"),)
"""

CHECKS = """
    from tortoise import migrations
    from tortoise.migrations import operations as ops
    from db.migration_operations import AddChecks, DialectSQL

    class Migration(migrations.Migration):
        dependencies = [("grades", "0001_initial")]
        operations = [
            ops.RunSQL("create unique index book_full on book (shelf_id) where percent = 1",
                       "drop index book_full"),
            DialectSQL(
                sqlite=\"\"\"create trigger book_stays before delete on book
                    begin select raise(abort, 'a book stays'); end;\"\"\",
                sqlite_backward="drop trigger book_stays",
                postgres=\"\"\"
                    create function book_stays() returns trigger language plpgsql as
                        $$ begin raise exception 'a book stays'; end $$;
                    create trigger book_stays before delete on book
                        for each row execute function book_stays()\"\"\",
                postgres_backward="drop trigger book_stays on book; drop function book_stays",
            ),
            AddChecks("book", {"book_percent_range": "percent between 0 and 1",
                               "book_shelf_positive": "shelf_id > 0"}),
        ]
"""

SLOW = """
    from tortoise import migrations
    from db.migration_operations import DialectSQL

    class Migration(migrations.Migration):
        dependencies = [("grades", "0002_checks")]
        operations = [DialectSQL(postgres="select pg_sleep(0.3)")]
"""

ORPHANS = """
    from tortoise import migrations
    from tortoise.migrations import operations as ops

    class Migration(migrations.Migration):
        dependencies = [("grades", "0002_checks")]
        operations = [ops.RunSQL("delete from shelf")]
"""


class Library:
    """A package with models and migrations of a test's own."""

    def __init__(self, folder: Path, name: str) -> None:
        self.name = name
        self.models = f"{name}.models"
        self.migrations = f"{name}.migrations"
        self.package = folder / name
        (self.package / "migrations").mkdir(parents=True)
        (self.package / "migrations" / "__init__.py").touch()

    def write(self, name: str, text: str) -> None:
        (self.package / name).write_text(dedent(text))

    async def make(self, name: str) -> list[str]:
        paths = await make_migration(name, models=self.models, migrations=self.migrations)
        return [path.name for path in paths]

    def forget(self) -> None:
        for module in [m for m in sys.modules if m.split(".")[0] == self.name]:
            del sys.modules[module]


@pytest.fixture
def library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Library]:
    """A package with one migration for two models, and another with what Tortoise cannot do."""
    monkeypatch.syspath_prepend(tmp_path)
    library = Library(tmp_path, "library_under_test")
    library.write("models.py", MODELS.format(width=20))
    run_apart(library.make("initial"))
    library.write("migrations/0002_checks.py", CHECKS)
    yield library
    library.forget()


@pytest.fixture
async def migrated(library: Library, blank_url: str) -> str:
    assert await migrate(blank_url, migrations=library.migrations) == [
        "0001_initial",
        "0002_checks",
    ]
    return blank_url


async def test_a_migration_is_applied_once(migrated: str, library: Library) -> None:
    assert await pending(migrated, migrations=library.migrations) == []
    assert await migrate(migrated, migrations=library.migrations) == []


async def test_pending_names_what_is_missing_and_changes_nothing(
    library: Library, blank_url: str
) -> None:
    for _ in range(2):
        names = await pending(blank_url, migrations=library.migrations)
        assert names == ["0001_initial", "0002_checks"]


async def test_constraints_exist_after_migration(migrated: str, library: Library) -> None:
    async with connected(migrated, models=library.models):
        await execute("insert into shelf (id, name) values (1, 'a'), (2, 'b')")
        await execute("insert into book (shelf_id, percent) values (1, 1.0), (2, 0.5)")
        for broken in ("(1, 1.5)", "(1, -0.1)", "(0, 0.5)", "(1, 1.0)", "(77, 0.5)", "(1, null)"):
            with pytest.raises(IntegrityError):
                await execute(f"insert into book (shelf_id, percent) values {broken}")
        with pytest.raises((IntegrityError, OperationalError), match="a book stays"):
            await execute("delete from book")
        if dialect() == "postgres":
            with pytest.raises(IntegrityError, match="book_percent_range"):
                await execute("insert into book (shelf_id, percent) values (1, $1)", float("nan"))


async def test_the_catalogue_names_the_checks_and_keeps_the_indexes(
    migrated: str, library: Library
) -> None:
    async with connected(migrated, models=library.models):
        if dialect() == "postgres":
            checks = await fetch("select conname from pg_constraint where contype = 'c'")
            names = {row[0] for row in checks}
            indexes = await fetch("select indexname from pg_indexes where tablename = 'book'")
        else:
            ((definition,),) = await fetch("select sql from sqlite_master where name = 'book'")
            checked = ("book_percent_range", "book_shelf_positive")
            names = {name for name in checked if f'constraint "{name}" check' in definition}
            indexes = await fetch(
                "select name from sqlite_master where tbl_name = 'book' and type = 'index'"
            )
    assert {"book_percent_range", "book_shelf_positive"} <= names
    assert "book_full" in {row[0] for row in indexes}
    assert len(indexes) == (3 if migrated.startswith("postgres") else 2)


async def test_an_index_on_a_foreign_key_holds_its_column(migrated: str, library: Library) -> None:
    async with connected(migrated, models=library.models):
        if dialect() == "postgres":
            rows = await fetch("select indexdef from pg_indexes where indexname like 'idx_book%'")
            assert rows[0][0].endswith("(shelf_id, percent)")
        else:
            rows = await fetch("select name from sqlite_master where name like 'idx_book%'")
            columns = await fetch(f"pragma index_info('{rows[0][0]}')")
            assert [column[2] for column in columns] == ["shelf_id", "percent"]


async def test_remaking_a_table_keeps_rows_children_and_the_last_id(
    library: Library, blank_url: str
) -> None:
    held_back = library.package / "migrations" / "0002_checks.py"
    text = held_back.read_text()
    held_back.unlink()
    await migrate(blank_url, migrations=library.migrations)
    async with connected(blank_url, models=library.models):
        await execute("insert into shelf (name) values ('a')")
        for percent in (0.25, 0.5, 0.75):
            await execute("insert into book (shelf_id, percent) values (1, $1)", percent)
        await execute("delete from book where percent = 0.75")
    held_back.write_text(
        text.replace(
            '"book", {"book_percent_range": "percent between 0 and 1"',
            '"shelf", {"shelf_named": "name <> \'\'"}), AddChecks("book", {"p": "percent <= 1"',
        )
    )
    assert await migrate(blank_url, migrations=library.migrations) == ["0002_checks"]
    async with connected(blank_url, models=library.models):
        await execute("insert into book (shelf_id, percent) values (1, 0.9)")
        rows = await fetch("select id, percent from book order by id")
        assert [tuple(row) for row in rows] == [(1, 0.25), (2, 0.5), (4, 0.9)]
        with pytest.raises(IntegrityError):
            await execute("update shelf set name = ''")


async def test_a_failing_migration_leaves_nothing_behind(library: Library, blank_url: str) -> None:
    library.write(
        "migrations/0003_fails.py",
        ORPHANS.replace("delete from shelf", "no sql"),
    )
    with pytest.raises(OperationalError):
        await migrate(blank_url, migrations=library.migrations)
    assert len(await pending(blank_url, migrations=library.migrations)) == 3
    (library.package / "migrations" / "0003_fails.py").unlink()
    library.forget()
    assert len(await migrate(blank_url, migrations=library.migrations)) == 2


async def test_a_migration_that_orphans_rows_is_undone(migrated: str, library: Library) -> None:
    async with connected(migrated, models=library.models):
        await execute("insert into shelf (name) values ('a')")
        await execute("insert into book (shelf_id, percent) values (1, 0.5)")
    library.write("migrations/0003_orphans.py", ORPHANS)
    # PostgreSQL's cascade reaches the trigger.
    with pytest.raises((BrokenReferences, OperationalError)):
        await migrate(migrated, migrations=library.migrations)
    async with connected(migrated, models=library.models):
        assert (await fetch("select count(*) from shelf"))[0][0] == 1


async def test_four_processes_may_migrate_at_once(library: Library, blank_url: str) -> None:
    library.write("migrations/0003_slow.py", SLOW)
    program = (
        "import asyncio, sys; from db.migrate import migrate; print('ready', flush=True); "
        "sys.stdin.readline(); "
        "print(len(asyncio.run(migrate(sys.argv[1], migrations=sys.argv[2]))))"
    )
    processes = [
        await asyncio.create_subprocess_exec(
            *(sys.executable, "-c", program, blank_url, library.migrations),
            cwd=PROJECT,
            env={"PYTHONPATH": f"{PROJECT}:{library.package.parent}"},
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
        )
        for _ in range(4)
    ]
    for process in processes:
        assert process.stdout is not None
        assert await process.stdout.readline() == b"ready\n"
    outputs = await asyncio.gather(*(process.communicate(b"go\n") for process in processes))
    assert [process.returncode for process in processes] == [0, 0, 0, 0]
    assert sorted(output for output, _ in outputs) == [b"0\n", b"0\n", b"0\n", b"3\n"]


async def test_migrating_leaves_the_connection_of_this_process_alone(
    library: Library, counters: str, tmp_path: Path
) -> None:
    await migrate(f"sqlite:///{tmp_path / 'other.sqlite3'}", migrations=library.migrations)
    assert dialect() == ("postgres" if counters.startswith("postgres") else "sqlite")
    assert (await fetch("select total from counter"))[0][0] == 0


async def test_a_changed_model_is_noticed_until_its_migration_is_written(
    library: Library,
) -> None:
    async def unwritten() -> list[str]:
        library.forget()
        return await unwritten_changes(models=library.models, migrations=library.migrations)

    assert await unwritten() == []
    library.write("models.py", MODELS.format(width=200))
    assert await unwritten() == ["Alter field name on Shelf"]
    assert await library.make("wider names") == ["0003_wider_names.py"]
    assert await unwritten() == []
