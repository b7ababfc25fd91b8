"""The table of the Skillsmith seed, the materialized view and the view over it."""

from failonce.language.signals import ERROR_NAME
from failonce.adapters.sql_functions.expressions import advanced
