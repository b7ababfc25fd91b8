"""The name of a failed call: its own argument values masked first, then its fingerprint."""

from failonce.model import Args
from failonce.signature.fingerprint import Fingerprint, fingerprint
from failonce.signature.values import mask_values


def name_failure(*, tool: str, error_type: str, text: str, args: Args | None) -> Fingerprint:
    """Name a failure of `tool` so that calls that differ in values alone have one name.

    `cd: 'tmp': No such file` called with `folder="tmp"` is `cd: '<arg:folder>': …`. A
    function of this one event: no state, no order (see docs/decisions/0004).
    """
    masked = mask_values(text, args).text if args else text
    return fingerprint(component=tool, error_type=error_type, text=masked)
