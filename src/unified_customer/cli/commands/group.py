"""A group of commands, such as `audit`."""

import typer


def group(name: str, help: str) -> typer.Typer:  # noqa: A002 (typer calls it so)
    """Return an empty group of commands.

    Examples:
        >>> group("audit", "Verify who read and changed what.").info.name
        'audit'
    """
    return typer.Typer(
        name=name,
        help=help,
        no_args_is_help=True,
        pretty_exceptions_enable=False,
        rich_markup_mode=None,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
