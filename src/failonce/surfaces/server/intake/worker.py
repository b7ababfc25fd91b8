"""In a process that stores what comes in: parcels → evidence → one transaction."""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Final

from failonce.adapters.intake import calls, errors, otlp, sentry, webhook
from failonce.adapters.intake.encoding import unpacked
from failonce.adapters.intake.otlp_wire import Signal
from failonce.adapters.intake.otlp_wire import answer as otlp_answer
from failonce.adapters.intake.parsed import Parsed
from failonce.compose import Configuration
from failonce.errors import FailonceError, StoreError
from failonce.surfaces.server.children import end_with_parent
from failonce.surfaces.server.intake.parcel import Format, Parcel, Receipt, Refused
