"""Where a page of a connection stands."""

import strawberry


@strawberry.type(description="Where a page of a connection stands (Relay).")
class PageInfo:
    has_next_page: bool = strawberry.field(description="Whether more follows the page.")
    has_previous_page: bool = strawberry.field(description="Whether more precedes the page.")
    start_cursor: str | None = strawberry.field(description="The cursor of the first edge.")
    end_cursor: str | None = strawberry.field(description="The cursor of the last edge.")
