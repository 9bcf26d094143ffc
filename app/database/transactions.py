"""What both engines' transactions do at their end."""

from __future__ import annotations

import logging
from collections.abc import Callable

from app.database.errors import TransactionOver

log = logging.getLogger(__name__)


class Callbacks:
    """Functions to call right after COMMIT, in the order they were given; dropped on rollback."""

    _callbacks: list[Callable[[], None]] | None = None
    is_over = False

    def after_commit(self, call: Callable[[], None]) -> None:
        self.check_open()
        if self._callbacks is None:
            self._callbacks = []
        self._callbacks.append(call)

    def check_open(self) -> None:
        """Raises `TransactionOver` in a task that outlived the transaction."""
        if self.is_over:
            raise TransactionOver("a query in a task that outlived its transaction")

    def call_back(self, committed: bool) -> None:
        callbacks, self._callbacks = self._callbacks or [], None
        for call in callbacks if committed else ():
            try:
                call()
            except Exception:
                # What was committed stays committed: one failing listener must not look like a failed write.
                log.exception("after commit")
