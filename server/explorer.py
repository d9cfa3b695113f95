"""The explorer at `/`: GraphiQL built into `explorer/dist`, or a page that says how to build it."""

import html
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

SECURITY_HEADERS = {
    # Monaco sets style attributes on nearly every element; nothing else needs 'unsafe-inline'.
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; "
        "worker-src 'self'; connect-src 'self'; img-src 'self' data:; font-src 'self' data:; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
}
PAGE_HEADERS = SECURITY_HEADERS | {"Cache-Control": "no-cache"}
ASSET_HEADERS = SECURITY_HEADERS | {
    "Cache-Control": "public, max-age=31536000, immutable",
    "Vary": "Accept-Encoding",
}
# Fixed here because the machine's own table of types may lack one, and nosniff forgives nothing.
MEDIA_TYPES = {
    ".js": "text/javascript",
    ".css": "text/css",
    ".svg": "image/svg+xml",
    ".ttf": "font/ttf",
    ".woff2": "font/woff2",
    ".json": "application/json",
}
ASSET_NAME = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]*")
CONFIG_ELEMENT = re.compile(
    r'(<script type="application/json" id="explorer-config">).*?(</script>)', re.DOTALL
)


@dataclass(frozen=True, slots=True)
class ExampleTab:
    """An operation offered in the explorer; `variables` is the text of a JSON object or empty."""

    title: str
    query: str
    variables: str = ""


@dataclass(frozen=True, slots=True)
class ExplorerConfig:
    """What the explorer is told by the page: where GraphQL answers, and the examples."""

    example_tabs: Sequence[ExampleTab] = ()
    title: str = "CourseGrade"
    endpoint: str = "/graphql"
    subscription_endpoint: str = "/graphql"


def example_tabs(folder: Path) -> tuple[ExampleTab, ...]:
    """Read `*.graphql` of a folder in name order, each with its optional `.variables.json`.

    :raises ValueError: a file has no title comment, or its variables are no JSON object.
    """
    return tuple(_example_tab(path) for path in sorted(folder.glob("*.graphql")))


def explorer_routes(dist: Path, config: ExplorerConfig) -> list[BaseRoute]:
    """Serve the explorer built into `dist`; it may be built while the server runs."""

    def page(request: Request) -> Response:
        index = dist / "index.html"
        if not index.is_file():
            return HTMLResponse(_build_hint(request, config), headers=PAGE_HEADERS)
        text = _with_config(index.read_text(encoding="utf-8"), config)
        return HTMLResponse(text, headers=PAGE_HEADERS)

    def asset(request: Request) -> Response:
        name = request.path_params["name"]
        path = dist / "assets" / name
        media_type = MEDIA_TYPES.get(path.suffix)
        if media_type is None or not ASSET_NAME.fullmatch(name) or not path.is_file():
            return PlainTextResponse("Not found", status_code=404, headers=PAGE_HEADERS)
        packed = path.with_name(f"{name}.gz")
        if packed.is_file() and _accepts_gzip(request.headers.get("accept-encoding", "")):
            headers = ASSET_HEADERS | {"Content-Encoding": "gzip"}
            return FileResponse(packed, media_type=media_type, headers=headers)
        return FileResponse(path, media_type=media_type, headers=ASSET_HEADERS)

    return [Route("/", page), Route("/assets/{name:path}", asset)]


def _example_tab(path: Path) -> ExampleTab:
    query = path.read_text(encoding="utf-8")
    comments = (line.strip() for line in query.splitlines() if line.strip().startswith("#"))
    title = next(comments, "").lstrip("#").strip()
    if not title:
        raise ValueError(f"{path.name}: the first comment line must be the title of the example")
    beside = path.with_suffix(".variables.json")
    variables = beside.read_text(encoding="utf-8") if beside.is_file() else ""
    if variables and not _is_json_object(variables):
        raise ValueError(f"{beside.name}: must hold one JSON object")
    return ExampleTab(title=title, query=query, variables=variables)


def _is_json_object(text: str) -> bool:
    try:
        return isinstance(json.loads(text), dict)
    except json.JSONDecodeError:
        return False


def _with_config(page: str, config: ExplorerConfig) -> str:
    content = {
        "title": config.title,
        "endpoint": config.endpoint,
        "subscriptionEndpoint": config.subscription_endpoint,
        "tabs": [
            {"title": tab.title, "query": tab.query, "variables": tab.variables}
            for tab in config.example_tabs
        ],
    }
    # An operation may hold "</script>" or "<!--" in a string or comment.
    text = json.dumps(content).replace("<", "\\u003c")
    filled, places = CONFIG_ELEMENT.subn(lambda match: match[1] + text + match[2], page)
    if places != 1:
        raise ValueError("explorer/dist/index.html has no place for the config: build it again")
    return filled


def _accepts_gzip(accept_encoding: str) -> bool:
    quality = {}
    for item in accept_encoding.lower().split(","):
        coding, *parameters = (part.strip() for part in item.split(";"))
        weights = [part.removeprefix("q=") for part in parameters if part.startswith("q=")]
        quality[coding] = weights[0] if weights else "1"
    return quality.get("gzip", quality.get("*", "0")).strip("0.") != ""


def _build_hint(request: Request, config: ExplorerConfig) -> str:
    url = f"{request.url.scheme}://{request.url.netloc}{config.endpoint}"
    body = """'{"query": "{ __typename }"}'"""
    command = f"curl {url} \\\n  -H 'Content-Type: application/json' \\\n  -d {body}"
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>{html.escape(config.title)}</title>
<link rel="icon" href="data:,">
<style>
body {{ font: 1rem/1.5 system-ui, sans-serif; max-width: 42rem; margin: auto; padding: 3rem 1rem }}
code, pre {{ font-family: ui-monospace, monospace }}
pre {{ padding: 1rem; border: 1px solid; border-radius: .5rem; overflow-x: auto }}
</style>
</head>
<body>
<h1>{html.escape(config.title)}</h1>
<p>The explorer is not built yet: run <code>make explorer</code> (needs Node 20 or newer),
then load this page again.</p>
<p>GraphQL itself answers now:</p>
<pre>{html.escape(command)}</pre>
</body>
</html>
"""
