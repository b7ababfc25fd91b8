"""The table of the Skillsmith seed, its materialized view and the view over it (S10, S14, S15)."""

from hashlib import sha256
from typing import Final

from failonce.language.pattern_table import HEAD, TAIL
from failonce.language.signals import ERROR_ENDS
from failonce.ports import Weights, Windows
from failonce.signature.masks import SCHEME_VERSION

NAMING: Final = rf"""
create or replace function public.failonce_error_type(txt text) returns text
language plpgsql immutable parallel safe set search_path = ''
as $failonce$
declare
  t constant text collate "C" := case when length(txt) > {HEAD + TAIL}
    then left(txt, {HEAD}) || E'\n' || right(txt, {TAIL}) else txt end;
begin
  return coalesce(substring(t from $re$(?w)(?:^|[ \t\n\f\r(["'>:|])(?:[A-Za-z_][A-Za-z0-9_$]{{0,60}}(?:\.|::|\\)){{0,8}}([A-Z][A-Za-z0-9_]{{0,80}}(?:{ERROR_ENDS}))(?:[:)\] \t\n\f\r,'"]|$)$re$), '');
end
$failonce$;

create or replace function public.error_fingerprint(type text, component text, msg text)
returns uuid
language plpgsql immutable parallel safe set search_path = ''
as $failonce$
begin
  return public.failonce_id(array['{SCHEME_VERSION}', coalesce(component, ''), coalesce(type, ''),
    coalesce(public.normalize_error_message(msg), '')]);
end
$failonce$;
"""  # noqa: E501 - the expression is one line
"""The name of a failure, and the type of an error that only has a text."""

_TABLE: Final = f"""
do $failonce$
begin
  if to_regclass('public.agent_errors') is not null then
    return;
  end if;
  create table public.agent_errors (
    id bigserial primary key,
    ts timestamptz default now(),
    error text,
    component text,
    tags text[],
    norm_error text,
    fingerprint uuid
  );
  create index agent_errors_ts on public.agent_errors (ts);
  create function public.failonce_name_error() returns trigger
  language plpgsql set search_path = ''
  as $name$
  begin
    new.norm_error := public.normalize_error_message(new.error);
    new.fingerprint := public.failonce_id(array['{SCHEME_VERSION}', coalesce(new.component, ''),
      public.failonce_error_type(new.error), new.norm_error]);
    return new;
  end
  $name$;
  create trigger failonce_name_error before insert on public.agent_errors
    for each row when (new.error is not null and new.fingerprint is null)
    execute function public.failonce_name_error();
  -- errors are nobody's business but the owner's; Supabase shows `public` to the world
  alter table public.agent_errors enable row level security;
end
$failonce$;
"""


_SHOWN: Final = """
do $failonce$
begin
  if to_regclass('public.agent_errors') is not null then
    return;
  end if;
  create view public.agent_errors as
  select id, ts, error, component, norm_error,
    array(select json_array_elements_text(tags)) as tags,
    case when fingerprint ~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' then fingerprint::uuid
    end as fingerprint
  from %s.agent_errors;
end
$failonce$;
"""


def views(weights: Weights, windows: Windows, store: str) -> str:
    """The statements that make the table where there is none, and both views.

    Where failonce keeps its own store, the names are those of its own views, which are never
    stale: they stay. A view of an older file is made anew.
    """
    body = _signatures(weights, windows)
    mark = f"failonce {sha256(body.encode()).hexdigest()[:16]}"
    own = '"' + store.replace('"', '""') + '"'
    return f"""{_TABLE if store == "public" else _SHOWN % own}
do $failonce$
declare
  there record;
begin
  select relkind, obj_description(oid, 'pg_class') as told into there
    from pg_class where oid = to_regclass('public.error_signatures');
  if there.relkind = 'v' or (there.relkind = 'm' and there.told = '{mark}') then
    return;
  end if;
  drop view if exists public.error_candidates;
  drop materialized view if exists public.error_signatures;
  create materialized view public.error_signatures as
{body};
  create unique index error_signatures_fp on public.error_signatures (fp);
  create view public.error_candidates as select * from public.error_signatures;
  comment on materialized view public.error_signatures is '{mark}';
end
$failonce$;
{_CLOSED}"""  # noqa: S608 - all of it is ours


def _signatures(weights: Weights, windows: Windows) -> str:
    week, month = f"interval '{windows.week} days'", f"interval '{windows.month} days'"
    return f"""\
  with recent as (
    select id, ts, error, coalesce(component, '') as component, tags, norm_error,
      -- names of the original, which begin with zeros, are given anew
      case when norm_error is not null and fingerprint::text !~ '^0{{8}}-0{{4}}-' then fingerprint
      end as fingerprint
    from public.agent_errors
    where error is not null and ts > now() - {month}
  ),
  texts as materialized (
    select distinct component, error, translate(error, '123456789', '000000000') as folded
    from recent where fingerprint is null
  ),
  -- no expression tells one digit from another, so one of many texts speaks for all, unless what
  -- is found in it holds a digit
  shapes as materialized (
    select folded, public.normalize_error_message(folded) as template,
      public.failonce_error_type(folded) as kind
    from (select distinct folded from texts) as every
  ),
  templates as materialized (
    select component, error,
      case when kind ~ '[0-9]' then public.failonce_error_type(error) else kind end as kind,
      case when template ~ '[0-9]' then public.normalize_error_message(error) else template
      end as template
    from texts join shapes using (folded)
  ),
  names as materialized (
    select component, kind, template,
      public.failonce_id(array['{SCHEME_VERSION}', component, kind, template]) as fp
    from (select distinct component, kind, template from templates) as every
  ),
  named as materialized (
    select recent.id, ts, component, error, kind, tags,
      coalesce(fingerprint, names.fp) as fp,
      coalesce(template, norm_error) as norm_msg
    from recent
    left join templates using (component, error)
    left join names using (component, kind, template)
  ),
  newest as (
    select fp, component, norm_msg, coalesce(kind, public.failonce_error_type(error)) as kind
    from (select distinct on (fp) * from named order by fp, ts desc, id desc) as every
  ),
  hits as (
    select fp, count(*) as hits_30d, count(*) filter (where ts > now() - {week}) as hits_7d
    from named group by fp
  ),
  tagged as (
    select fp, array_agg(distinct tag order by tag) as tags
    from named cross join unnest(named.tags) as tag group by fp
  )
  select fp, component, kind, norm_msg, hits_30d, hits_7d,
    coalesce(tagged.tags, '{{}}') as tags,
    hits_7d * {weights.week:.12g} + hits_30d * {weights.month:.12g} as impact_score
  from hits join newest using (fp) left join tagged using (fp)"""  # noqa: S608 - all of it is ours


_CLOSED: Final = """
do $failonce$
declare
  visitor text;
begin
  for visitor in select rolname from pg_roles where rolname in ('anon', 'authenticated') loop
    execute format(
      'revoke all on public.error_signatures, public.error_candidates from %I', visitor);
    if 'v' = (select relkind from pg_class where oid = to_regclass('public.agent_errors')) then
      execute format('revoke all on public.agent_errors from %I', visitor);
    end if;
  end loop;
end
$failonce$;
"""
