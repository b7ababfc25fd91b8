"""Level 1: the one table of masks.

A mask replaces a value that changes between two occurrences of the same failure by a placeholder.
The table is the only definition: `masking` runs it, SQL functions are generated from it. To allow
both, patterns keep to what Python `re` and PostgreSQL's advanced regular expressions read alike:
no lazy or possessive quantifiers, bounds of at most 255, alternatives of which at most one can
match in full at a place, look-around without back-references.

To apply it: cut the text at `INPUT_LIMIT`, translate it by `CHARACTERS`, run the rows in order,
strip blanks. A row that replaces puts its placeholder for every match; a row that keeps turns the
digits of every match into the private characters from `SHIELD`, which no later row touches, and
they are turned back at the end.

Three laws hold for the table and are tested:

* *idempotent*: masking a template again changes nothing;
* *blind to values*: no pattern tells one digit from another, so texts that differ only in the
  values of equally long numbers have the same template (kept codes aside);
* *bounded*: every quantifier has an upper bound and every pattern that can run far starts at a
  token's first character, so the time is linear in the (capped) length of the text.

Source: S11, S12, D.3.6; DESIGN section 5.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from failonce.signature.tokens import ARGUMENT, TOKEN_CHARS, Placeholder

SCHEME_VERSION: Final = 1
"""Number of this table; a change of any row or constant here needs a new one and a migration."""

INPUT_LIMIT: Final = 8192
"""Only this many leading characters of a text are read; templates are no longer than that."""

LONGEST_RUN: Final = 240
"""Longer runs of characters without a break are cut to this length, so that bounds suffice."""


SHIELD: Final = 0xE000
"""Kept digits travel as the private characters from here; a text's own such characters go."""


class Action(StrEnum):
    """What a row does with the text that its pattern matches."""

    REPLACE = "replace"
    KEEP = "keep"


@dataclass(frozen=True, slots=True, kw_only=True)
class Mask:
    """One row: *pattern* is replaced by *placeholder*, or its digits are kept from later rows.

    Rows run by rising *order*. With `Action.KEEP` the digits inside the match are the error
    itself (or a name) and stay; *placeholder* is then empty.
    """

    name: str
    pattern: str
    order: int
    why: str
    placeholder: str = ""
    action: Action = Action.REPLACE
    ignore_case: bool = False
    needs_digit: bool = False
    """Nothing without a digit matches, so that a text without one may skip the row."""


# Building blocks. STARTS and ENDS mark the edge of a token, EDGE_* only that of a run of letters
# and digits. Rows that can match without a digit use the FRESH forms: the "<" or ">" of a masked
# value beside them is no edge, as what was not a path before masking must not become one after.
_STARTS = rf"(?<![{TOKEN_CHARS}])"
_STARTS_FRESH = rf"(?<![{TOKEN_CHARS}>])"
_STARTS_PATH = rf"(?<![{TOKEN_CHARS}<>])"
_ENDS_FRESH = rf"(?![{TOKEN_CHARS}<])"
_SENTENCE_ENDS = rf"(?=[.!?]{{0,3}}(?:$| )|[^{TOKEN_CHARS}<])"
_CODE_ENDS = rf"{_SENTENCE_ENDS}(?![:,][0-9:])"
_KEPT = f"{chr(SHIELD)}-{chr(SHIELD + 9)}"
_EDGE_BEFORE = f"(?<![0-9A-Za-z{_KEPT}])"
_EDGE_AFTER = f"(?![0-9A-Za-z{_KEPT}])"
_HEX = "[0-9A-Fa-f]"
_GROUPS = f"{_HEX}{{1,4}}(?::{_HEX}{{1,4}})"
_URL_CHARS = r"!#-&*+\-./0-9:=?@A-Z\\^_`a-z~"
_URL_LAST = r"#-&*+\-/0-9@A-Z\\^_`a-z~"
_SEGMENT = r"[A-Za-z0-9_.@+~$%-]"
_LINE = r"(?::[0-9]{1,7}(?![0-9A-Za-z])){0,2}"
_CLOCK = r"[0-9]{1,2}:[0-9]{2}:[0-9]{2}(?:[.,][0-9]{1,9})?"
_MINUTES = r"[0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:[.,][0-9]{1,9})?)?"
_ZONE = r"(?: ?(?:Z|[+-][0-9]{2}:?[0-9]{2}|UTC|GMT|[A-Z]{2,3}T))?"
_MONTH = "(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)"
_DAY = "(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)"
_NUMBER = r"[0-9]{1,240}(?:[.,][0-9]{1,64})"  # each use says how many such groups
_GLUED_UNIT = r"(?:[KMGTPkmgtp]?i?[Bb]|[KMGTkmgt]|ns|us|ms|s|secs?|mins?|h|hrs?|d|%|[KMGk]?Hz)"
_SPACED_UNIT = r"(?:[KMGTPkmgtp]?i?B|ns|us|ms|s|secs?|mins?|hrs?|%|[KMGk]?Hz)"
_CODE_WORD = (
    r"(?:https?|https?/[0-9](?:\.[0-9])?|(?:https? |exit )?status(?:[ _-]?code)?|http error"
    r"|errno|os error|winerror|exit(?:[ _-]?code)?|exited with(?: exit)?(?: code| status)?"
    r"|return[ _-]?code|rc|signal|error(?:[ _-]?code)?|code)"
)
_BEFORE_CODE = r"[ :=#(\[]{1,3}"
_DOTTED = rf"(?:{_STARTS}|(?<=>[._-]))(?:[A-Za-z]{{1,32}}[._-]){{0,3}}"
"""Start of a code word: perhaps `response.`, perhaps what a mask left of such a prefix."""
_STANDARD_NAME = (
    r"(?:ipv[0-9]|utf-?[0-9]{1,2}(?:-?[bl]e|mb[0-9])?|(?:sha|md|aes|rsa|base|crc)-?[0-9]{1,4}"
    r"|iso-?[0-9]{4}(?:-[0-9]{1,2})?|latin-?[0-9]|cp[0-9]{3,4}"
    r"|(?:u?int|float|complex|decimal)[0-9]{1,3}|x[0-9]{2}(?:_[0-9]{2})?"
    r"|(?:amd|arm|aarch|win)[0-9]{2}|https?/?[0-9](?:\.[0-9])?|socks[0-9]"
    r"|(?:tls|ssl)(?:v?[0-9](?:\.[0-9])?)|oauth-?[0-9]|ssh-?[0-9]|python[0-9]|s[0-9]|ec[0-9]|h[0-9]{3})"
)

MASKS: Final[tuple[Mask, ...]] = (
    Mask(
        order=10,
        name="escape",
        pattern=r"\x1b\[[0-9;]{0,16}[A-Za-z]",
        placeholder=" ",
        why="colour codes of a terminal",
    ),
    Mask(
        order=20,
        name="leader",
        pattern=r"([.=_#-])\1{2,254}",
        placeholder=" ",
        why="a run of dots or dashes is layout, of any length",
    ),
    Mask(
        order=30,
        name="space",
        pattern=r"(?<= ) {1,255}",
        placeholder="",
        why="one blank is as good as many",
    ),
    Mask(
        order=40,
        name="long",
        pattern=rf"(?<=[{_URL_CHARS}]{{{LONGEST_RUN}}})[{_URL_CHARS}]{{1,255}}",
        placeholder="",
        why="no later row then meets more than its bounds reach",
    ),
    Mask(
        order=50,
        name="argument",
        pattern=ARGUMENT,
        action=Action.KEEP,
        why="the name of a blamed argument is part of the error",
    ),
    Mask(
        order=60,
        name="url",
        pattern=rf"{_STARTS_FRESH}[A-Za-z][A-Za-z0-9+.-]{{1,63}}://[{_URL_CHARS}]{{0,240}}[{_URL_LAST}]",
        placeholder=Placeholder.URL,
        why="before paths, which it holds",
    ),
    Mask(
        order=70,
        name="email",
        pattern=(
            rf"{_STARTS_FRESH}[A-Za-z0-9._%+-]{{1,64}}"
            rf"@[A-Za-z0-9-]{{1,63}}(?:\.[A-Za-z0-9-]{{1,63}}){{1,8}}{_SENTENCE_ENDS}"
        ),
        placeholder=Placeholder.EMAIL,
        why="an address of a person or a host",
    ),
    Mask(
        order=80,
        name="drive",
        pattern=rf"{_STARTS_FRESH}(?:[A-Za-z]:\\|\\\\)[{TOKEN_CHARS}]{{0,240}}[{_URL_LAST}]{_LINE}",
        placeholder=Placeholder.PATH,
        why="paths of Windows",
    ),
    Mask(
        order=90,
        name="path",
        pattern=(
            rf"{_STARTS_PATH}(?:~|\.{{1,2}})?/(?:[{TOKEN_CHARS.replace('?', '')}]{{0,240}}"
            rf"(?:\?[{_URL_CHARS}]{{0,240}})?)?[{_URL_LAST}]{_LINE}"
        ),
        placeholder=Placeholder.PATH,
        why="before dates and ids, which it holds; with its line number and query",
    ),
    Mask(
        order=100,
        name="relative",
        pattern=(
            rf"{_STARTS_PATH}[A-Za-z_.@]{_SEGMENT}{{0,63}}"
            rf"(?:(?:/{_SEGMENT}{{1,64}}){{2,16}}/?|/{_SEGMENT}{{1,64}}\.[A-Za-z]{{1,5}})"
            rf"{_LINE}{_ENDS_FRESH}"
        ),
        placeholder=Placeholder.PATH,
        why="two slashes, or one and a file type: not the slash of 'and/or'",
    ),
    Mask(
        order=110,
        name="uuid",
        pattern=rf"{_EDGE_BEFORE}{_HEX}{{8}}-{_HEX}{{4}}-{_HEX}{{4}}-{_HEX}{{4}}-{_HEX}{{12}}{_EDGE_AFTER}",
        placeholder=Placeholder.UUID,
        why="any version; before dates and numbers, which would eat its parts",
    ),
    Mask(
        order=120,
        name="mac",
        pattern=rf"(?<![0-9A-Za-z:-]){_HEX}{{2}}(?:[:-]{_HEX}{{2}}){{5,15}}(?![0-9A-Za-z:<-])",
        placeholder=Placeholder.MAC,
        why="hardware addresses",
    ),
    Mask(
        order=130,
        name="state",
        pattern=(
            rf"{_STARTS}(?:sqlstate{_BEFORE_CODE}[0-9A-Z]{{5}}"
            rf"|(?:hresult|ntstatus){_BEFORE_CODE}[0-9]x{_HEX}{{8}}){_CODE_ENDS}"
        ),
        action=Action.KEEP,
        ignore_case=True,
        needs_digit=True,
        why="SQLSTATE 42P01 and Windows' 0x80070005 likewise",
    ),
    Mask(
        order=140,
        name="symbol",
        pattern=(
            rf"{_STARTS}(?:[Ee]rror|ERROR|[Cc]ode|CODE){_BEFORE_CODE}"
            rf"[A-Z]{{1,6}}-?[0-9]{{2,5}}{_CODE_ENDS}"
        ),
        action=Action.KEEP,
        needs_digit=True,
        why="error TS2322, error[E0308], ERROR: ORA-00942; capitals only, a node7 is no code",
    ),
    Mask(
        order=150,
        name="hex",
        pattern=rf"{_EDGE_BEFORE}(?:[0-9][xX]{_HEX}{{1,240}}|(?=[0-9]{{0,240}}[A-Fa-f]){_HEX}{{8,240}}){_EDGE_AFTER}",
        placeholder=Placeholder.HEX,
        why="addresses, hashes; letters alone too, ffffffff is one",
    ),
    Mask(
        order=160,
        name="code",
        pattern=(
            rf"(?=[A-Za-z]){_DOTTED}{_CODE_WORD}"
            rf"{_BEFORE_CODE}-?[0-9]{{1,4}}{_CODE_ENDS}"
        ),
        action=Action.KEEP,
        ignore_case=True,
        needs_digit=True,
        why="HTTP status, errno, exit code, signal: these digits are the error",
    ),
    Mask(
        order=170,
        name="standard",
        pattern=rf"{_STARTS}(?=[A-Za-z]{{1,7}}[/_-]?v?[0-9]){_STANDARD_NAME}{_CODE_ENDS}",
        action=Action.KEEP,
        ignore_case=True,
        needs_digit=True,
        why="utf-8, IPv6, int64, TLSv1.2: the digit belongs to the name",
    ),
    Mask(
        order=180,
        name="calendar",
        pattern=(
            rf"{_EDGE_BEFORE}(?:{_DAY},? )?"
            rf"(?:{_MONTH} [0-9]{{1,2}}|[0-9]{{1,2}}[ /-]{_MONTH}[ /-][0-9]{{4}})"
            rf"[ :]{_CLOCK}{_ZONE}(?: [0-9]{{4}})?{_EDGE_AFTER}"
        ),
        placeholder=Placeholder.TS,
        needs_digit=True,
        why="mail, syslog, ctime and web server dates",
    ),
    Mask(
        order=190,
        name="timestamp",
        pattern=(
            rf"{_EDGE_BEFORE}(?:[0-9]{{4}}[-/][0-9]{{2}}[-/][0-9]{{2}}"
            rf"(?:[T ,_-]{{1,2}}{_MINUTES}{_ZONE})?"
            rf"|[0-9]{{8}}T[0-9]{{6}}(?:\.[0-9]{{1,9}})?Z?|{_CLOCK}){_EDGE_AFTER}"
        ),
        placeholder=Placeholder.TS,
        needs_digit=True,
        why="ISO 8601 with fraction and zone, also without separators; a day or a time alone",
    ),
    Mask(
        order=200,
        name="ipv6",
        pattern=(
            rf"(?<![0-9A-Za-z:.{_KEPT}])(?=[A-Fa-f:]{{0,39}}[0-9])"
            rf"(?:{_GROUPS}{{3,7}}|(?:{_GROUPS}{{0,6}})?::(?:{_GROUPS}{{0,6}})?)(?![0-9A-Za-z:])"
        ),
        placeholder=Placeholder.IP,
        needs_digit=True,
        why="with a digit, or a::b of C++ would be one",
    ),
    Mask(
        order=210,
        name="ipv4",
        pattern=r"(?<![0-9A-Za-z.])[0-9]{1,3}(?:\.[0-9]{1,3}){3}(?:[:/][0-9]{1,5})?(?![0-9A-Za-z]|\.[0-9])",
        placeholder=Placeholder.IP,
        needs_digit=True,
        why="with its port or prefix length",
    ),
    Mask(
        order=220,
        name="quantity",
        pattern=(
            rf"(?=[0-9<>+-])(?:(?:^|(?<=[ (=:,]))[<>]=?)?{_STARTS}[+-]?"
            rf"(?:{_NUMBER}{{0,4}}(?:{_GLUED_UNIT}| {_SPACED_UNIT})(?:/s)?"
            r"|[0-9]{1,32}(?:\.[0-9]{1,64})?[eE][+-]?[0-9]{1,4}"
            r"|[0-9]{1,9}[dhms](?:[0-9]{1,9}(?:\.[0-9]{1,9})?(?:ms|us|ns|[hms])){1,4})"
            rf"(?![0-9A-Za-z_/{_KEPT}-]|\.[A-Za-z])"
        ),
        placeholder=Placeholder.INT,
        needs_digit=True,
        why="93.0 B and 5.2 KB, <1 sec and 3 s are one amount in other units",
    ),
    Mask(
        order=230,
        name="mixed",
        pattern=(
            rf"{_STARTS}[{TOKEN_CHARS}]{{0,240}}"
            rf"(?:[0-9][A-Za-z]|(?<![A-Za-z])[A-Za-z][0-9])[{TOKEN_CHARS}]{{0,240}}"
        ),
        placeholder=Placeholder.ID,
        needs_digit=True,
        why="letters after digits, or one letter before them: an identifier, wholly",
    ),
    Mask(
        order=240,
        name="epoch",
        pattern=r"(?<![0-9.])(?:[0-9]{10}|[0-9]{13,240})(?:\.[0-9]{1,9})?(?![0-9]|[.,][0-9])",
        placeholder=Placeholder.EPOCH,
        needs_digit=True,
        why="seconds in 10 digits; milli-, micro- and nanoseconds in 13 and more",
    ),
    Mask(
        order=250,
        name="number",
        pattern=rf"(?:{_STARTS}[+-])?{_NUMBER}{{0,8}}",
        placeholder=Placeholder.INT,
        needs_digit=True,
        why="every other number, short ones too; field_7 keeps its word",
    ),
    Mask(
        order=260,
        name="list",
        pattern="|".join(rf"{p}[,;]? ?(?={p})" for p in Placeholder),
        placeholder="",
        why="a list of values is one value, however long",
    ),
)
"""The table, in order."""

_ZEROS: Final = (
    0x660, 0x6F0, 0x7C0, 0x966, 0x9E6, 0xA66, 0xAE6, 0xB66, 0xBE6, 0xC66, 0xCE6, 0xD66, 0xDE6,
    0xE50, 0xED0, 0xF20, 0x1040, 0x1090, 0x17E0, 0x1810, 0x1946, 0x19D0, 0x1A80, 0x1A90, 0x1B50,
    0x1BB0, 0x1C40, 0x1C50, 0xA620, 0xA8D0, 0xA900, 0xA9D0, 0xA9F0, 0xAA50, 0xABF0, 0xFF10,
)  # fmt: skip
"""Zero of every decimal script of the basic plane; written out, Unicode's own list grows."""

CHARACTERS: Final[Mapping[int, str]] = MappingProxyType(
    {zero + digit: str(digit) for zero in _ZEROS for digit in range(10)}
    | dict.fromkeys([*range(0x1B), *range(0x1C, 0x20), 0x7F, 0x85, 0xA0, 0x1680], " ")
    | dict.fromkeys([*range(0x2000, 0x200B), 0x2028, 0x2029, 0x202F, 0x205F, 0x3000, 0xFEFF], " ")
    | dict.fromkeys(range(SHIELD, SHIELD + 10), " ")
)
"""Character to character, before the first row: digits of all scripts become ASCII ones, control
characters and white space a blank. Escape (0x1B) stays for the row that removes colour codes."""
