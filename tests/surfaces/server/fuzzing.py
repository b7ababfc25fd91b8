"""What an API says of itself, held against what it does with requests made from its description."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, Final
from urllib.parse import parse_qsl, urlsplit

import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from hypothesis.errors import Unsatisfiable
from schemathesis import Case, GenerationMode
from schemathesis.checks import CheckFunction, not_a_server_error
from schemathesis.config import GenerationConfig
from schemathesis.core.failures import AcceptedNegativeData, FailureGroup
from schemathesis.schemas import APIOperation
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
    unsupported_method,
)

CHECKS: Final[list[CheckFunction]] = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
    response_headers_conformance,
    negative_data_rejection,
    unsupported_method,
]


@schemathesis.serializer("application/x-ndjson")
def _lines(_context: object, value: object) -> bytes:
    """Whatever is to be sent as lines, as it is."""
    return value if isinstance(value, bytes) else str(value).encode("utf-8", "replace")


Known = Mapping[str, Sequence[str]]
"""By the beginning of an address: the ids that there are."""


@dataclass(slots=True)
class Fuzzer:
    """Asks in somebody's name, and gathers what does not fit; each kind of it once."""

    base: str
    schema: Any
    known: Known
    headers: Mapping[str, str]
    examples: int
    """Requests made at random for each operation, those that fit and those that do not."""
    stride: int = 1
    """Of the cases that the description asks for each so many-eth is made."""
    found: dict[tuple[str, str, int], str] = field(default_factory=dict)
    statuses: dict[int, int] = field(default_factory=dict)
    session: requests.Session = field(default_factory=requests.Session)

    @property
    def asked(self) -> int:
        """Requests that were answered."""
        return sum(self.statuses.values())

    def run(self, operations: Sequence[APIOperation]) -> None:
        """All the cases that the description asks for, then some at random."""
        for operation in operations:
            for case in islice(self._coverage(operation), None, None, self.stride):
                self._ask(case)
            self._random(operation, GenerationMode.POSITIVE, self._real(operation))
            self._random(operation, GenerationMode.NEGATIVE, st.just(""))

    def _coverage(self, operation: APIOperation) -> Iterator[Case]:
        modes = [GenerationMode.POSITIVE, GenerationMode.NEGATIVE]
        made: Iterator[Case] = self.schema.iter_coverage_cases(
            operation, generation_modes=modes, generation_config=GenerationConfig()
        )
        return made

    def _random(
        self, operation: APIOperation, mode: GenerationMode, ids: st.SearchStrategy[str]
    ) -> None:
        def ask(case: Case, id: str) -> None:
            self._ask(_about(case, id) if id else case)

        bounds = settings(
            max_examples=self.examples,
            database=None,
            deadline=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        run: Callable[[], None] = bounds(given(operation.as_strategy(mode), ids)(ask))
        with suppress(Unsatisfiable):  # of what takes nothing, nothing is wrong
            run()

    def _real(self, operation: APIOperation) -> st.SearchStrategy[str]:
        """Often an id that there is."""
        fits = [ids for start, ids in self.known.items() if operation.path.startswith(start)]
        if "{" not in operation.path or not fits:
            return st.just("")
        return st.one_of(st.just(""), *[st.sampled_from(fits[0])] * 3)

    def _ask(self, case: Case) -> None:
        try:
            answered = case.call(
                base_url=self.base, session=self.session, headers=dict(self.headers)
            )
        except requests.exceptions.InvalidHeader:
            return  # what no client can send
        self.statuses[answered.status_code] = self.statuses.get(answered.status_code, 0) + 1
        try:
            case.validate_response(answered, checks=CHECKS, headers=dict(self.headers))
        except FailureGroup as group:
            for one in group.exceptions:
                if isinstance(one, AcceptedNegativeData) and _meant(
                    case, answered.request.url, one
                ):
                    continue
                key = (case.operation.label, one.title, answered.status_code)
                told = f"{one.message}\n{case.as_curl_command()[:2000]}\n{answered.text[:500]}"
                self.found.setdefault(key, told)


def _about(case: Case, id: str) -> Case:
    """The same on something that there is, whatever its text is by now."""
    for name in case.path_parameters:
        case.path_parameters[name] = id
    if isinstance(case.body, dict):
        case.body.pop("digest", None)
    for name in [x for x in case.headers if x.lower() == "if-match"]:
        del case.headers[name]
    return case


def _meant(case: Case, url: str | None, found: AcceptedNegativeData) -> bool:
    """Whether it is taken on purpose though it does not fit: of a parameter that is given twice
    the last counts, a scope named twice is one, and one report that cannot be read does not lose
    the others."""
    names = [name for name, _ in parse_qsl(urlsplit(url or "").query, keep_blank_values=True)]
    twice = len(names) != len(set(names)) or "`uniqueItems`" in found.message
    return twice or "taking in" in (case.operation.tags or ())


def operations(schema: Any) -> list[APIOperation]:
    """All that a description holds; one that cannot be read fails."""
    return [found.ok() for found in schema.get_all_operations()]


def described(openapi: dict[str, Any]) -> Any:
    """A description, ready to make requests from."""
    config = {
        "generation": {"with-security-parameters": False, "allow-extra-parameters": False},
        "checks": {
            "negative_data_rejection": {"expected-statuses": [400, *range(401, 430)]},
        },
    }
    return schemathesis.openapi.from_dict(openapi, config=schemathesis.Config.from_dict(config))
