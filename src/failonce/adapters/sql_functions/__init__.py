"""The database part of the Skillsmith seed for PostgreSQL, as one file (S4, S10-S16).

    script(weights, windows) → the text of the file

Two functions, a materialized view and a view, with the very names that failonce gives failures.
Everything is made of the one table of masks, with what every PostgreSQL from 14 on has: no
extension, no superuser. Running the file again changes nothing.
"""

from failonce.adapters.sql_functions.hashing import naming
from failonce.adapters.sql_functions.masking import masking
from failonce.adapters.sql_functions.views import NAMING, views
from failonce.ports import Weights, Windows
from failonce.signature.masks import SCHEME_VERSION

__all__ = ["script", "statements"]


def script(weights: Weights, windows: Windows) -> str:
    """The file: plain ASCII, one transaction, to be run by whoever owns the schema `public`."""
    return f"""\
-- Written by failonce from its table of masks (scheme {SCHEME_VERSION}); do not edit.
-- After new errors: refresh materialized view concurrently public.error_signatures;
begin;
{statements(weights, windows)}
commit;
"""


def statements(weights: Weights, windows: Windows, *, store: str = "public") -> str:
    """What stands in the file, for whoever has begun a transaction.

    *store* is the schema of failonce's own store in the same database. Where it is not `public`,
    and there is no table `agent_errors`, a view of that name shows the errors of the store.
    """
    return f"""
set local client_min_messages = warning;

do $failonce$
begin
  if current_setting('server_encoding') <> 'UTF8' then
    raise exception 'failonce needs a database in UTF8, and this one is in %',
      current_setting('server_encoding');
  end if;
end
$failonce$;

{naming()}
{masking()}{NAMING}{views(weights, windows, store)}"""
