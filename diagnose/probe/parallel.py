"""Do several things at once, and get all their results in order."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from typing import TypeVar

Result = TypeVar("Result")


def all_at_once(tasks: Sequence[Callable[[], Result]], limit: int = 64) -> list[Result]:
    """Run every task in a thread, at most `limit` at a time; results in the order of the tasks.

    The first exception is raised after all have ended. `concurrent.futures` does the same, but
    brings `logging` with it, which takes as long to import as the connections take to make.
    """
    if len(tasks) == 1:
        return [tasks[0]()]
    results: dict[int, Result] = {}
    errors: list[BaseException] = []
    waiting = iter(enumerate(tasks))
    lock = threading.Lock()

    def work() -> None:
        while True:
            with lock:
                position, task = next(waiting, (-1, None))
            if task is None:
                return
            try:
                results[position] = task()
            except BaseException as error:  # noqa: BLE001 - raised again below, by the caller
                errors.append(error)

    threads = [threading.Thread(target=work, daemon=True) for _ in range(min(limit, len(tasks)))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if errors:
        raise errors[0]
    return [results[position] for position in range(len(tasks))]
