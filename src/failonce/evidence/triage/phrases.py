"""The phrases that triage knows, by what they say about a result.

They are those of hosts, shells, test runners, compilers and linters of many ecosystems;
each is looked for only where `judge` and `hidden` say that it can mean what it says.
"""

from enum import StrEnum

from failonce.language.patterns import PatternTable


class Said(StrEnum):
    """What a phrase says."""

    REFUSED = "refused"
    CUT_OFF = "cut off"
    SHELL = "shell error"
    TESTS = "red tests"
    FINDINGS = "findings"
    CONFLICT = "conflict"
    MISUSE = "misuse"
    COUNTS = "counts"


_PERSON = r"\b(?:the |a )?(?:user|human|operator|person|reviewer|developer|owner)\b"
_NO = (
    r"(?:reject|den(?:y|ied)|declin|cancel|interrupt|abort|dismiss|refus|disallow|disapprov|stopp|"
    r"veto|skipp|paus|chose not|did(?: not|n't) (?:allow|approve|accept|permit|confirm|want)|"
    r"do(?:es)?(?: not|n't) want|said no)"
)
_OTHER_CALL = (
    r"(?:another|previous|prior|earlier|sibling|parallel|other|preceding|upstream|concurrent)"
    r" (?:\w{1,20} ){0,3}(?:call|tool|step|command|task|request|operation|job|action|edit)s?"
)
_FAILED = r"(?:fail|error|was reject|were reject|was den|was cancel|was abort|was interrupt)"

HOST: PatternTable[Said] = PatternTable(
    (
        (
            Said.CUT_OFF,
            (
                rf"{_OTHER_CALL}.{{0,80}}\b{_FAILED}",
                rf"(?:not (?:run|executed|attempted|tried|started|performed)|skipped|cancell?ed|"
                rf"aborted|interrupted).{{0,40}}\b(?:because|due to|since|as|after)\b.{{0,60}}{_OTHER_CALL}",
                r"cancell?ed: parallel tool call",
                r"(?:batch|queue|turn) (?:was )?(?:cancell?ed|aborted) (?:because|due to|after)",
            ),
        ),
        (
            Said.REFUSED,
            (
                rf"{_PERSON}(?: has| have| was| had)? {_NO}",
                rf"{_NO}\w{{0,4}} by (?:the |a )?(?:user|human|operator|person|reviewer|developer|owner)\b",
                r"permission for this (?:tool use|action|command|call) was denied",
                r"(?:tool (?:use|call|action)|command|patch|edit|change|operation|request) (?:was |is )?"
                r"(?:rejected|declined|not approved|disapproved)\b",
                r"\bthe user (?:said|answered|replied|responded|provided the following)",
                r"(?:approval|confirmation) (?:was )?(?:denied|declined|refused|rejected)",
                r"\boperation cancell?ed\b",
            ),
        ),
    )
)
"""What a host program says instead of a result; read in the first 300 characters."""

SHELL_ERRORS: PatternTable[Said] = PatternTable(
    (
        (
            Said.SHELL,
            (
                r"^\(eval\):(?:\w{1,12}:)?\d{1,5}: ",
                r"^(?:-?(?:/\w{1,10}){0,3}/?(?:ba|z|da|k|fi)?sh): (?:(?:line )?\d{1,5}: )?(?:\w{1,12}: )?\S",
                r"^(?:zsh|bash):(?:\w{1,12}:)?\d{1,5}: ",
                r"command not found(?:: \S{1,80})?$",
                r"is not recognized as (?:an internal|the name of a)",
                r"^The term '.{1,80}' is not recognized",
            ),
        ),
    )
)
"""The shell itself could not read or start the command."""

EVIDENCE: PatternTable[Said] = PatternTable(
    (
        (
            Said.TESTS,
            (
                r"^\s*(?:\[[^\]]{1,40}\] )?--- FAIL: ",
                r"^FAIL\s+\S{1,300}\s+[\d.]{1,10}s",
                r"^FAIL\s+\S{1,300}\.(?:[cm]?[jt]sx?|py|rb|php)\b",
                r"^(?:FAILED|ERROR) \S{1,300}::",
                r"^=+ .{0,200}\b\d{1,6} (?:failed|errors?)\b",
                r"^\s*Tests?:?\s+(?:\d{1,6} \w{1,10},? \|? ?){0,3}[1-9]\d{0,5} failed",
                r"^\s*Test Files\s+[1-9]\d{0,5} failed",
                r"^\s*not ok \d",
                r"Tests run: \d{1,6}, +(?:Failures|Errors): ",
                r"^There (?:was|were) \d{1,5} (?:failure|error)s?",
                r"^(?:FAILURES!|ERRORS!)",
                r"^test result: FAILED",
                r"^test \S{1,200} \.\.\. FAILED",
                r"^FAILED \((?:failures|errors)=",
                r"^\d{1,6} (?:examples?|tests?|specs?|runs?|scenarios?|doctests?),.{0,60}[1-9]\d{0,5} "
                r"(?:failures?|failed|errors?)",
                r"^\s*[1-9]\d{0,5} failing$",
                r"^Failed!\s+- Failed:",
                r"^\[  FAILED  \]",
                r"^\*\* TEST FAILED \*\*",
                r"^\s*\d{1,3}% tests passed, [1-9]\d{0,5} tests? failed",
                r"Executed \d{1,6} tests?, with [1-9]\d{0,5} failure",
                r"^\s*(?:✗|✘|✖|❌|×|✕|●) ",
                r"\bFAIL(?:ED)?: \S",
                r"^\S{1,200}\tfail\t",
                r"^[^\n]{1,100}\.{5,80}(?:\(.{1,60}\))?Failed$",
            ),
        ),
        (
            Said.FINDINGS,
            (
                r"^(?:\[[^\]]{1,40}\] )?\s{0,4}(?:\./|/|[A-Za-z]:\\)?[\w@+~.-][\w@+~./\\-]{0,250}\.\w{1,10}"
                r":\d{1,7}(?::\d{1,7})?: \S",
                r"^\S{1,250}\.\w{1,10}:\d{1,7}(?::\d{1,7})? - (?:error|warning)",
                r"^\S{1,250}\.\w{1,10} ?[(\[]\d{1,7}[,:]\d{1,7}[)\]]: ?(?:error|warning)",
                r"^\s*(?:\d{1,7}:\d{1,7}|line \d{1,7})\s+(?:error|warning|✖)",
                r"\berror TS\d{4}\b",
                r"\berror CS\d{4}\b",
                r"^(?:error|warning)\[\w{1,40}\]: ",
                r"^\s*-->\s\S{1,250}:\d{1,7}:\d{1,7}",
                r"^error: could not compile",
                r"^\[ERROR\] COMPILATION ERROR",
                r"^(?:\[ERROR\] )?\S{1,250}\.(?:java|kt|scala):\[?\d{1,7}",
                r"^e: \S{1,300}\.kts?",
                r"^In \S{1,250} line \d{1,7}:",
                r"\bundefined reference to\b",
                r"^ld: |\bUndefined symbols for architecture",
                r"import cycle not allowed",
                r"\[build failed\]",
                r"^would reformat|\bfiles? would be (?:reformatted|changed|left)",
                r"^Code style issues",
                r"^Imports are incorrectly sorted|imports? (?:are|is) incorrectly",
                r"^\S{1,250}\.\w{1,10}:\d{1,7}:\d{1,7}$",
                r"^BUILD FAIL",
                r"^\[INFO\] BUILD FAILURE",
                r"^FAILURE: Build failed",
                r"^\*\* BUILD FAILED \*\*",
                r"^Build FAILED",
                r"^(?:make|gmake|ninja)(?:\[\d{1,3}\])?: \*\*\* \[",
                r"^ninja: build stopped",
                r"^(?:\[ERROR\]|npm ERR!) Test failed",
                r"^\s*\d{1,7} \| .{0,300}$\n^\s*\| ",
                r"^\s+[\^~]+\s*$",
                r"^E\s{2,10}\S",
            ),
        ),
        (
            Said.CONFLICT,
            (
                r"^CONFLICT \(",
                r"automatic merge failed",
                r"\bmerge conflict in\b",
                r"^error: could not apply [0-9a-f]{4,40}",
                r"^could not apply [0-9a-f]{4,40}",
                r"^(?:unresolved|conflicting) files",
            ),
        ),
        (
            Said.COUNTS,
            (
                r"\b[1-9]\d{0,6} (?:\w{1,20} )?(?:problems?|issues?|errors?|warnings?|vulnerabilit(?:y|ies)|"
                r"offenses?|violations?|findings?|failures?|failed|mismatch(?:es)?)\b",
            ),
        ),
    )
)
"""What tools say about the work they looked at."""

MISUSE: PatternTable[Said] = PatternTable(
    (
        (
            Said.MISUSE,
            (
                r"\b(?:unknown|unrecogni[sz]ed|invalid|illegal|unexpected|unsupported|ambiguous|no such)"
                r" (?:\w{1,20} )?(?:options?|flags?|arguments?|commands?|subcommands?|switch|parameters?|"
                r"shorthand|revision)\b",
                r"flag provided but not defined",
                r"^\s{0,2}usage:",
                r"\baccepts (?:at most|at least|between|\d)",
                r"\b(?:missing|requires?|required|expected) .{0,30}\b(?:arguments?|operand|flag|option)\b",
                r"no such file or directory",
                r"(?:directory|file|path|config(?:uration)?(?: file)?) (?:or directory )?(?:\S{1,200} )?"
                r"(?:was )?(?:not found|does not exist)",
                r"cannot find (?:main module|path|the (?:file|path))",
                r"not a git repository",
                r"^(?:fatal|usage): ",
                r"missing script",
                r"no rule to make target",
                r"no (?:targets specified|makefile found|such task|tasks? named|tests? (?:found|collected|"
                r"to run|matched|ran)|test files? found|go files|input files|pull requests? found)",
                r"no files? (?:matching|found|to (?:check|lint))",
                r"task .{1,60} not found",
                r"cannot write multiple packages",
                r"matched no packages",
                r"outside (?:main module|available modules)",
                r"permission denied",
                r"\bnot installed\b",
                r"^\S{0,100}python\S{0,10}: (?:no module named|can't open)",
                r"\bRunning error\b",
                r"could(?: not|n't) (?:find a|read) config",
                r"no space left",
                r"connection refused|could not resolve host|network is unreachable",
                r"\btimed out\b",
                r"toolchain .{0,60}(?:not|is not) (?:available|installed)",
                r"lock file|\.lock'?: file exists",
            ),
        ),
    )
)
"""The call was wrong, or its surroundings were, before any work was looked at."""
