"""BLAKE2b in PL/pgSQL, so that a database without extensions gives failures their very names.

The names are `signature.fingerprint.stable_id`'s. Words of 64 bits are `bigint`, which PostgreSQL
does not let overflow: a sum of two is twice their mean and the lowest bit, a sum of three goes by
halves of 32 bits. Source: RFC 7693; docs/decisions/0005.
"""

from math import isqrt
from typing import Final

_PRIMES: Final = (2, 3, 5, 7, 11, 13, 17, 19)
_HALF: Final = (1 << 32) - 1
_PARAMETERS: Final = 0x01010010
"""Digest of 16 bytes, no key, a tree of one leaf."""
_PERSON: Final = b"failonce"
_ROWS: Final = (
    (0, 4, 8, 12), (1, 5, 9, 13), (2, 6, 10, 14), (3, 7, 11, 15),
    (0, 5, 10, 15), (1, 6, 11, 12), (2, 7, 8, 13), (3, 4, 9, 14),
)  # fmt: skip
_SCHEDULE: Final = (
    "0123456789abcdef", "ea489fd61c02b753", "b8c052fdae367194", "7931dcbe265a40f8",
    "905724afe1bc683d", "2c6a0b834d75fe19", "c51fed4a0763928b",
    "db7ec13950f4862a", "6fe9b308c2d714a5", "a2847615fb9e3cd0",
)  # fmt: skip
"""Which word of the block each half step takes, round by round; rounds 10 and 11 begin again."""


def naming() -> str:
    """The statement that makes `failonce_id(parts text[]) → uuid`."""
    start = [isqrt(prime << 128) & ((1 << 64) - 1) for prime in _PRIMES]
    state = list(start)
    state[0] ^= _PARAMETERS
    state[6] ^= int.from_bytes(_PERSON, "little")
    order = ",".join(str(int(word, 16) + 1) for row in _SCHEDULE for word in row)
    rounds = "\n".join(_step(row, first=2 * k + 1) for k, row in enumerate(_ROWS))
    fold = "\n".join(f"    h{n} := h{n} # v{n} # v{n + 8};" for n in range(8))
    begin = "\n".join(
        f"    v{n} := h{n}; v{n + 8} := {_signed(word)};" for n, word in enumerate(start)
    )
    return f"""\
create or replace function public.failonce_id(parts text[]) returns uuid
language plpgsql immutable strict parallel safe set search_path = ''
as $failonce$
declare
  part text;
  data bytea := '';
  size integer;
  at integer;
  words bigint[];
  orders constant integer[] := '{{{order}}}';
  word bigint;
  low bigint;
{_declared("h", state)}
{_declared("v", [0] * 16)}
begin
  -- each part behind its length, so that none runs into the next
  foreach part in array parts loop
    data := data || int8send(octet_length(part)) || convert_to(part, 'UTF8');
  end loop;
  size := length(data);
  data := data || decode(repeat('00', case when size = 0 then 128 else -size & 127 end), 'hex');
  for block in 0 .. length(data) / 128 - 1 loop
    for n in 0 .. 15 loop
      at := block * 128 + n * 8;
      words[n + 1] := {" | ".join(_byte(n) for n in range(8))};
    end loop;
{begin}
    v12 := v12 # least(size, block * 128 + 128);
    if block = length(data) / 128 - 1 then
      v14 := ~ v14;
    end if;
    for turn in 0 .. 11 loop
      at := turn % 10 * 16;
{rounds}
    end loop;
{fold}
  end loop;
  return encode({_bytes("h0")} || {_bytes("h1")}, 'hex')::uuid;
end
$failonce$;
"""


def _step(row: tuple[int, int, int, int], *, first: int) -> str:
    """One application of the mixing function to four words."""
    return "\n".join(
        _half([f"v{n}" for n in row], first + k, turns)
        for k, turns in enumerate(((32, 24), (16, 63)))
    )


def _half(words: list[str], n: int, turns: tuple[int, int]) -> str:
    a, b, c, d = words
    return f"""\
      word := words[orders[at + {n}]];
      low := ({a} & {_HALF}) + ({b} & {_HALF}) + (word & {_HALF});
      {a} := ((({a} >> 32) + ({b} >> 32) + (word >> 32) + (low >> 32)) << 32) | (low & {_HALF});
      {d} := {_rotated(f"({d} # {a})", turns[0])};
      {c} := ((({c} >> 1) + ({d} >> 1) + ({c} & {d} & 1)) << 1) | (({c} # {d}) & 1);
      {b} := {_rotated(f"({b} # {c})", turns[1])};"""


def _rotated(word: str, by: int) -> str:
    return f"({word} << {64 - by}) | (({word} >> {by}) & {(1 << (64 - by)) - 1})"


def _byte(n: int) -> str:
    return f"(get_byte(data, at + {n})::bigint << {8 * n})"


def _bytes(word: str) -> str:
    """The bytes of a word, the lowest first."""
    swapped = " || ".join(f"substr(int8send({word}), {n}, 1)" for n in range(8, 0, -1))
    return f"({swapped})"


def _declared(name: str, words: list[int]) -> str:
    return "\n".join(f"  {name}{n} bigint := {_signed(word)};" for n, word in enumerate(words))


def _signed(word: int) -> int:
    return word - (1 << 64) if word >> 63 else word
