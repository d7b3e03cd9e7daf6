"""`rights`: what people can ask for."""

import typer

from unified_customer.cli.accessing import access, portability

rights = typer.Typer(
    name="rights",
    help="Answer what people ask for: access and portability.",
    no_args_is_help=True,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)
rights.command()(access)
rights.command()(portability)
