"""The phrases that triage knows, by what they say about a result.

They are those of hosts, shells, test runners, compilers and linters of many ecosystems;
each table is asked only where its phrases mean what they say.
"""

from enum import StrEnum

from failonce.language.pattern_table import PatternTable


class Said(StrEnum):
    """What a phrase says."""

    REFUSED = "refused"
    CUT_OFF = "cut off"
    NOT_STARTED = "not started"
    TESTS = "red tests"
    FINDINGS = "findings"
    CONFLICT = "conflict"
    COUNTS = "counts"
    MISUSE = "misuse"


HOST: PatternTable[Said] = PatternTable(
    (
        (
            Said.CUT_OFF,
            r"""
            <OTHER>.*\b(?:fail|error|(?:was|were) (?:reject|den|cancel|abort|interrupt))
            (?:not (?:run|executed|attempted|tried|started|performed)|skipped|cancell?ed|aborted
                |interrupted).*\b(?:because|due to|since|as|after)\b.*<OTHER>
            cancell?ed: parallel tool call
            """,
        ),
        (
            Said.REFUSED,
            r"""
            ^\W*(?:error\W+|.*\breason\W+)?(?:the |a )?<PERSON>(?: has| have| was| had)? <NO>
            <NO>\w{0,4} by (?:the |a )?<PERSON>
            \bthe <PERSON> (?:said|answered|replied|responded|provided the following)
            permission for this (?:tool use|action|command|call) was denied
            (?:tool (?:use|call|action)|command|patch|edit|change|operation) (?:was |is )?
                (?:rejected|declined|not approved|disapproved)\b
            (?:approval|confirmation) (?:was )?(?:denied|declined|refused|rejected)
            ^\W*operation cancell?ed\b
            """,
        ),
    ),
    names={
        "PERSON": r"(?:user|human|operator|person|reviewer)\b",
        "NO": r"(?:reject|den(?:y|ied)|declin|cancel|interrupt|abort|dismiss|refus|disallow|veto"
        r"|disapprov|stopp|skipp|paus|chose not|said no|do(?:es)?(?: not|n't) want"
        r"|did(?: not|n't) (?:allow|approve|accept|permit|confirm|want))",
        "OTHER": r"(?:another|previous|prior|earlier|sibling|parallel|other|preceding|upstream"
        r"|concurrent) (?:\w+ ){0,3}"
        r"(?:call|tool|step|command|task|request|operation|job|action|edit)s?",
    },
)
"""What a host program says instead of a result; asked of its first characters only."""

NOT_STARTED: PatternTable[Said] = PatternTable(
    (
        (
            Said.NOT_STARTED,
            r"""
            ^\(eval\):(?:\w+:)?\d+: |^(?:zsh|bash):(?:\w+:)?\d+:
            ^-?(?:/\w+){0,3}/?(?:ba|z|da|k|fi)?sh: (?:(?:line )?\d+: )?(?:\w+: )?\S
            command not found(?:: \S+)?$|^The term '.*' is not recognized
            is not recognized as (?:an internal|the name of a)
            ^stat \S+: directory not found|^no Go files in |matched no packages
            ^go: (?:cannot find main module|go\.mod file not found|updates to go\.mod needed)
            ^ERROR: (?:file or directory )?not found: |^ERROR: usage:
            ^(?:npm (?:ERR!|error) )?Missing script: |no rule to make target
            ^make: \*\*\* no (?:targets|rule)|^error: no such (?:command|subcommand):
            ^\S+: error: unrecognized arguments
            """,
        ),
    )
)
"""The shell could not read or start the command, or its program found no work to look at."""

EVIDENCE: PatternTable[Said] = PatternTable(
    (
        (
            Said.TESTS,
            r"""
            ^\s*(?:\[[^\]\n]+\] )?--- FAIL: |^FAIL\s+\S+\s+[\d.]+s
            ^FAIL\s+\S+\.(?:[cm]?[jt]sx?|py|rb|php)\b|^(?:FAILED|ERROR) \S+::
            ^=+ .*\b\d+ (?:failed|errors?)\b|^FAILED \((?:failures|errors)=
            ^\s*Tests?:?\s+(?:\d+ \w+,? \|? ?){0,3}[1-9]\d* failed
            ^\s*Test Files\s+[1-9]\d* failed|^\s*not ok \d|^\s*[1-9]\d* failing$
            Tests run: \d+, +(?:Failures|Errors): |^(?:FAILURES!|ERRORS!)
            ^There (?:was|were) \d+ (?:failure|error)s?|^Failed!\s+- Failed:
            ^test result: FAILED|^test \S+ \.\.\. FAILED|^\[  FAILED  \]
            ^\d+ (?:examples?|tests?|specs?|runs?|scenarios?|doctests?),.*
                [1-9]\d* (?:failures?|failed|errors?)
            ^\*\* TEST FAILED \*\*|^\s*\d+% tests passed, [1-9]\d* tests? failed
            Executed \d+ tests?, with [1-9]\d* failure
            ^\W*(?-i:FAIL): \S|^\S+\tfail\t
            ^.+\.{5,80}(?:\(.*\))?Failed$
            """,
        ),
        (
            Said.FINDINGS,
            r"""
            ^(?:\[[^\]\n]+\] )?\s{0,4}(?:\./|/|[A-Z]:\\)?[\w@+~.-][\w@+~./\\-]*\.\w+
                :\d+(?::\d+)?: \S
            ^\S+\.\w+:\d+(?::\d+)?(?:$| - (?:error|warning))
            ^\S+\.\w+ ?[(\[]\d+[,:]\d+[)\]]: ?(?:error|warning)
            ^\s*(?:\d+:\d+|line \d+)\s+(?:error|warning|✖)
            \berror (?:TS|CS|FS|BC)\d{4}\b|^(?:error|warning)\[\w+\]:
            ^\s*-->\s\S+:\d+:\d+|^error: could not compile
            ^\[ERROR\] COMPILATION ERROR|^e: \S+\.kts?|^In \S+ line \d+:
            ^(?:\[ERROR\] )?\S+\.(?:java|kt|scala):\[?\d+
            \bundefined reference to\b|^ld: |\bUndefined symbols for architecture
            import cycle not allowed|\[build failed\]|^FAIL$
            ^would reformat|\bfiles? would be (?:reformatted|changed|left)
            ^Code style issues|imports? (?:are|is) incorrectly
            ^BUILD FAIL|^\[INFO\] BUILD FAILURE|^FAILURE: Build failed|^\*\* BUILD FAILED \*\*
            ^(?:make|gmake)(?:\[\d+\])?: \*\*\* \[|^ninja: build stopped
            ^(?:\[ERROR\]|npm ERR!) Test failed|^\s+[\^~]+\s*$|^(?-i:E)\s{2,10}\S
            """,
        ),
        (
            Said.CONFLICT,
            r"""
            ^CONFLICT \(|automatic merge failed|\bmerge conflict in\b
            \bcould not apply [0-9a-f]{4,40}|^(?:unresolved|conflicting) files
            """,
        ),
        (
            Said.COUNTS,
            r"""
            ^\s*(?:✗|✘|✖|❌|×|✕|●) \S
            \b[1-9]\d* (?:\w+ )?(?:problems?|issues?|errors?|warnings?|offenses?
                |vulnerabilit(?:y|ies)|violations?|findings?|failures?|failed|mismatch(?:es)?)\b
            """,
        ),
    )
)
"""What tools say about the work that they looked at."""

MISUSE: PatternTable[Said] = PatternTable(
    (
        (
            Said.MISUSE,
            r"""
            \b(?:unknown|unrecogni[sz]ed|invalid|illegal|unexpected|unsupported|ambiguous|no such)
                \s(?:\w+ )?(?:options?|flags?|arguments?|(?:sub)?commands?|switch
                |parameters?|shorthand|revision)\b
            flag provided but not defined|^\s{0,2}usage:|\baccepts (?:at most|at least|between|\d)
            \b(?:missing|requires?|required|expected) .*\b(?:arguments?|operand|flag|option)\b
            no such file or directory|cannot find (?:path|the (?:file|path))
            (?:directory|file|path|config(?:uration)?) (?:or directory )?(?:\S+ )?
                (?:was )?(?:not found|does not exist)
            not a git repository|^fatal: |cannot write multiple packages
            no (?:targets specified|makefile found|such task|tasks? named|go files|input files)
            no (?:tests? (?:found|collected|to run|matched|ran)|pull requests? found)
            no (?:test )?files? (?:matching|found|to (?:check|lint))|task .* not found
            outside (?:main module|available modules)|permission denied|\bnot installed\b
            ^\S{0,100}python\S{0,10}: (?:no module named|can't open)|\bRunning error\b
            could(?: not|n't) (?:find a|read) config|no space left|\btimed out\b
            connection refused|could not resolve host|network is unreachable
            \.lock'?: file exists
            """,
        ),
    )
)
"""The call was wrong, or its surroundings were, before any work was looked at."""
