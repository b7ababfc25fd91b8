"""Hooks of coding agents: processes that live for one event of a session.

    client ──event on standard input──► entry ──► answers on standard output
                                          │
               in force (read) ◄── glance ┤ ┌── spool (written)
                                          └─┤
                                            └── memory: what the next hook must know

entry          one event from end to end; whatever goes wrong in it, the agent goes on
payload        what Claude Code and Codex say of a call, in one form
memory         what a session did, in two small files: hooks see half of a call each
recording      a call that is over, redacted, into the spool
passing        how a call that was blocked is made all the same, with a reason
staying        the hook that has the lessons loaded and answers those to come
troubles       what went wrong in hooks, for `failonce status`
launching      how a client calls the entry, and what is started when a session ends
answering      what lessons say of an event, by one of the two below
deliberating   asking the lessons, where `glance` saw one that may speak (loads them)
afterwards     the same after a call failed (loads what judges failures)

All but the last three load neither the model nor a library: a hook that has
nothing to say takes little more than Python itself, and so does one that somebody else answers.
Nothing in here opens the store.
"""
