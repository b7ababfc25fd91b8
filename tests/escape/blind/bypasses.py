"""Ways to say `open` that a check of the text does not see."""

from textwrap import dedent, indent

from tests.escape.arena import FOLDER
from tests.escape.attack import Attack, Family, told

PLACE = FOLDER / "private/notes.txt"


def _hidden(name: str, does: str, before: str = "") -> Attack:
    body = indent(dedent(does).strip(), "    ")
    return Attack(
        name=name,
        family=Family.STATIC,
        source=f"{dedent(before)}\ndef attack(path):\n{body}\n",
        bait=lambda arena: {"path": arena.file(PLACE)},
        reached=told,
    )


ATTACKS = (
    _hidden("says open in letters of another alphabet", "return 𝓸𝓹𝓮𝓷(path).𝓻𝓮𝓪𝓭()"),
    _hidden(
        "climbs from an empty tuple to every class",
        """
        for kind in ().__class__.__base__.__subclasses__():
            if kind.__name__ == "_wrap_close":
                tools = kind.__init__.__globals__["sys"].modules["posix"]
                door = getattr(tools, "op" + "en")(path, 0)
                return getattr(tools, "re" + "ad")(door, 99).decode()
        """,
    ),
    _hidden(
        "takes the built-ins from a function's globals",
        """
        tools = (lambda: 0).__globals__["__buil" + "tins__"]
        tools = tools if isinstance(tools, dict) else vars(tools)
        return tools["nepo"[::-1]](path).read()
        """,
    ),
    _hidden(
        "runs text that is turned by thirteen letters",
        """
        import codecs
        room = {"path": path}
        exec(codecs.decode("grkg = bcra(cngu).ernq()", "rot13"), room)
        return room["text"]
        """,
    ),
    _hidden(
        "calls C's own open and read",
        """
        import ctypes
        libc = getattr(ctypes, "CD" + "LL")(None)
        room = ctypes.create_string_buffer(100)
        libc.read(libc.open(path.encode(), 0), room, 99)
        return room.value.decode()
        """,
    ),
    _hidden(
        "imports a module that its own loader makes up",
        """
        import harmless
        return harmless.text(path)
        """,
        before="""
import importlib.abc, importlib.machinery, sys
class Makes(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    def find_spec(self, name, path, target=None):
        return importlib.machinery.ModuleSpec(name, self) if name == "harmless" else None
    def exec_module(self, module):
        module.text = lambda path: vars(sys.modules["io"])["op" "en"](path).read()
sys.meta_path.insert(0, Makes())
""",
    ),
    _hidden(
        "runs bytecode that it puts together",
        """
        import marshal, types
        code = compile("o" + "pen(path).read()", "", "eval")
        again = marshal.loads(marshal.dumps(code))
        return types.FunctionType(again, {'path': path})()
        """,
    ),
    _hidden(
        "unpickles a call",
        """
        import pickle
        text = b"cio\\nopen\\n(V" + path.encode() + b"\\ntR."
        return pickle.loads(text).read()
        """,
    ),
    _hidden(
        "finds an open door among everything that lives",
        """
        import gc
        for held in gc.get_objects():
            if isinstance(held, dict) and "FileIO" in held and "TextIOWrapper" in held:
                return held["FileIO"](path).readall().decode()
        """,
    ),
    _hidden(
        "reads while it is only being defined",
        "return attack.__kwdefaults__ or SEEN",
        before=f"""
def peek(function=None, place={str(PLACE)!r}):
    return open(place).read()
SEEN = ""
class Meta(type):
    def __prepare__(name, bases, **more):
        global SEEN
        SEEN = peek()
        return {{}}
class Harmless(metaclass=Meta):
    pass
""",
    ),
    _hidden(
        "reads by what a debugger is called with",
        """
        import sys
        sys.breakpointhook = lambda *a: vars(sys.modules['io'])['open'](*a).read()
        return breakpoint(path)
        """,
    ),
    _hidden(
        "reads by the tool that shows lines of source",
        """
        import linecache
        return linecache.getlines(path)
        """,
    ),
)
