"""Root fields of the small schema: what they are given, and how they fail."""

from datetime import datetime
from enum import Enum

import strawberry


@strawberry.enum
class Shade(Enum):
    DARK = "d"
    PALE = "p"


@strawberry.input
class Box:
    width: int
    height: int = 2
    unit: str | None = strawberry.UNSET
    shades: list[Shade] = strawberry.field(default_factory=lambda: [Shade.PALE])
    inner: "Box | None" = None


@strawberry.input
class Lid:
    wide_side: float
    names: list[str | None] | None = None
    shade: Shade | None = strawberry.UNSET


@strawberry.input(one_of=True)
class Whom:
    id: strawberry.ID | None = strawberry.UNSET
    name: str | None = strawberry.UNSET
    lid: Lid | None = strawberry.UNSET


@strawberry.type
class Roots:
    @strawberry.field
    async def told(  # noqa: PLR0917 - a client names them
        self,
        info: strawberry.Info,
        text: str = "nothing",
        number: int | None = 7,
        share: float | None = None,
        sure: bool | None = strawberry.UNSET,
        id: strawberry.ID | None = None,
        shade: Shade = Shade.DARK,
        when: datetime | None = None,
        lid: Lid | None = None,
        lids: list[Lid | None] | None = strawberry.UNSET,
        box: Box | None = None,
        whom: Whom | None = None,
        names: list[str] | None = None,
        shades: list[list[Shade | None]] | None = None,
    ) -> str | None:
        """Everything that it is given, and where it is."""
        given = {name: value for name, value in locals().items() if name not in {"self", "info"}}
        if names is not None:
            names.append("changed by who was given it")
        info.context.single.append(str(info.path.key))
        return f"{info.path.as_list()} {info.field_name} {info.variable_values} {given}"

    @strawberry.field
    async def must_tell(self, info: strawberry.Info, text: str, again: int = 1) -> str:
        return Roots._said(info, text) * again

    @strawberry.field
    async def may_tell(self, info: strawberry.Info, text: str | None = None) -> str | None:
        return Roots._said(info, text)

    @strawberry.field
    def tell_at_once(self, info: strawberry.Info, text: str) -> str | None:
        return Roots._said(info, text)

    @staticmethod
    def _said(info: strawberry.Info, text: str | None) -> str:
        info.context.single.append(str(info.path.key))
        if text == "wrong":
            raise ValueError("a wrong text")
        if text == "error":
            return ValueError("an error for a value")  # type: ignore[return-value]
        return None if text == "null" else text  # type: ignore[return-value]


@strawberry.type
class Changes:
    @strawberry.mutation
    async def change(self, info: strawberry.Info, text: str) -> str | None:
        return Roots._said(info, text)

    @strawberry.mutation
    async def must_change(self, info: strawberry.Info, text: str) -> str:
        return Roots._said(info, text)
