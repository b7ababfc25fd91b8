"""failonce among the tools of an agent, by the Model Context Protocol (MCP).

proxy   stands before any MCP server: records its tools, lets lessons act on them
"""
