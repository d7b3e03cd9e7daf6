"""Progress of long work on stderr; silent when stderr is no terminal, or when JSON is asked for."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, fields

from rich.progress import BarColumn, Progress, ProgressColumn, SpinnerColumn, Task, TextColumn, TimeElapsedColumn
from rich.text import Text

from unified_customer.cli.output import Output
from unified_customer.connectors import BATCH_ROWS, Batch, BoundSource, State

Seen = Callable[[int], None]


class RowsColumn(ProgressColumn):
    """How many rows were seen; nothing for work that is not counted in rows."""

    def render(self, task: Task) -> Text:
        """Return the count of one task."""
        return Text(f"{int(task.completed):,} rows" if task.completed else "", style="dim")


@contextmanager
def working(out: Output, title: str) -> Iterator[Seen]:
    """Show that something goes on; call what is given with the number of rows that came.

    Args:
        out: Where results go; progress is shown beside.
        title: What goes on.
    """
    silent = out.as_json or not out.notes.is_terminal
    columns = (
        SpinnerColumn(), TextColumn("{task.description}"), BarColumn(bar_width=20), RowsColumn(), TimeElapsedColumn(),
    )  # fmt: skip
    with Progress(*columns, console=out.notes, transient=True, disable=silent) as progress:
        task = progress.add_task(title, total=None)
        yield lambda rows: progress.advance(task, rows)


@dataclass(frozen=True, eq=False)
class WatchedSource(BoundSource):
    """A source that tells how many rows came."""

    seen: Seen = field(default=lambda _: None)

    def read(self, state: State | None = None, *, batch_rows: int = BATCH_ROWS) -> Iterator[Batch | State]:
        """Yield what the source yields."""
        for item in super().read(state, batch_rows=batch_rows):
            if isinstance(item, Batch):
                self.seen(len(item))
            yield item


def watched(source: BoundSource, seen: Seen) -> WatchedSource:
    """Return `source`, telling `seen` how many rows came."""
    known = {each.name: getattr(source, each.name) for each in fields(BoundSource)}
    return WatchedSource(**known, seen=seen)
