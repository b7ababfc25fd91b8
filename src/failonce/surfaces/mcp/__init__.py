"""failonce over MCP; needs the extra `mcp`.

tools      learned tools, and the one that runs them by name, as tools of an MCP server
answers    what a client reads: words of ours, and recorded data that nobody can take for them
asking     what may be asked of our own server, argument by argument
means      the settings, and the store while a call lasts
proposing  a rule, a failure, a wrong block: what an agent may say
recalling capabilities      what it may ask
own        the table of our own tools
skills     rules in force as documents to read
server     our own server, put together: `failonce mcp`
proxy/     before somebody else's server: `failonce proxy`

Importing the SDK takes about a second, so nobody imports a file of this folder before it is
needed. Nothing in here approves, undoes or switches anything: that is for people.
"""
