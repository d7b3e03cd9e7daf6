"""Making the next thing ready while the one before is used."""

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from typing import TypeVar

Item = TypeVar("Item")
Made = TypeVar("Made")


def one_ahead(items: Iterable[Item], make: Callable[[Item], Made]) -> Iterator[Made]:
    """Yield `make(item)` for each item, in order; while one is used, another thread makes the next.

    Args:
        items: Read by the caller's thread alone, one item ahead. What they raise is raised when all before was yielded.
        make: Called once for each item, never twice at a time. What it raises is raised in the place of its item.

    Examples:
        >>> list(one_ahead(["a", "b"], str.upper))
        ['A', 'B']
    """
    with ThreadPoolExecutor(max_workers=1, thread_name_prefix="one-ahead") as pool:
        coming = _submitted(items, make, pool)
        now = next(coming, None)
        while now is not None:
            following = next(coming, None)
            yield now.result()
            now = following


def _submitted(items: Iterable[Item], make: Callable[[Item], Made], pool: Executor) -> Iterator[Future[Made]]:
    try:
        for item in items:
            yield pool.submit(make, item)
    except Exception as error:  # noqa: BLE001 (raised again, in its turn)
        failed: Future[Made] = Future()
        failed.set_exception(error)
        yield failed
