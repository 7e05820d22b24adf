"""Waiting: whoever asks waits for what an event loop of another thread finds out.

Readers are told of by an event loop. A script or a notebook has none, or one of its own
that must not be kept waiting.
"""

import asyncio
import threading
import weakref
from collections.abc import Coroutine
from concurrent.futures import CancelledError, Future
from typing import Any, TypeVar

from milgraph.asking import Asker
from milgraph.errors import BusyError, StoreError
from milgraph.settings import Settings

__all__ = ["WaitingAsker"]

_Answer = TypeVar("_Answer")
_SECONDS_TO_END = 5.0


class WaitingAsker:
    """An asker whose answers are waited for; its readers end with it."""

    def __init__(self, settings: Settings) -> None:
        """Start the readers.

        Raises:
            StoreError: there is no graph to read.
        """
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(
            target=self._loop.run_forever, name="milgraph readers", daemon=True
        )
        self._thread.start()
        self.asker = Asker(settings)
        # A notebook forgets to close what it has opened.
        self._end = weakref.finalize(self, _ended, self._loop, self._thread, self.asker)
        try:
            self.wait(self.asker.start())
        except BaseException:
            self.close()
            raise

    def wait(self, asked: Coroutine[Any, Any, _Answer]) -> _Answer:
        """Return what comes of it; whoever interrupts the waiting ends it.

        Raises:
            KnowledgeGraphError: as it does.
            StoreError: this is closed.
        """
        if not self._is_open:
            asked.close()
            raise StoreError("the graph is closed", hint="Open it again.")
        future: Future[_Answer] = asyncio.run_coroutine_threadsafe(asked, self._loop)
        try:
            return future.result()
        except CancelledError as error:
            raise _closed_meanwhile() from error
        except BusyError as error:
            if self._is_open:
                raise
            raise _closed_meanwhile() from error
        except KeyboardInterrupt:
            future.cancel()
            raise

    @property
    def _is_open(self) -> bool:
        return self._end.alive

    def close(self) -> None:
        """End the readers."""
        self._end()


def _closed_meanwhile() -> StoreError:
    return StoreError("the graph was closed meanwhile", hint="Open it again.")


def _ended(
    loop: asyncio.AbstractEventLoop, thread: threading.Thread, asker: Asker
) -> None:
    closing = asyncio.run_coroutine_threadsafe(_closed(asker), loop)
    try:
        closing.result(_SECONDS_TO_END)
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join(_SECONDS_TO_END)
        if not thread.is_alive():
            loop.close()


async def _closed(asker: Asker) -> None:
    await asker.close()
    own = asyncio.current_task()
    others = [task for task in asyncio.all_tasks() if task is not own]
    for task in others:
        task.cancel()
    await asyncio.gather(*others, return_exceptions=True)
