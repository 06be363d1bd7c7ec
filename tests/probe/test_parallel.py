"""Several things at once: all of them, in order, within the limit."""

from __future__ import annotations

import threading
from functools import partial

import pytest

from diagnose.probe.parallel import all_at_once


def test_results_come_in_the_order_of_the_tasks() -> None:
    """The first task may end last."""
    last = threading.Event()

    def first() -> str:
        last.wait(20)
        return "first"

    def second() -> str:
        last.set()
        return "second"

    assert all_at_once([first, second]) == ["first", "second"]


@pytest.mark.parametrize("number", [0, 1, 2, 100])
def test_every_task_is_run_once(number: int) -> None:
    """None, one, or more than there are threads."""
    runs: list[int] = []

    def task(at: int) -> int:
        runs.append(at)
        return at

    tasks = [partial(task, at) for at in range(number)]
    assert all_at_once(tasks, limit=7) == list(range(number))
    assert sorted(runs) == list(range(number))


def test_no_more_than_the_limit_run_together() -> None:
    """What a run opens at the same time is bounded."""
    lock = threading.Lock()
    running = most = 0

    def task() -> None:
        nonlocal running, most
        with lock:
            running += 1
            most = max(most, running)
        both.wait(20)
        with lock:
            running -= 1

    both = threading.Barrier(3)
    all_at_once([task] * 9, limit=3)
    assert most == 3


def test_an_exception_is_raised_after_all_have_ended() -> None:
    """One task that fails takes nothing from the others."""
    ended: list[str] = []
    failing = threading.Event()

    def fails() -> None:
        failing.set()
        raise ValueError("one")

    def works() -> None:
        failing.wait(20)
        ended.append("two")

    with pytest.raises(ValueError, match=r"^one$"):
        all_at_once([fails, works])
    assert ended == ["two"]
