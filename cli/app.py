"""All commands under one name, and what a person sees when one is refused."""

import sys
from collections.abc import Sequence

import typer

from cli.doctor import doctor
from cli.export_grades import export_grades
from cli.grant_role import grant_role
from cli.import_course import import_course
from cli.import_grades import import_grades
from cli.import_learners import import_learners
from cli.import_scores import import_scores
from cli.migrate import migrate
from cli.refusal import refusal_of
from cli.regrade import regrade
from cli.relay import relay
from cli.revoke_role import revoke_role
from cli.schema import schema
from cli.serve import serve
from cli.simulate import simulate
from cli.token import token

DEFAULT_COMMAND = "serve"

app = typer.Typer(
    name="coursegrade",
    help="Open edX's course grade of record as a GraphQL service. Without a command: serve.",
    add_completion=False,
    # Refusals are told in a line below; a bug keeps Python's own traceback.
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)
for command in (
    serve,
    migrate,
    import_course,
    import_learners,
    import_scores,
    export_grades,
    import_grades,
    grant_role,
    revoke_role,
    regrade,
    simulate,
    relay,
    schema,
    doctor,
    token,
):
    app.command()(command)


def run() -> None:
    """Run the command of the command line."""
    try:
        app(with_command(sys.argv[1:]))
    except Exception as error:
        refusal = refusal_of(error)
        if refusal is None:
            raise
        typer.echo(refusal, err=True)
        sys.exit(1)


def with_command(arguments: Sequence[str]) -> list[str]:
    """Return the arguments with the default command where they name none."""
    if not arguments or (arguments[0].startswith("-") and arguments[0] not in {"-h", "--help"}):
        return [DEFAULT_COMMAND, *arguments]
    return list(arguments)
