"""What a tool's file begins with (requirement H15)."""

from failonce.kinds.tool.body import identifier

_TEXT = '''"""What {name} is for."""

# What it may reach. Whoever approves the tool grants it; leave out what it does not need.
# PERMISSIONS = {{"network": ["example.org"], "reads": ["/srv/data"]}}
# Tools of the agent that it calls, by call("name", argument=value).
# CALLS = ["fetch"]
# Other names under which it answers.
# REPLACES = ["old_name"]
# What must come of it. `raises` names an exception instead of a result.
CASES = [
    {{"arguments": {{"text": "a"}}, "result": "a"}},
]


def {function}(text: str) -> str:
    """Say in one line what it does: the agent reads this."""
    return text
'''


def template(name: str) -> str:
    """A module that is a tool of that name, and passes its case."""
    return _TEXT.format(name=name, function=identifier(name))
