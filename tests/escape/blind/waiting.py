"""More time than granted."""

from textwrap import dedent, indent

from tests.escape.attack import Attack, Family, overstayed
from tests.escape.blind.processes import BRIEF


def _waits(name: str, does: str, before: str = "") -> Attack:
    body = indent(dedent(does).strip(), "    ")
    source = f"import os, signal, threading, time\n{dedent(before)}\ndef attack():\n{body}\n"
    return Attack(name=name, family=Family.TIME, source=source, limits=BRIEF, reached=overstayed)


ATTACKS = (
    _waits("sleeps", "time.sleep(60)"),
    _waits("sleeps while it is only being loaded", "pass", before="time.sleep(60)"),
    _waits(
        "is busy and deaf to every signal",
        """
        for number in range(1, 65):
            try:
                signal.signal(number, signal.SIG_IGN)
            except (OSError, ValueError):
                pass
        signal.pthread_sigmask(signal.SIG_BLOCK, range(1, 65))
        while True:
            pass
        """,
    ),
    _waits("computes without ever coming back to the interpreter", "9 ** 9 ** 9"),
    _waits(
        "a pattern that never finds its end",
        """
        import re
        re.match("(a+)+b", "a" * 64)
        """,
    ),
    _waits("stops itself", "os.kill(os.getpid(), signal.SIGSTOP)"),
    _waits(
        "answers, but a thread goes on",
        """
        threading.Thread(target=time.sleep, args=(60,)).start()
        return 1
        """,
    ),
    _waits(
        "answers, but never finishes to leave",
        """
        import atexit
        atexit.register(time.sleep, 60)
        """,
    ),
    _waits(
        "turns its alarm clock off",
        """
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.alarm(0)
        signal.signal(signal.SIGALRM, signal.SIG_IGN)
        time.sleep(60)
        """,
    ),
    _waits(
        "catches everything and goes on",
        """
        while True:
            try:
                time.sleep(60)
            except BaseException:
                pass
        """,
    ),
    _waits(
        "waits for a lock that nobody frees",
        "threading.Lock().acquire() and threading.Event().wait()",
    ),
)
