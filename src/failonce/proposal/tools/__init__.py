"""Tools that are put together from recorded calls: nobody's free words become code.

rows       what callers did: calls in a row, and what they said
sequences  different tools one after the other, each with what an earlier one answered
paging     one tool again and again, to the last page (its plan, its code)
adapters   a tool that is gone, and the one that callers went to
writing    the Python text of what these found, and its cases
"""
