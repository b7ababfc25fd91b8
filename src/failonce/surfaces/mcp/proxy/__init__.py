"""`failonce proxy`: stands before an MCP server, so that neither it nor its client is changed.

messages   what goes over the wire: JSON-RPC, one message a line
links      the two ends, as the relay needs them
stdio      this process's own two streams, and a server that is started behind them
upstream   a server behind a URL
listening  clients that come over HTTP; `exchanges` those that shake no hands
relay      one conversation: who asked what, and where the answer goes
watch      what failonce does in it: which messages it looks at, and what it adds
calls      one call of a tool, as lessons want it
callers    which call it is, in the words of the program that makes it
server     a tool of the server, as it is watched and recorded
catalog    the tools as the server describes them: pinned, and told of where they change
learned    the tools that were learned, beside the server's own
conversation  a client, a server, the relay and the watch, put together
running    one run of the command, from the first message to the exit code
oddities   what a person should know of the words of a description
naming     what a server is called
saying     what the person hears, on standard error
wrapping   the servers of a client's configuration, put behind the proxy and back: texts, that
           `jsonc` reads; the files are those of `surfaces.cli.wrapping`

Messages pass as the bytes that came, whatever they are about; what failonce looks at are the calls
of tools, their list, and the opening of the conversation. So every revision of the protocol passes,
also one that nobody here knows yet.
"""
