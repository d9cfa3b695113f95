"""A transaction inside a transaction."""

from types import TracebackType

from tortoise.backends.base.client import NestedTransactionContext, TransactionalDBClient

from db.shielding import finish


class SavepointContext(NestedTransactionContext):
    """A savepoint that is rolled back on every exception and on cancellation."""

    async def __aenter__(self) -> TransactionalDBClient:
        await finish(self.client.savepoint())
        return self.client

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc_val: BaseException | None,
        exc_tb: TracebackType | None,
    ) -> None:
        if self.client._finalized:  # noqa: SLF001
            return
        if exc_type is None:
            await finish(self.client.release_savepoint())
        else:
            await finish(self.client.savepoint_rollback())
