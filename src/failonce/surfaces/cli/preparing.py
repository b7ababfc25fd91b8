"""`failonce store sql` and `failonce store setup`: functions and views in a database."""

from failonce.adapters.sql_functions import script
from failonce.adapters.sql_store import on_server
from failonce.compose import configure
from failonce.errors import BadSetting
from failonce.surfaces.cli.options import StoreUrl
from failonce.surfaces.cli.output import say


def sql() -> None:
    """Print the functions and views for PostgreSQL, as one file.

    normalize_error_message, error_fingerprint, error_signatures and error_candidates; with the
    table agent_errors where there is none. Needs no extension and no superuser, so that the SQL
    editor of a hosted database runs it as it is. Run again, it changes nothing.
    """
    policy = configure().policy
    print(script(policy.weights, policy.windows), end="")


def setup(url: StoreUrl = None) -> None:
    """Put those functions and views into the database of the store.

    Which one it is says --store, FAILONCE_STORE__URL, or SUPABASE_DB_HOST, _PORT, _NAME, _USER
    and _PASSWORD.
    """
    from failonce.adapters.sql_functions.server import install  # noqa: PLC0415 - SQLAlchemy's time

    config = configure(store=url)
    if not on_server(config.url):
        raise BadSetting(
            f"The store {config.url} is a SQLite file, which has these views from the start. "
            "Name a PostgreSQL database: --store postgresql://USER:PASSWORD@HOST/DATABASE, or "
            "SUPABASE_DB_HOST, SUPABASE_DB_USER and SUPABASE_DB_PASSWORD."
        )
    where = install(config.url, config.policy.weights, config.policy.windows)
    say(f"The functions and views are in {where}.")
    say("After new errors: refresh materialized view concurrently error_signatures;")
