"""One section of the Global Privacy Platform for the United States, field by field."""

from dataclasses import dataclass
from typing import Any

from unified_customer.connectors.signals.bits import BitReader
from unified_customer.connectors.signals.us_layouts import SENSITIVE, SENSITIVE_KINDS, Layout

Choice = int | None
"""0 does not apply, 1 yes (opted out, no consent), 2 no (did not opt out, consent); None: the section has no such
field."""


@dataclass(frozen=True, slots=True)
class UsSection:
    """What a section says.

    Of a notice, 1 is "was given"; of an opt-out, 1 is "opted out"; of a consent, 1 is "no consent" and 2 "consent".
    """

    version: int
    sharing_notice: Choice = None
    processing_notice: Choice = None
    sale_opt_out_notice: Choice = None
    sharing_opt_out_notice: Choice = None
    targeted_advertising_opt_out_notice: Choice = None
    sensitive_data_processing_opt_out_notice: Choice = None
    sensitive_data_limit_use_notice: Choice = None
    sale_opt_out: Choice = None
    sharing_opt_out: Choice = None
    targeted_advertising_opt_out: Choice = None
    sensitive_data_processing: tuple[int, ...] | None = None
    """One for each kind of sensitive data, in the order of the section's specification."""
    known_child_consents: tuple[int, ...] = ()
    """One for each use of the data of children, in the order of the section's specification."""
    personal_data_consents: Choice = None
    additional_data_processing_consent: Choice = None
    mspa_covered_transaction: Choice = None
    mspa_mode: Choice = None
    mspa_opt_out_option_mode: Choice = None
    mspa_service_provider_mode: Choice = None
    gpc: bool | None = None
    """Global Privacy Control, as the site saw it; None: the section does not tell."""


def decode_us_section(text: str, layout: Layout) -> UsSection:
    """Return what a section says.

    Args:
        text: A core and perhaps one sub-section, joined by a dot.
        layout: How the section is written.

    Raises:
        SignalError: The text is none of that section, or of a version that is not known.
    """
    what = f"GPP section {layout.name}"
    core, *others = text.split(".")
    reader = BitReader(core, what=what)
    version = reader.number(6)
    if version not in layout.versions:
        known = ", ".join(map(str, layout.versions))
        raise reader.wrong(f"its version is {version}, and only {known} can be read")
    if len(others) > (layout.second != "none"):
        raise reader.wrong("it has more sub-sections than are defined")
    fields = {name: _read(reader, count) for name, count in layout.versions[version]}
    reader.finish()
    for each in others:
        fields |= _sub_section(BitReader(each, what=what), layout)
    return UsSection(version, **fields)


def _read(reader: BitReader, count: int) -> Any:
    return tuple(_choice(reader) for _ in range(count)) if count else _choice(reader)


def _choice(reader: BitReader) -> int:
    value = reader.number(2)
    if value == 3:
        raise reader.wrong("it has a value that is not defined")
    return value


def _sub_section(reader: BitReader, layout: Layout) -> dict[str, Any]:
    if layout.second == "sensitive_data":
        found: dict[str, Any] = {SENSITIVE: _read(reader, SENSITIVE_KINDS)}
    elif reader.number(2) == 1:
        found = {"gpc": reader.flag()}
    else:
        raise reader.wrong("it has a sub-section of a type that is not defined")
    reader.finish()
    return found
