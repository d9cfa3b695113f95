"""A small schema of everything that GraphQL's rules are about, and nothing of grades."""

from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from enum import Enum
from typing import Annotated, Any, NewType, TypeVar

import strawberry
from graphql.pyutils import Path
from strawberry.extensions import FieldExtension
from strawberry.types.scalar import ScalarDefinition

from compiled import in_batches
from tests.compiled.small_roots import Changes, Roots

T = TypeVar("T")

Tag = NewType("Tag", str)


def _tag(value: str) -> str | None:
    if value == "broken":
        raise ValueError("a broken tag")
    return None if value == "nothing" else f"#{value}"


@strawberry.enum
class Colour(Enum):
    RED = "r"
    GREEN = "g"


@dataclass
class Calls:
    """What was called how often, and how many were asked at a time."""

    batches: list[tuple[str, int]] = field(default_factory=list)
    single: list[str] = field(default_factory=list)


Info = strawberry.Info[Calls, None]


@strawberry.interface
class Being:
    name: str


@strawberry.input
class Size:
    width: int
    height: int = 2
    unit: str | None = None


async def _friends_of(sources: Sequence["Cat"], info: Info) -> list[list["Being | None"]]:
    info.context.batches.append(("friends", len(sources)))
    return [one.friends_ for one in sources]


def _scores_of(sources: Sequence["Cat"], info: Info, factor: int = 1) -> list[Any]:
    info.context.batches.append(("score", len(sources)))
    return [one.score_ if one.score_ is None else one.score_ * factor for one in sources]


class Loud(FieldExtension):
    """Says everything in capital letters."""

    def resolve(
        self, next_: Callable[..., Any], source: object, info: object, **given: object
    ) -> str:
        return str(next_(source, info, **given)).upper()


class Trouble(Exception):
    """What a resolver may return for a value."""


def _too_few_of(sources: Sequence["Cat"], info: Info) -> list[str]:
    return ["one for all"]


@strawberry.type
class Cat(Being):
    age: int | None = 3
    weight: float = 4.5
    colour: Colour = Colour.RED
    tags: list[Tag] = field(default_factory=lambda: [Tag("a"), Tag("b")])
    matrix: list[list[int | None]] | None = field(default_factory=lambda: [[1, None], []])
    born: datetime = datetime(2026, 1, 2, 3, 4, 5, 600, tzinfo=UTC)
    day: date | None = None
    mother: "Cat | None" = None
    strict: str | None = "here"
    friends_: strawberry.Private[list[Being | None]] = field(default_factory=list)
    score_: strawberry.Private[Any] = 1

    @strawberry.field
    def meow(self, times: int = 2, loud: bool | None = None) -> str:
        text = "meow " * times
        return text.upper() if loud else text

    @strawberry.field
    def must(self) -> str:
        return self.strict  # type: ignore[return-value]

    @strawberry.field
    async def purr(self, info: Info) -> str:
        info.context.single.append("purr")
        if self.name == "Grim":
            raise RuntimeError("Grim does not purr")
        return f"{self.name} purrs"

    @strawberry.field
    def where(self, info: Info) -> str:
        info.context.single.append("where")
        path: Path | None = info.path
        return str(path and path.as_list())

    @strawberry.field(extensions=[Loud()])  # type: ignore[untyped-decorator]
    def shout(self) -> str:
        return self.name

    @strawberry.field(metadata=in_batches(_too_few_of))  # type: ignore[untyped-decorator]
    def few(self) -> str:
        return self.name

    @strawberry.field
    def later(self) -> str:
        return _soon(self.name)  # type: ignore[return-value]

    @strawberry.field
    def later_mother(self) -> "Cat | None":
        return _soon(self.mother)  # type: ignore[return-value]

    @strawberry.field
    def one_by_one(self) -> list[str]:
        return iter(self.name)  # type: ignore[return-value]

    @strawberry.field(metadata=in_batches(_friends_of))  # type: ignore[untyped-decorator]
    async def friends(self, info: Info) -> list[Being | None]:
        (friends,) = await _friends_of([self], info)
        return friends

    @strawberry.field(metadata=in_batches(_scores_of))  # type: ignore[untyped-decorator]
    def score(self, info: Info, factor: int = 1) -> int | None:
        (score,) = _scores_of([self], info, factor)
        return score  # type: ignore[no-any-return]


@strawberry.type
class Dog(Being):
    loyal: bool = True

    @strawberry.field
    def area(self, size: Size, sizes: list[Size] | None = None) -> int:
        return sum(one.width * one.height for one in [size, *(sizes or ())])

    @strawberry.field
    def echo(self, ids: list[strawberry.ID]) -> list[strawberry.ID]:
        return ids


@strawberry.type
class Stone:
    weight: str = "heavy"

    @classmethod
    def is_type_of(cls, value: object, _info: object) -> bool:
        return isinstance(value, Stone) and value.weight != "a feather's"


Thing = Annotated[Cat | Stone, strawberry.union("Thing")]


class Stray:
    """Something that no type of the schema is."""

    name = "stray"


async def _soon(value: T) -> T:
    return value


def _cats() -> list[Cat]:
    tom = Cat(name="Tom", age=None, mother=Cat(name="Mia", day=date(2026, 1, 1)))
    return [
        tom,
        Cat(name="Ann", colour=Colour.GREEN, matrix=None, tags=[Tag("c")]),
        Cat(name="Una", tags=[]),
    ]


def _odd_cats() -> list[Cat]:
    odd: dict[str, dict[str, Any]] = {
        "Tom": {"friends_": [Stray()]},
        "Grim": {"strict": None},
        "Heavy": {"weight": float("inf")},
        "Old": {"age": 2**40},
        "Torn": {"tags": [Tag("a"), Tag("broken")]},
        "Bare": {"tags": [Tag("nothing")]},
        "Null": {"tags": [None]},
        "Word": {"tags": "word"},
        "Odd": {"score_": Trouble("no score"), "tags": [Trouble("no tag")]},
        "Text": {"weight": "4.5", "age": "7"},
    }
    cats = [Cat(name=name, **values) for name, values in odd.items()]
    return [*cats, Cat(name=5), strawberry.cast(Dog, Cat(name="Cast"))]  # type: ignore[arg-type]


@strawberry.type
class Query(Roots):
    @strawberry.field
    def cats(self) -> list[Cat]:
        cats = _cats()
        cats[0].friends_ = [cats[1], Dog(name="Rex"), None]
        return cats

    @strawberry.field
    async def cat(self, name: str = "Tom") -> Cat | None:
        return next((one for one in _cats() if one.name == name), None)

    @strawberry.field
    def beings(self) -> list[Being]:
        return [Dog(name="Rex"), *_cats(), Dog(name="Bo", loyal=False)]

    @strawberry.field
    def things(self) -> list[Thing | None]:
        return [Stone(), None, _cats()[0]]

    @strawberry.field
    def feather(self) -> Stone | None:
        return Stone(weight="a feather's")

    @strawberry.field
    def nothing(self) -> list[Cat] | None:
        return None

    @strawberry.field
    def odd(self, name: str | None = None) -> list[Cat]:
        """Cats of which each has something that is wrong, or all of them."""
        cats = _odd_cats()
        return cats if name is None else [one for one in cats if one.name == name]

    @strawberry.field
    def holes(self) -> list[Cat]:
        return [Cat(name="Tom"), None]  # type: ignore[list-item]

    @strawberry.field
    def generated(self) -> list[Cat]:
        return (one for one in _cats())  # type: ignore[return-value]

    @strawberry.field
    def tuples(self) -> list[Cat]:
        return tuple(_cats())  # type: ignore[return-value]

    @strawberry.field
    def colours(self) -> list[Colour]:
        return [Colour.RED, "g"]  # type: ignore[list-item]

    @strawberry.field
    def wrong_colours(self) -> list[Colour | None]:
        return [Colour.RED, "violet", None]  # type: ignore[list-item]


@strawberry.type
class Mutation(Changes):
    @strawberry.mutation
    async def born(self, info: Info, name: str) -> Cat:
        info.context.single.append(f"born {name}")
        return Cat(name=name, strict=None)


@strawberry.type
class Subscription:
    @strawberry.subscription
    async def born(self) -> AsyncIterator[Cat]:
        yield Cat(name="Tom")


def small_schema() -> strawberry.Schema:
    """Make the schema."""
    tag = strawberry.scalar(name="Tag", serialize=_tag, parse_value=str)
    scalars: dict[object, ScalarDefinition] = {Tag: tag}
    return strawberry.Schema(
        query=Query,
        mutation=Mutation,
        subscription=Subscription,
        types=[Dog],
        config=strawberry.schema.config.StrawberryConfig(scalar_map=scalars),
    )
