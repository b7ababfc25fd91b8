"""The numbers that a monitoring system reads: `GET /metrics`, and the same pushed by OTLP.

measures   what this process counts as it goes: requests, reports, looks for lessons
timed      the part of the app that counts requests
store      the numbers of one tenant's store, and how far what is in force is behind it
machine    the queue, the spool and the sandbox of this machine
scraping   all of them together, as whoever asks may see them
otlp       the same in the form of OpenTelemetry
pushing    … sent to a collector, beside the server

Prometheus' own `Metric` is the one form. No label holds anything that people or errors say: no
project, no tool, no text.
"""

from failonce.surfaces.server.metrics.measures import Looked, Measures
from failonce.surfaces.server.metrics.scraping import CONTENT_TYPE, exposed, families
from failonce.surfaces.server.metrics.timed import Timed

__all__ = ["CONTENT_TYPE", "Looked", "Measures", "Timed", "exposed", "families"]
