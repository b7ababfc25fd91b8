"""Why a call failed: one taxonomy, structure before words.

Sources: requirement D.3.7, the six categories of C6 and their hints C7 to C12, and the
nine result classes of the first seed's classifier, all kept as aliases.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType

from failonce.language.patterns import PatternTable
from failonce.language.signals import Signals, read, retry_after
from failonce.model import Category

__all__ = ["ATTRIBUTES", "Attributes", "Signals", "categorise", "from_name", "retry_after"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Attributes:
    """What a category means for what to do next.

    `retryable`: the same call may succeed. `transient`: the cause passes by itself.
    `side_effect_possible`: the call may have done something before it failed.
    """

    retryable: bool = False
    transient: bool = False
    side_effect_possible: bool = False
    aliases: tuple[str, ...] = ()


ATTRIBUTES: Mapping[Category, Attributes] = MappingProxyType(
    {
        Category.NETWORK: Attributes(
            retryable=True,
            transient=True,
            side_effect_possible=True,
            aliases=("NetworkError", "retryable_upstream_error", "integration", "connection"),
        ),
        Category.TIMEOUT: Attributes(
            retryable=True, transient=True, side_effect_possible=True, aliases=("TimeoutError",)
        ),
        Category.RATE_LIMIT: Attributes(
            retryable=True, transient=True, aliases=("RateLimitError",)
        ),
        Category.AUTH: Attributes(aliases=("AuthError", "authentication")),
        Category.PERMISSION: Attributes(aliases=("permission_denied", "PermissionError")),
        Category.NOT_FOUND: Attributes(aliases=("NotFoundError", "missing")),
        Category.MISSING_TOOL: Attributes(
            aliases=("MissingCapability", "wrong_tool_or_domain", "unknown_tool")
        ),
        Category.INVALID_ARGS: Attributes(
            aliases=("SchemaError", "invalid_input", "validation", "schema")
        ),
        Category.CONFLICT: Attributes(retryable=True, aliases=("ConflictError",)),
        Category.RESOURCE: Attributes(
            side_effect_possible=True, aliases=("ResourceError", "system")
        ),
        Category.DEPENDENCY: Attributes(aliases=("DependencyError", "module", "manifest")),
        Category.LLM: Attributes(retryable=True, transient=True, aliases=("LLMError",)),
        Category.UNSAFE_STATE: Attributes(side_effect_possible=True, aliases=("StateError",)),
        Category.VERIFICATION: Attributes(
            side_effect_possible=True, aliases=("verification", "AssertionError")
        ),
        Category.RUNTIME: Attributes(
            side_effect_possible=True,
            aliases=(
                "RuntimeError",
                "retryable_runtime_error",
                "non_retryable_runtime_error",
                "logic",
                "business_logic",
                "database",
            ),
        ),
        Category.UNKNOWN: Attributes(side_effect_possible=True, aliases=("other",)),
    }
)

_BY_NAME: Mapping[str, Category] = MappingProxyType(
    {
        name.lower(): category
        for category, attributes in ATTRIBUTES.items()
        for name in (category.value, *attributes.aliases)
    }
)


def from_name(name: str) -> Category | None:
    """The category of that name or of one of the seeds' names for it, else None."""
    return _BY_NAME.get(name.strip().lower())


_STATUS: Mapping[int, Category] = MappingProxyType(
    {
        400: Category.INVALID_ARGS,
        401: Category.AUTH,
        402: Category.RESOURCE,
        403: Category.PERMISSION,
        404: Category.NOT_FOUND,
        405: Category.INVALID_ARGS,
        407: Category.AUTH,
        408: Category.TIMEOUT,
        409: Category.CONFLICT,
        410: Category.NOT_FOUND,
        412: Category.UNSAFE_STATE,
        413: Category.INVALID_ARGS,
        422: Category.INVALID_ARGS,
        423: Category.CONFLICT,
        425: Category.NETWORK,
        428: Category.UNSAFE_STATE,
        429: Category.RATE_LIMIT,
        500: Category.RUNTIME,
        501: Category.MISSING_TOOL,
        502: Category.NETWORK,
        503: Category.NETWORK,
        504: Category.TIMEOUT,
        507: Category.RESOURCE,
        529: Category.RATE_LIMIT,
        -32700: Category.INVALID_ARGS,
        -32600: Category.INVALID_ARGS,
        -32601: Category.MISSING_TOOL,
        -32602: Category.INVALID_ARGS,
        -32001: Category.TIMEOUT,
        -32002: Category.NOT_FOUND,
        -32800: Category.UNKNOWN,
    }
)
"""HTTP statuses and JSON-RPC codes (-32001 and -32002 as MCP uses them)."""

_CODES: PatternTable[Category] = PatternTable(
    (
        (Category.NETWORK, ("^econn", "^eai_again", "^enotfound", "^e(?:host|net)unreach",
                            "^epipe", "^unavailable$", "^08...$", "^ora-12[15]")),
        (Category.TIMEOUT, ("^etime", "^deadline_?exceeded$", "^57014$", "^ora-01013")),
        (Category.CONFLICT, ("^eexist$", "^e(?:addrinuse|busy|again)$", "^enotempty$",
                             "^already_?exists$", "^aborted$", "^23505$", "^40...$", "^55p03$",
                             "^sqlite_(?:busy|locked|constraint)", "^ora-0000[14]")),
        (Category.RESOURCE, ("^e(?:nospc|dquot|nomem|mfile|nfile)$", "^53...$",
                             "^sqlite_(?:full|nomem)")),
        (Category.RATE_LIMIT, ("^resource_?exhausted$",)),
        (Category.PERMISSION, ("^e(?:acces|perm|rofs)$", "^permission_?denied$", "^42501$",
                               "^sqlite_(?:readonly|perm|auth)", "^ora-01031")),
        (Category.AUTH, ("^unauthenticated$", "^28...$", "^ora-01017")),
        (Category.NOT_FOUND, ("^enoent$", "^not_?found$", "^42(?:p01|703|s02|883)$", "^3d000$",
                              "^sqlite_cantopen", "^ora-0094")),
        (Category.INVALID_ARGS, ("^e(?:inval|isdir|notdir)$", "^invalid_?argument$",
                                 "^out_?of_?range$", "^2[23]...$", "^42...$",
                                 "^sqlite_(?:mismatch|range|error)", "^ora-009")),
        (Category.MISSING_TOOL, ("^unimplemented$",)),
        (Category.UNSAFE_STATE, ("^failed_?precondition$", "^25...$")),
        (Category.RUNTIME, ("^internal$", "^data_?loss$", "^xx...$", "^sqlite_corrupt")),
    )
)  # fmt: skip
"""errno names, gRPC statuses, SQLSTATE, SQLite results, Oracle numbers."""

_CLASSES: PatternTable[Category] = PatternTable(
    (
        (Category.RATE_LIMIT, ("ratelimit", "toomanyrequests", "throttl")),
        (Category.TIMEOUT, ("timeout", "deadlineexceeded", "timedout")),
        (Category.LLM, ("openai", "anthropic", "llm", "contextlength", "contextwindow",
                        "contentfilter", "contentpolicy")),
        (Category.AUTH, ("authenticat", "unauthori[sz]ed", "credential", "expiredtoken",
                         "tokenexpired", "^autherror")),
        (Category.PERMISSION, ("accessdenied", "permission", "forbidden", "notauthorized",
                               "securityexception", "^accesscontrol", "insufficientprivilege")),
        (Category.DEPENDENCY, ("modulenotfound", "classnotfound", "noclassdef", "^import",
                               "unsatisfiedlink", "packagenotfound", "dependency", "^loaderror")),
        (Category.MISSING_TOOL, ("(?:tool|command|method|capability)notfound", "unknowntool",
                                 "missingcapability", "nosuchmethod", "notimplemented")),
        (Category.NOT_FOUND, ("notfound", "nosuch(?:file|key|bucket|element|table)",
                              "doesnotexist", "undefined(?:table|column|function)", "nosuchentity")),
        (Category.RESOURCE, ("memory", "quota", "diskfull", "resourceexhaust", "insufficient",
                             "limitexceeded")),
        (Category.CONFLICT, ("conflict", "(?:already|file)exists", "duplicate", "integrity",
                             "uniqueviolation", "concurrent", "locked", "optimisticlock",
                             "deadlock", "lockerror")),
        (Category.NETWORK, ("connect", "network", "socket", "unknownhost", "unreachable",
                            "gaierror", "^ssl", "tls", "brokenpipe", "^urlerror", "remoteprotocol",
                            "protocolerror", "serviceunavailable")),
        (Category.UNSAFE_STATE, ("illegalstate", "invalidstate", "precondition", "notinitial",
                                 "unsafestate")),
        (Category.VERIFICATION, ("assertion", "verification", "checksum")),
        (Category.INVALID_ARGS, ("validation", "illegalargument", "invalid", "badrequest", "schema",
                                 "jsondecode", "numberformat", "typemismatch", "isadirectory",
                                 "notadirectory", "usageerror", "badparameter", "malformed",
                                 "argumenterror", "unprocessable")),
        (Category.RUNTIME, ("^keyerror", "^indexerror", "^attributeerror", "^nameerror",
                            "^zerodivision", "^arithmetic", "^panic", "^nullpointer",
                            "^nullreference", "^referenceerror", "^recursion", "outofbounds",
                            "^nomethoderror", "^classcast", "^unboundlocal", "^indentation",
                            "^syntaxerror", "^stackoverflow", "^overflow")),
    )
)  # fmt: skip
"""Stems of class names in lower case; the last part of a dotted name only.

Names that say nothing by themselves (`ValueError`, `OSError`) are left to the words."""

_EXITS: Mapping[int, Category] = MappingProxyType(
    {
        124: Category.TIMEOUT,
        126: Category.PERMISSION,
        127: Category.MISSING_TOOL,
        134: Category.RUNTIME,
        137: Category.RESOURCE,
        139: Category.RUNTIME,
        152: Category.RESOURCE,
    }
)

_WORDS: PatternTable[Category] = PatternTable(
    (
        (Category.RATE_LIMIT, (r"too many requests", r"\brate[- _]?limit", r"throttl", r"slow down",
                               r"\bretry[- ]after\b", r"(?:requests?|api|call) (?:limit|quota)",
                               r"quota .{0,40}per (?:second|minute|hour|day)",
                               r"request allowance", r"overloaded_error")),
        (Category.TIMEOUT, (r"\btime(?:d|s)?[- ]?out", r"deadline exceeded", r"took too long",
                            r"(?:did not|didn't|failed to) (?:finish|complete|respond|return)"
                            r".{0,20}(?:within|in time|after \d)",
                            r"exceeded .{0,30}time limit", r"no (?:response|reply) (?:within|after)")),
        (Category.LLM, (r"context (?:length|window)", r"content (?:filter|policy)",
                        r"language model .{0,40}(?:return|refus|fail|empty|error)",
                        r"\bllm\b.{0,60}(?:fail|error|empty|refus|returned)",
                        r"\bmodel .{0,40}overloaded", r"\b(?:generation|synthesis|completion) failed",
                        r"empty completion")),
        (Category.AUTH, (r"unauthenticated", r"not (?:authenticated|logged in|signed in)",
                         r"authentication (?:failed|required|error)", r"\b(?:log|sign) ?in (?:to|again|"
                         r"before|first)\b", r"please (?:log|sign) ?in", r"please authenticate",
                         r"\binvalid (?:api[- ]?key|(?:access |auth |bearer )?token|credentials?|"
                         r"password|login|signature)", r"bad credentials", r"\bunauthori[sz]ed\b",
                         r"(?:token|session|credentials?) (?:has |is |have |was )?(?:expired|invalid|"
                         r"revoked)", r"(?:api key|token|credentials?|password) (?:is |are )?"
                         r"(?:missing|required|not (?:provided|set))", r"could not read username",
                         r"no (?:user|one) is .{0,20}logged in", r"permission denied \(publickey")),
        (Category.PERMISSION, (r"permission .{0,60}denied", r"operation not permitted",
                               r"access .{0,20}denied", r"\bforbidden\b",
                               r"not (?:authori[sz]ed|permitted|allowed) to",
                               r"(?:insufficient|missing|lacks?|without) .{0,20}(?:privilege|permission"
                               r"|scope|rights)", r"read-only file system", r"\bsandbox",
                               r"(?:requires?|needs?|must be) (?:root|admin|superuser|elevated)",
                               r"outside (?:of )?the (?:allowed|permitted|workspace|project)")),
        (Category.MISSING_TOOL, (r"command not found", r"not recogni[sz]ed as (?:an?|the)\b",
                                 r"executable file not found", r"\bspawn\w* .{0,200}enoent",
                                 r"enoent.{0,60}spawn", r"sh: (?:line )?\d{0,4}:? ?\S{1,80}: not found$",
                                 r"unknown (?:tool|skill|function|capability|agent type|command|"
                                 r"subcommand|method)\b", r"no such (?:tool|(?:sub)?command|method)",
                                 r"(?:tool|agent type|capability|skill|subcommand) .{0,80}"
                                 r"(?:not found|not registered|is not available|does not exist)",
                                 r"method not found", r"missing (?:capability|script)",
                                 r"is not a (?:git|docker|kubectl|npm|valid) command")),
        (Category.DEPENDENCY, (r"cannot find (?:module|package)", r"no module named",
                               r"module not found", r"no matching distribution",
                               r"could(?: not|n't) resolve (?:all )?dependenc",
                               r"unresolved (?:import|dependenc)", r"peer dep", r"shared (?:object|librar)",
                               r"is not installed", r"missing go\.sum", r"could not find artifact",
                               r"could not find a version", r"unable to load .{0,20}librar")),
        (Category.RESOURCE, (r"no space left", r"disk (?:is )?(?:full|quota)", r"out of memory",
                             r"cannot allocate", r"heap space", r"too many open files",
                             r"quota .{0,30}exceeded", r"exceeded .{0,30}quota", r"insufficient "
                             r"(?:funds|balance|memory|storage|capacity|disk)",
                             r"not enough (?:memory|space|balance|funds|seats|credit|storage|disk)",
                             r"balance is (?:not enough|less|too low)", r"\boom\b")),
        (Category.NETWORK, (r"connection (?:was )?(?:refused|reset|aborted|closed|error|failed|lost)",
                            r"could(?: not|n't) resolve host", r"name or service not known",
                            r"name resolution", r"(?:host|network) (?:is )?unreachable", r"no route to host",
                            r"socket hang up", r"broken pipe", r"\b(?:tls|ssl)\b", r"certificate verify",
                            r"fetch failed", r"bad gateway", r"service unavailable",
                            r"temporarily unavailable", r"max retries exceeded", r"hung up unexpectedly",
                            r"\bdns\b", r"unknown host", r"network error", r"connect(?:ion)? to .{0,80}"
                            r"(?:failed|refused|lost)", r"could not connect", r"failed to connect")),
        (Category.VERIFICATION, (r"\bassert(?:ion)?\b", r"verification failed", r"checksum mismatch",
                                 r"\btests? failed\b", r"^--- FAIL", r"\b[1-9]\d* (?:failed|failing)\b",
                                 r"\bexpected .{1,80}\b(?:but )?(?:got|was|received|actual)\b")),
        (Category.CONFLICT, (r"already (?:exists?|in use|running|checked out|used by|taken|completed|"
                             r"cancell?ed|closed|merged|registered|locked|booked|is )", r"file exists",
                             r"\bconflict", r"\bduplicate", r"is locked", r"\.lock\b", r"non-fast-forward",
                             r"fetch first", r"(?:modified|changed) (?:since|by another|on disk)",
                             r"would be overwritten", r"unique constraint", r"deadlock",
                             r"resource busy", r"not empty\b", r"another process")),
        (Category.UNSAFE_STATE, (r"not a git repository", r"\b(?:must|needs? to|has to|have to|should|"
                                 r"required to) .{0,60}(?:before|first\b|when |prior to)",
                                 r"has(?: not|n't) been \w{1,20} yet", r"before you (?:can|place|may)\b",
                                 r"\b(?:read|open|start|create|initiali[sz]e|connect|select|run)(?: it)? first\b",
                                 r"not (?:initiali[sz]ed|connected|started|running|ready)\b",
                                 r"no .{0,30} in progress", r"uncommitted changes", r"unstaged changes",
                                 r"illegal state", r"detached head", r"no tracking information",
                                 r"no upstream", r"is already the", r"no changes added to commit",
                                 r"nothing to commit", r"cannot find main module")),
        (Category.INVALID_ARGS, (r"(?:unexpected|unknown|unrecogni[sz]ed|illegal|invalid|bad|unsupported)"
                                 r" .{0,40}(?:option|flag|argument|parameter|switch|field|property|"
                                 r"keyword|value|type|format|input|character|identifier|usage|expression|"
                                 r"configuration|syntax|operation|token|path|name|url|json|mode|regex)",
                                 r"invalid\b", r"illegal\b", r"missing .{0,40}(?:argument|parameter|field|"
                                 r"operand|property|option|value)", r"\bis required\b",
                                 r"(?:wasn't|was not|weren't|not) supplied",
                                 r"\brequired\b.{0,40}(?:field|argument|parameter|property|flag|option)",
                                 r"(?:field|argument|parameter|property|flag|option)s?\b.{0,40}\brequired\b",
                                 r"requires? (?:an?|one|two|at least|exactly|\d)", r"\bmust (?:be|not|have)\b",
                                 r"validation (?:error|failed|failure)", r"\bschema\b", r"type mismatch",
                                 r"cannot (?:unmarshal|parse|convert|decode|be parsed|use|index)",
                                 r"(?:could not|failed to|unable to) (?:parse|decode|convert|be parsed)",
                                 r"malformed", r"bad request", r"unsupported", r"not supported",
                                 r"(?:not|isn't) (?:a |an )?valid", r"out of range", r"too (?:long|large|"
                                 r"short|many|few|big|small)\b", r"exceeds? (?:the )?max", r"cannot exceed",
                                 r"string to replace", r"matches of the", r"syntax error", r"parse error",
                                 r"^usage:", r"ambiguous", r"takes .{0,30}argument", r"expects? .{0,30}argument",
                                 r"accepts (?:at most|at least|between|\d)", r"bad substitution",
                                 r"no changes to make", r"(?:is|not) a directory", r"not allowed",
                                 r"provided but not defined", r"no matches found: ", r"expected one of")),
        (Category.NOT_FOUND, (r"not found", r"\bno such\b", r"does(?: not|n't) exist",
                              r"do(?: not|n't) exist", r"(?:cannot|can't|could not|couldn't|unable to) "
                              r"(?:find|locate|access|stat)", r"\bno .{0,60}(?:exists?|found|available)\b",
                              r"did not match any", r"unknown (?:revision|user|id|host|object|column|table|"
                              r"key|symbol)", r"not available", r"has no (?:field|column|member|attribute)")),
        (Category.INVALID_ARGS, (r"does not match", r"\bunknown\b", r"unrecogni[sz]ed", r"unexpected")),
        (Category.RUNTIME, (r"\bpanic\b", r"traceback", r"stack overflow", r"null ?pointer", r"core dumped",
                            r"\bundefined\b", r"uncaught", r"\bexception\b", r"cannot read propert",
                            r"internal (?:server )?error", r"\bcrash", r"division by zero",
                            r"is not a function", r"is not defined", r"not iterable")),
    )
)  # fmt: skip

_PLAIN_CLASSES: Mapping[str, Category] = MappingProxyType(
    {
        "valueerror": Category.INVALID_ARGS,
        "typeerror": Category.RUNTIME,
        "rangeerror": Category.RUNTIME,
        "runtimeerror": Category.RUNTIME,
        "runtimeexception": Category.RUNTIME,
    }
)


def categorise(signals: Signals) -> Category:
    """Why a call failed, decided by the most structured fact there is.

    In order: status (HTTP, JSON-RPC), code (errno, SQL, gRPC), exception class, pause
    demanded, exit code, words, and last what a plain class such as `ValueError` suggests.
    """
    facts = read(signals)
    name = facts.error_type.lower()
    found = (
        _of_status(facts)
        or _of_code(facts)
        or _of_class(name)
        or (Category.RATE_LIMIT if facts.retry_after_s is not None else None)
        or (None if facts.exit_code is None else _EXITS.get(facts.exit_code))
        or _WORDS.first(facts.text)
        or _PLAIN_CLASSES.get(name)
    )
    if found is not None:
        return found
    return Category.RUNTIME if name.endswith(("error", "exception")) else Category.UNKNOWN


def _of_status(facts: Signals) -> Category | None:
    if facts.status is None:
        return None
    if facts.status == 503 and facts.retry_after_s is not None:
        return Category.RATE_LIMIT
    return _STATUS.get(facts.status)


def _of_code(facts: Signals) -> Category | None:
    """A program that could not be spawned is a missing tool, not a missing file."""
    if not facts.code:
        return None
    found = _known_code(facts.code)
    if found is Category.NOT_FOUND and "spawn" in facts.text:
        return Category.MISSING_TOOL
    return found


@lru_cache(maxsize=1024)
def _known_code(code: str) -> Category | None:
    return _CODES.first(code)


@lru_cache(maxsize=4096)
def _of_class(name: str) -> Category | None:
    return _CLASSES.first(name) if name else None
