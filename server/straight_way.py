"""The straight way of a request to the one endpoint that nearly all of them are for."""

from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send


class StraightWay:
    """Hands a route's own HTTP requests to its endpoint before a router looks for it.

    The endpoint must answer everything itself, exceptions too.
    """

    def __init__(self, app: ASGIApp, route: Route) -> None:
        self._app = app
        self._route = route
        self._path = route.path

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"] == self._path:
            scope["route"] = self._route
            await self._route.app(scope, receive, send)
        else:
            await self._app(scope, receive, send)
