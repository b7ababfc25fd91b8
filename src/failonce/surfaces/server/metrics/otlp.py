"""Families of numbers in OpenTelemetry's form, and the exporter that sends them (extra `otel`).

Names and labels are those of `/metrics`, without the `_total` that Prometheus puts behind sums.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from itertools import pairwise
from typing import Final

from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
from opentelemetry.sdk.metrics.export import (
    AggregationTemporality,
    Gauge,
    Histogram,
    HistogramDataPoint,
    Metric,
    MetricExportResult,
    MetricsData,
    NumberDataPoint,
    ResourceMetrics,
    ScopeMetrics,
    Sum,
)
from opentelemetry.sdk.resources import OTELResourceDetector, Resource
from opentelemetry.sdk.util.instrumentation import InstrumentationScope
from prometheus_client import Metric as Family

import failonce

_UNITS: Final = {"seconds": "s", "bytes": "By", "ratio": "1"}
_SINCE_START: Final = AggregationTemporality.CUMULATIVE
_UNKNOWN: Final = 0
"""When a sum began that the store keeps: OpenTelemetry's word for a time that nobody knows."""

Labels = tuple[tuple[str, str], ...]


class Exporter:
    """Sends numbers where OpenTelemetry's variables say, with the headers, the certificates and
    the patience that they name. `OTEL_SERVICE_NAME` and `OTEL_RESOURCE_ATTRIBUTES` say whose
    they are."""

    def __init__(self) -> None:
        self._exporter = OTLPMetricExporter()
        own = Resource({"service.name": "failonce", "service.version": failonce.__version__})
        self._whose = own.merge(OTELResourceDetector().detect())

    def send(self, families: Iterable[Family], at_ns: int) -> bool:
        """Send them as of a moment; whether they were taken. Tries for as long as it may."""
        scope = ScopeMetrics(
            scope=InstrumentationScope("failonce", failonce.__version__),
            metrics=list(translated(families, at_ns)),
            schema_url="",
        )
        whole = ResourceMetrics(resource=self._whose, scope_metrics=[scope], schema_url="")
        found = self._exporter.export(MetricsData(resource_metrics=[whole]))
        return found is MetricExportResult.SUCCESS

    def close(self) -> None:
        """Give up what is being sent."""
        self._exporter.shutdown()


def translated(families: Iterable[Family], at_ns: int) -> Iterator[Metric]:
    """Each family with its points; those without any are left out."""
    for family in families:
        if family.samples:
            unit = _UNITS.get(family.name.rpartition("_")[2], "")
            yield Metric(
                name=family.name,
                description=family.documentation,
                unit=unit,
                data=_points(family, at_ns),
            )


def _points(family: Family, at_ns: int) -> Sum | Gauge | Histogram:
    values = _by_name(family)
    began = {labels: int(s * 1e9) for labels, s in values[f"{family.name}_created"].items()}
    match family.type:
        case "counter":
            numbers = _numbers(values[f"{family.name}_total"], began, at_ns)
            return Sum(data_points=numbers, aggregation_temporality=_SINCE_START, is_monotonic=True)
        case "gauge":
            return Gauge(data_points=_numbers(values[family.name], began, at_ns))
        case "histogram":
            spread = list(_histograms(family.name, values, began, at_ns))
            return Histogram(data_points=spread, aggregation_temporality=_SINCE_START)
        case other:
            raise ValueError(f"{family.name} is a {other}, which no number here may be")


def _by_name(family: Family) -> Mapping[str, Mapping[Labels, float]]:
    found: defaultdict[str, dict[Labels, float]] = defaultdict(dict)
    for sample in family.samples:
        found[sample.name][tuple(sample.labels.items())] = sample.value
    return found


def _numbers(
    values: Mapping[Labels, float], began: Mapping[Labels, int], at_ns: int
) -> list[NumberDataPoint]:
    return [
        NumberDataPoint(
            attributes=dict(labels),
            start_time_unix_nano=began.get(labels, _UNKNOWN),
            time_unix_nano=at_ns,
            value=float(value),
        )
        for labels, value in values.items()
    ]


def _histograms(
    name: str, values: Mapping[str, Mapping[Labels, float]], began: Mapping[Labels, int], at_ns: int
) -> Iterator[HistogramDataPoint]:
    """Prometheus' buckets hold all below their bound, OpenTelemetry's what is between two."""
    below: defaultdict[Labels, dict[float, int]] = defaultdict(dict)
    for labels, count in values[f"{name}_bucket"].items():
        rest = tuple(x for x in labels if x[0] != "le")
        below[rest][float(dict(labels)["le"])] = int(count)
    for labels, buckets in below.items():
        bounds = sorted(buckets)
        counts = [0, *(buckets[bound] for bound in bounds)]
        yield HistogramDataPoint(
            attributes=dict(labels),
            start_time_unix_nano=began.get(labels, _UNKNOWN),
            time_unix_nano=at_ns,
            count=counts[-1],
            sum=values[f"{name}_sum"][labels],
            bucket_counts=[more - less for less, more in pairwise(counts)],
            explicit_bounds=bounds[:-1],
            min=0.0,
            max=0.0,
        )
