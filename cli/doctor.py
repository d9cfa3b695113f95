"""``doctor``: what is wrong with a set-up, in plain words."""

import asyncio
from collections.abc import Iterator
from typing import Annotated

import typer

from cli.finding import Finding, Verdict, fine, wrong
from cli.refusal import CommandRefused


def doctor(
    recompute: Annotated[
        bool,
        typer.Option("--recompute", help="Compare every stored grade with a new computation."),
    ] = False,
    mend: Annotated[
        bool, typer.Option("--mend", help="With --recompute: regrade whoever differs.")
    ] = False,
) -> None:
    """Look for what keeps the server from working well; exit with 1 if anything is wrong."""
    found_wrong = False
    for verdict, sentence in _findings(recompute=recompute, mend=mend):
        typer.echo(f"{verdict.value:>5}  {sentence}")
        found_wrong = found_wrong or verdict is Verdict.WRONG
    if found_wrong:
        raise typer.Exit(1)


def _findings(*, recompute: bool, mend: bool) -> Iterator[Finding]:
    from cli import doctor_database, doctor_grades, doctor_host, doctor_network
    from cli.session import read_settings

    yield doctor_host.python()
    yield doctor_host.packages()
    try:
        settings = read_settings()
    except CommandRefused as refusal:
        yield wrong(f"Settings: {refusal.message}", "Mend them in the environment or in .env.")
        return
    faults = settings.faults_of_serving()
    for fault in faults:
        yield Finding(Verdict.WRONG, f"Settings: {fault}")
    if not faults:
        mode = " in development mode: everybody may do everything" * settings.in_development
        yield fine(f"Settings are valid for {settings.host}:{settings.port}{mode}.")
    yield doctor_host.secrets_file()
    yield doctor_host.tokens(settings)
    yield doctor_host.disk(settings)
    yield from asyncio.run(doctor_database.findings(settings))
    yield doctor_network.port(settings.host, settings.port)
    if settings.metrics_port is not None:
        yield doctor_network.metrics_port(settings.host, settings.metrics_port)
    if settings.nats_url is not None:
        yield asyncio.run(doctor_network.nats(settings.nats_url.get_secret_value()))
    if settings.otel_endpoint is not None:
        yield doctor_network.otel(settings.otel_endpoint)
    yield doctor_host.explorer(settings.explorer_dist)
    if recompute or mend:
        yield from asyncio.run(doctor_grades.findings(settings, mend=mend))
