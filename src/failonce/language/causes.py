"""The tables by which `category` tells causes: codes, class names, words.

Rows are in order of precedence. A pattern with a blank in it is a phrase of an error
message; class names and codes are matched whole, in any case.
"""

from collections.abc import Mapping
from types import MappingProxyType

from failonce.language.pattern_table import PatternTable
from failonce.model import Category

STATUS: Mapping[int, Category] = MappingProxyType(
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
        415: Category.INVALID_ARGS,
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
    }
)
"""HTTP statuses and JSON-RPC codes (-32001 and -32002 as MCP uses them)."""

EXITS: Mapping[int, Category] = MappingProxyType(
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
"""Exit codes that shells, `timeout` and signals give (128 + signal)."""

CODES: PatternTable[Category] = PatternTable(
    (
        (
            Category.NETWORK,
            r"""
            ^(?:econn|eai_again|enotfound|e(?:host|net)unreach|epipe)
            ^unavailable$
            ^08...$
            ^ora-12[15]
            """,
        ),
        (
            Category.TIMEOUT,
            r"""
            ^etime
            ^deadline_?exceeded$
            ^57014$
            ^ora-01013
            """,
        ),
        (
            Category.CONFLICT,
            r"""
            ^(?:eexist|eaddrinuse|ebusy|eagain|enotempty)$
            ^(?:already_?exists|aborted)$
            ^(?:23505|40...|55p03)$
            ^sqlite_(?:busy|locked|constraint)
            ^ora-0000[14]
            """,
        ),
        (
            Category.RESOURCE,
            r"""
            ^e(?:nospc|dquot|nomem|mfile|nfile)$
            ^53...$
            ^sqlite_(?:full|nomem)
            """,
        ),
        (Category.RATE_LIMIT, r"^resource_?exhausted$"),
        (
            Category.PERMISSION,
            r"""
            ^e(?:acces|perm|rofs)$
            ^permission_?denied$
            ^42501$
            ^sqlite_(?:readonly|perm|auth)
            ^ora-01031
            """,
        ),
        (Category.AUTH, r"^(?:unauthenticated|28...|ora-01017)$"),
        (
            Category.NOT_FOUND,
            r"""
            ^(?:enoent|not_?found)$
            ^(?:42p01|42703|42s02|42883|3d000)$
            ^sqlite_cantopen
            ^ora-0094
            """,
        ),
        (
            Category.INVALID_ARGS,
            r"""
            ^e(?:inval|isdir|notdir)$
            ^(?:invalid_?argument|out_?of_?range)$
            ^(?:2[23]|42)...$
            ^sqlite_(?:mismatch|range|error)
            ^ora-009
            """,
        ),
        (Category.MISSING_TOOL, r"^unimplemented$"),
        (Category.UNSAFE_STATE, r"^(?:failed_?precondition|25...)$"),
        (Category.RUNTIME, r"^(?:internal|data_?loss|xx...|sqlite_corrupt)$"),
    )
)
"""errno names, gRPC statuses, SQLSTATE, SQLite results, Oracle numbers."""

CLASSES: PatternTable[Category] = PatternTable(
    (
        (Category.RATE_LIMIT, r"ratelimit|toomanyrequests|throttl"),
        (Category.TIMEOUT, r"timeout|deadlineexceeded|timedout"),
        (Category.LLM, r"openai|anthropic|llm|context(?:length|window)|content(?:filter|policy)"),
        (
            Category.AUTH,
            r"authenticat|unauthori[sz]ed|credential|expiredtoken|tokenexpired|^autherror",
        ),
        (
            Category.PERMISSION,
            r"""
            accessdenied|permission|forbidden|notauthorized
            securityexception|^accesscontrol|insufficientprivilege
            """,
        ),
        (
            Category.DEPENDENCY,
            r"""
            (?:module|class|package)notfound|noclassdef|unsatisfiedlink
            ^importerror|^loaderror|dependency
            """,
        ),
        (
            Category.MISSING_TOOL,
            r"""
            (?:tool|command|method|capability)notfound
            unknowntool|missingcapability|nosuchmethod|notimplemented
            """,
        ),
        (
            Category.NOT_FOUND,
            r"""
            notfound|doesnotexist|nosuch(?:file|key|bucket|element|table|entity)
            undefined(?:table|column|function)
            """,
        ),
        (
            Category.RESOURCE,
            r"memory|quota|diskfull|resourceexhaust|insufficient|limitexceeded",
        ),
        (
            Category.CONFLICT,
            r"""
            conflict|(?:already|file)exists|duplicate|integrity|uniqueviolation
            concurrent|locked|optimisticlock|deadlock|lockerror
            """,
        ),
        (
            Category.NETWORK,
            r"""
            connect|network|socket|unknownhost|unreachable|gaierror|^ssl|tls
            brokenpipe|^urlerror|protocolerror|serviceunavailable
            """,
        ),
        (Category.UNSAFE_STATE, r"illegalstate|invalidstate|precondition|notinitial|unsafestate"),
        (Category.VERIFICATION, r"assertion|verification|checksum"),
        (
            Category.INVALID_ARGS,
            r"""
            validation|argument|invalid|badrequest|schema|jsondecode|numberformat
            typemismatch|(?:is|not)adirectory|usageerror|badparameter|malformed|unprocessable
            """,
        ),
        (
            Category.RUNTIME,
            r"""
            ^(?:key|index|attribute|name|nomethod|reference|indentation|syntax|unboundlocal)error
            ^(?:zerodivision|arithmetic|panic|nullpointer|nullreference|classcast)
            ^(?:recursion|stackoverflow|overflow)|outofbounds
            """,
        ),
    )
)
"""Stems of class names; only the last part of a dotted name is looked at.

Names that say nothing by themselves (`ValueError`, `OSError`) are left to the words."""

PLAIN_CLASSES: Mapping[str, Category] = MappingProxyType({"valueerror": Category.INVALID_ARGS})
"""What a class suggests when the words say nothing either."""

WORDS: PatternTable[Category] = PatternTable(
    (
        (
            Category.RATE_LIMIT,
            r"""
            too many requests|\brate[- _]?limit|throttl|slow down|\bretry[- ]after\b
            (?:requests?|api|call) (?:limit|quota)|request allowance|overloaded_error
            quota .*per (?:second|minute|hour|day)
            """,
        ),
        (
            Category.TIMEOUT,
            r"""
            \btime(?:d|s)?[- ]?out|deadline exceeded|took too long|exceeded .*time limit
            (?:did not|didn't|failed to) (?:finish|complete|respond|return)
                .*(?:within|in time|after \d)
            no (?:response|reply) (?:within|after)
            """,
        ),
        (
            Category.LLM,
            r"""
            context (?:length|window)|content (?:filter|policy)|empty completion
            language model .*(?:return|refus|fail|empty|error)
            \bllm\b.*(?:fail|error|empty|refus|returned)
            \bmodel .*overloaded|\b(?:generation|synthesis|completion) failed
            decoding the model response
            """,
        ),
        (
            Category.AUTH,
            r"""
            unauthenticated|\bunauthori[sz]ed\b|bad credentials|permission denied \(publickey
            not (?:authenticated|logged in|signed in)|authentication (?:failed|required|error)
            \b(?:log|sign) ?in (?:to|again|before|first)\b|please (?:log|sign) ?in
            please authenticate|could not read username|no (?:user|one) is .*logged in
            \binvalid (?:api[- ]?key|(?:access |auth |bearer )?token|credentials?|password
                |login|signature)
            (?:token|session|credentials?) (?:has |is |have |was )?(?:expired|invalid|revoked)
            (?:api key|token|credentials?|password) (?:is |are )?
                (?:missing|required|not (?:provided|set))
            """,
        ),
        (
            Category.PERMISSION,
            r"""
            permission .*denied|operation not permitted|access .*denied|\bforbidden\b
            not (?:authori[sz]ed|permitted) to|\bsandbox|read-only file system
            (?:insufficient|missing|lacks?|without) .*(?:privilege|permission|scope|rights)
            (?:requires?|needs?|must be) (?:root|admin|superuser|elevated)
            outside (?:of )?the (?:allowed|permitted|workspace|project)
            """,
        ),
        (
            Category.MISSING_TOOL,
            r"""
            ^\W*(?:error\W+)?method not found|command not found|executable file not found
            not recogni[sz]ed as (?:an?|the)\b|missing (?:capability|script)
            \bspawn\w* .*enoent|enoent.*spawn
            sh: (?:line )?\d*:? ?\S+: not found$
            unknown (?:tool|skill|function|capability|agent type|command|subcommand|method)\b
            no such (?:tool|(?:sub)?command)
            (?:tool|agent type|capability|skill|subcommand) .*
                (?:not found|not registered|is not available|does not exist)
            is not a (?:git|docker|kubectl|npm|valid) command|unsupported (?:call|tool)\b
            """,
        ),
        (
            Category.DEPENDENCY,
            r"""
            cannot find (?:module|package)|no module named|module not found|is not installed
            no matching distribution|could not find (?:artifact|a version)|missing go\.sum
            could(?: not|n't) resolve (?:all )?dependenc|unresolved (?:import|dependenc)|peer dep
            shared (?:object|librar)|unable to load .*librar|updates to go\.mod needed
            """,
        ),
        (
            Category.RESOURCE,
            r"""
            no space left|disk (?:is )?(?:full|quota)|out of memory|cannot allocate|heap space
            too many open files|quota .*exceeded|exceeded .*quota|\boom\b
            insufficient (?:funds|balance|memory|storage|capacity|disk)
            not enough (?:memory|space|balance|funds|seats|credit|storage|disk)
            balance is (?:not enough|less|too low)
            """,
        ),
        (
            Category.NETWORK,
            r"""
            connection (?:was )?(?:refused|reset|aborted|closed|error|failed|lost)
            could(?: not|n't) resolve host|name or service not known|name resolution|\bdns\b
            (?:host|network) (?:is )?unreachable|no route to host|unknown host|socket hang up
            broken pipe|\b(?:tls|ssl)\b|certificate verify|fetch failed|network error
            bad gateway|(?:service|temporarily) unavailable|max retries exceeded
            hung up unexpectedly|could not connect|failed to (?:connect|fetch)
            connect(?:ion)? to .*(?:failed|refused|lost)
            """,
        ),
        (
            Category.VERIFICATION,
            r"""
            \bassert(?:ion)?\b|verification failed|checksum mismatch|\btests? failed\b
            ^--- FAIL|\b[1-9]\d* (?:failed|failing)\b
            \bexpected .*\b(?:but )?(?:got|was|received|actual)\b
            """,
        ),
        (
            Category.CONFLICT,
            r"""
            already (?:exists?|in use|running|checked out|used by|taken|completed|cancell?ed)
            already (?:closed|merged|registered|locked|booked)|file exists|\bconflict
            \bduplicate|is locked|\.lock\b|non-fast-forward|fetch first|another process
            (?:modified|changed) (?:since|by another|on disk)|would be overwritten
            unique constraint|deadlock|resource busy|not empty\b
            """,
        ),
        (
            Category.UNSAFE_STATE,
            r"""
            not a git repository|no .* in progress|(?:uncommitted|unstaged) changes
            \b(?:must|needs? to|has to|have to|should|required to) .*
                (?:before|first\b|prior to)
            needs? to be .*when |has(?: not|n't) been \w+ yet
            before you (?:can|place|may)\b|illegal state|detached head
            \b(?:read|open|start|create|initiali[sz]e|connect|select|run)(?: it)? first\b
            not (?:initiali[sz]ed|connected|started|running|ready)\b|is already the
            no (?:tracking information|upstream)|no changes added to commit|nothing to commit
            cannot find main module|(?:above|below|beyond) the .*(?:capacity|limit)
            """,
        ),
        (
            Category.INVALID_ARGS,
            r"""
            (?:unexpected|unknown|unrecogni[sz]ed|bad|unsupported) .*
                (?:option|flag|argument|parameter|switch|field|property|keyword|value|type
                |format|input|character|identifier|usage|expression|configuration|syntax|token)
            invalid\b|illegal\b|malformed|bad request|unsupported|not supported|ambiguous
            missing .*(?:argument|parameter|field|operand|property|option|value)
            \bis required\b|(?:wasn't|was not|weren't|not) (?:supplied|registered)
            \brequired\b.*(?:field|argument|parameter|property|flag|option)
            (?:field|argument|parameter|property|flag|option)s?\b.*\brequired\b
            requires? (?:an?|one|two|at least|exactly|\d)|\bmust (?:be|not|have)\b
            validation (?:error|failed|failure)|\bschema\b|type mismatch|out of range
            cannot (?:unmarshal|parse|convert|decode|be (?:parsed|used)|use|index)
            (?:could not|failed to|unable to) (?:parse|decode|convert|be parsed)
            (?:not|isn't) (?:a |an )?valid|too (?:long|large|short|many|few|big|small)\b
            exceeds? (?:the )?max|cannot exceed|no changes to make|not (?:a )?permitted
            string to replace|matches of the|syntax error|parse error|^usage:|not allowed
            (?:takes|expects?) .*argument|accepts (?:at most|at least|between|\d)
            bad substitution|(?:is|not) a directory|provided but not defined
            no matches found: |expected one of|\bnon-\w+ (?:id|identifier|value|input)
            """,
        ),
        (
            Category.NOT_FOUND,
            r"""
            not found|\bno such\b|do(?:es)?(?: not|n't) exist|did not match any|not available
            (?:cannot|can't|could not|couldn't|unable to) (?:find|locate|access|stat)
            \bno .*(?:exists?|found|available)\b|has no (?:field|column|member|attribute)
            unknown (?:revision|user|id|host|object|column|table|key|symbol)|\bno \w+ files\b
            """,
        ),
        (
            Category.INVALID_ARGS,
            r"does not (?:match|add up)|\bunknown\b|unrecogni[sz]ed|unexpected",
        ),
        (
            Category.RUNTIME,
            r"""
            \bpanic\b|traceback|stack overflow|null ?pointer|core dumped|\bundefined\b|uncaught
            \bexception\b|cannot read propert|internal (?:server )?error|\bcrash
            division by zero|is not a function|is not defined|not iterable|^keyerror
            """,
        ),
    )
)
"""Phrases of error messages in English, the language that programs fail in."""
