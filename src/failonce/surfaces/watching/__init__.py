"""Tools of an agent, watched while they run: `failonce.watch` and what belongs to it.

watch      the decorator: functions, coroutines, generators
blocks     `watching`: blocks of code, and calls that hand out items while they run
tool       one watched tool, and how another one is called for it
course     one call from before to after, as steps: the same for all of them
carrying   the two drivers of these steps: for callers that block, and for those that await
host       what a process has: lessons in force, the writer, what hints and sessions remember
reports    a call that is over, as it goes to the writer
binding    arguments by name, as they were at one moment, and back again
sessions   whose calls these are; reasons to pass a block; what lessons said
logs       a handler for `logging` and a hook for errors that nobody catches

Nothing in here opens the store on a thread of the host.
"""
