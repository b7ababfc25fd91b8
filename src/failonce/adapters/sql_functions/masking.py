"""`normalize_error_message(text)`: the table of masks as one PL/pgSQL function.

The same steps in the same order as `signature.masking.mask`, which says what each is for. Every
expression is compared by code point (`COLLATE "C"`), so that the database's locale says nothing;
a row whose matches all hold some text is passed over where that text is not.
"""

from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import Final

from failonce.adapters.sql_functions.expressions import advanced, core, needed
from failonce.signature.masks import (
    CHARACTERS,
    INPUT_LIMIT,
    LONGEST_RUN,
    MASKS,
    SHIELD,
    Action,
    Mask,
)

_BLANKS: Final = [code for code, character in CHARACTERS.items() if character == " " and code]
_DIGITS: Final = {code: character for code, character in CHARACTERS.items() if character != " "}
_CUT: Final = next(row.order for row in MASKS if row.name == "long")
"""The row behind which no run of characters without a break is longer than `LONGEST_RUN`."""
_SELDOM: Final = frozenset({"relative", "code"})
"""Rows that take long to find nothing: something that is quick to find is looked for first."""
_KEPT: Final = "".join(f"\\u{SHIELD + digit:04x}" for digit in range(10))


def masking() -> str:
    """The statements that make `normalize_error_message` and what it needs."""
    rows = "\n".join(_row(row) for row in MASKS)
    return f"""\
create or replace function public.failonce_keep(txt text, pattern text) returns text
language plpgsql immutable strict parallel safe set search_path = ''
as $failonce$
declare
  t constant text collate "C" := txt;
  marked constant text collate "C" :=
    regexp_replace(t, pattern, chr(1) || $re$\\&$re$ || chr(2), 'g');
  piece text;
  kept text := '';
begin
  if strpos(marked, chr(1)) = 0 then
    return txt;
  end if;
  -- the digits of what matched become private characters, which no later row touches
  foreach piece in array string_to_array(marked, chr(1)) loop
    kept := kept || case strpos(piece, chr(2))
      when 0 then piece
      else translate(split_part(piece, chr(2), 1), '0123456789', E'{_KEPT}')
        || split_part(piece, chr(2), 2)
    end;
  end loop;
  return kept;
end
$failonce$;

create or replace function public.normalize_error_message(txt text) returns text
language plpgsql immutable strict parallel safe set search_path = ''
as $failonce$
declare
  t text collate "C" := left(txt, {INPUT_LIMIT});
  digits boolean;
begin
  t := regexp_replace(t, $re$[{_ranges(_BLANKS)}]$re$, ' ', 'g');
  if t ~ $re$[{_ranges(_DIGITS)}]$re$ then
    t := translate(t, E'{"".join(map(_escaped, _DIGITS))}',
      '{"".join(_DIGITS.values())}');
  end if;
  digits := translate(t, '0123456789', '') <> t;
{rows}
  t := btrim(translate(t, E'{_KEPT}', '0123456789'), ' ');
  if length(t) > {INPUT_LIMIT} then  -- cut where no token is torn
    t := rtrim(coalesce(substring(left(t, {INPUT_LIMIT}) from '.*[ >]'), ''), ' ');
  end if;
  return t;
end
$failonce$;
"""


def _row(row: Mask) -> str:
    cut = row.order > _CUT
    pattern = f"$re${advanced(row.pattern, ignore_case=row.ignore_case, cut=cut)}$re$"
    if row.action is Action.KEEP:
        work = f"t := public.failonce_keep(t, {pattern});"
    else:
        work = f"t := regexp_replace(t, {pattern}, '{row.placeholder}', 'g');"
    where = " and ".join(_conditions(row))
    if where:
        work = f"if {where} then\n    {work}\n  end if;"
    return f"  -- {row.name}: {row.why}\n  {work}"


def _conditions(row: Mask) -> Iterator[str]:
    if row.needs_digit:
        yield "digits"
    if row.order == _CUT:
        words = f"string_to_table(t, ' ') as word where length(word) > {LONGEST_RUN}"
        yield f"exists (select from {words})"
    for character in sorted(needed(row.pattern, ignore_case=row.ignore_case)):
        yield f"strpos(t, E'{_escaped(ord(character))}') > 0"
    if row.name in _SELDOM:
        yield f"t ~ $re${advanced(core(row.pattern), ignore_case=row.ignore_case)}$re$"


def _ranges(codes: Iterable[int]) -> str:
    """The body of a class that holds these characters."""
    runs = groupby(enumerate(sorted(codes)), key=lambda pair: pair[1] - pair[0])
    spans = [[code for _, code in run] for _, run in runs]
    ends = ((span[0],) if len(span) == 1 else (span[0], span[-1]) for span in spans)
    return "".join("-".join(f"\\u{code:04x}" for code in pair) for pair in ends)


def _escaped(code: int) -> str:
    """A character inside E''; letters and digits as they are."""
    return chr(code) if chr(code).isalnum() and code < 128 else f"\\u{code:04x}"
