"""What runs first in the sandbox, as process 1 of a world of its own.

It is compiled outside and handed over as bytes; nothing of failonce is there to import. Its own
imports are few and built in, because they are what starting costs (`typing` alone takes 7 ms).
Until `_close_the_door` it may still mount its scratch folder; what is called after it is not ours
any more.
"""

from __future__ import annotations

import _ctypes
import marshal
import posix
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_MOUNT_FLAGS = 2 | 4  # no set-user-id, no devices
_NO_EXEC = 8
_CAPABILITY_VERSION = 0x20080522
_FILTER_MODE = 1
_ALL_THREADS = 1
_MOST_WORDS = 4000
_AS = 9  # RLIMIT_AS
# what Landlock calls writing: a file, removing, making of seven kinds, moving, cutting
_REFER, _TRUNCATE = 1 << 13, 1 << 14
_WRITING = 1 << 1 | 0x1FF0 | _REFER | _TRUNCATE
_LINKS_AND_SPECIAL = 0x40 | 0x200 | 0x400 | 0x800 | 0x1000
_KINDS = {"own": _WRITING, "granted": _WRITING & ~_LINKS_AND_SPECIAL, "file": 1 << 1 | _TRUNCATE}
_LISTEN = 64


class _Long(_ctypes._SimpleCData):  # type: ignore[type-arg]
    _type_ = "l"


class _Function(_ctypes.CFuncPtr):
    _flags_ = _ctypes.FUNCFLAG_CDECL | _ctypes.FUNCFLAG_USE_ERRNO
    _restype_ = _Long


_program = _ctypes.dlopen(None, 0)  # type: ignore[arg-type]
_syscall = _Function(_ctypes.dlsym(_program, "syscall"))


def _kernel(number: int, *arguments: Any) -> int:
    """A call of the kernel: numbers go as 64 bits, bytes as the address of their first."""
    given = [_Long(a) if isinstance(a, int) else a for a in arguments]
    got: int = _syscall(_Long(number), *given)
    if got == -1:
        code = _ctypes.get_errno()
        raise OSError(code, posix.strerror(code), f"system call {number}")
    return got


def _limit(number: int, resource: int, most: int) -> None:
    both = most.to_bytes(8, "little") * 2
    _kernel(number, 0, resource, both, 0)


def _prepare(config: dict[str, Any]) -> None:
    """Mount the scratch folder with room for so much and so many, then be nobody in particular."""
    calls = config["calls"]
    flags = _MOUNT_FLAGS | (0 if config["programs"] else _NO_EXEC)
    options = f"size={config['disk']},nr_inodes={config['inodes']},mode=700"
    _kernel(calls["mount"], b"scratch", config["scratch"], b"tmpfs", flags, options.encode())
    posix.chdir(config["scratch"])
    header = _CAPABILITY_VERSION.to_bytes(4, "little") + bytes(4)
    _kernel(calls["capset"], header, bytes(24))
    for resource, most in config["limits"]:
        _limit(calls["prlimit64"], resource, most)


def _report(config: dict[str, Any], channel: int) -> None:
    """Say that we stand, which files the grants came to, and hand out the proxy's listener."""
    found = []
    for path in config["granted"]:
        seen = posix.stat(path)
        found.append(f"{seen.st_dev}:{seen.st_ino}")
    words = ("ready " + " ".join([_wall(config), *found]) + "\n").encode()
    if not config["proxy"]:
        posix.write(channel, words)
        return
    import _socket  # noqa: PLC0415 - only where a network is granted

    door = _socket.socket(_socket.AF_INET, _socket.SOCK_STREAM)
    door.bind(("127.0.0.1", config["proxy"]))
    door.listen(_LISTEN)
    mouth = _socket.socket(_socket.AF_UNIX, _socket.SOCK_STREAM, 0, channel)
    handed = door.fileno().to_bytes(4, "little")
    mouth.sendmsg([words], [(_socket.SOL_SOCKET, _socket.SCM_RIGHTS, handed)])
    mouth.detach()
    door.close()


def _receive(channel: int) -> Any:
    parts = b""
    while len(parts) < 8:
        parts += _more(channel, 8 - len(parts))
    left = int.from_bytes(parts, "little")
    chunks = []
    while left:
        chunks.append(_more(channel, min(left, 1 << 20)))
        left -= len(chunks[-1])
    return marshal.loads(b"".join(chunks))  # noqa: S302 - from the host, to the same interpreter


def _more(channel: int, most: int) -> bytes:
    got = posix.read(channel, most)
    if not got:
        posix._exit(0)
    return got


def _close_the_door(config: dict[str, Any], most_memory: int) -> None:
    """From here on the limits hold, and only the calls that code may make."""
    calls = config["calls"]
    _limit(calls["prlimit64"], _AS, most_memory)
    program = config["filter"]

    class Program(_ctypes.Array):  # type: ignore[type-arg]
        _type_ = type("_Char", (_ctypes._SimpleCData,), {"_type_": "c"})
        _length_ = len(program)

    held = Program.from_buffer_copy(program)
    address = _ctypes.addressof(held).to_bytes(8, "little")
    head = (len(program) // 8).to_bytes(8, "little") + address
    _kernel(calls["seccomp"], _FILTER_MODE, _ALL_THREADS, head)


def _wall(config: dict[str, Any]) -> str:
    """Landlock: writing, making and removing only beneath these folders, whatever the mounts say.

    It is what keeps pipes in folders that were granted for reading from being written to.
    """
    calls, folders = config["landlock"], config["writable"]
    try:
        version = _kernel(calls[0], None, 0, 1)
    except OSError:
        return "no-landlock"
    handled = _WRITING & ~(0 if version > 2 else _TRUNCATE) & ~(0 if version > 1 else _REFER)
    rules = _kernel(calls[0], handled.to_bytes(8, "little"), 8, 0)
    for folder, kind in folders:
        beneath = posix.open(folder, posix.O_PATH | posix.O_CLOEXEC)
        allowed = handled & _KINDS[kind]
        rule = allowed.to_bytes(8, "little") + beneath.to_bytes(4, "little")
        _kernel(calls[1], rules, 1, rule, 0)
        posix.close(beneath)
    _kernel(calls[2], rules, 0)
    posix.close(rules)
    return "landlock"


def _encoder() -> Any:
    """JSON without `import json`, which takes as long as starting Python, where that works."""
    try:
        from _json import encode_basestring_ascii, make_encoder  # noqa: PLC0415

        write = make_encoder(
            {}, _no_json, encode_basestring_ascii, None, ":", ",", False, False, False
        )
        return lambda value: "".join(write(value, 0))
    except (ImportError, TypeError):
        import json  # noqa: PLC0415

        return lambda value: json.dumps(value, allow_nan=False, separators=(",", ":"))


def _no_json(value: object) -> None:
    raise TypeError(f"the answer holds a {type(value).__name__}, which is no JSON")


def _words(error: BaseException) -> str:
    """An exception in words, with the line of the source that it left by."""
    try:
        said = str(error)
    except BaseException:  # its __str__ is not ours
        said = ""
    line, trace = 0, error.__traceback__
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == "tool.py":
            line = trace.tb_lineno
        trace = trace.tb_next
    if isinstance(error, SyntaxError):
        said, line = str(error.msg), 0 if error.lineno is None else error.lineno
    where = f" (line {line})" if line else ""
    return f"{type(error).__name__}: {said[:_MOST_WORDS]}{where}"


class CallFailed(Exception):
    """A call of another tool failed; what it said."""


def _caller(channel: int, nonce: str, encode: Any) -> Any:
    """`call("fetch", url=url)`: what the tool answered, as text."""
    import _thread  # noqa: PLC0415 - only where calls may be made

    alone = _thread.allocate_lock()

    def call(tool: str, /, **args: Any) -> str:
        with alone:
            _say(channel, nonce, "C", encode([tool, args]))
            worked, text = _receive(channel)
        if not worked:
            raise CallFailed(text)
        return str(text)

    return call


def _say(channel: int, nonce: str, kind: str, text: str) -> None:
    body = text.encode("ascii")
    left = memoryview(f"{nonce}{kind}{len(body):08x}".encode() + body)
    while left:
        left = left[posix.write(channel, left) :]


def _call(
    source: str, entry: str, args: dict[str, Any], encode: Any, given: dict[str, Any]
) -> tuple[str, str]:
    """What the function answers: a letter for how it ended, and JSON."""
    try:
        try:
            code = compile(source, "tool.py", "exec", dont_inherit=True)
        except (SyntaxError, ValueError, RecursionError, OverflowError) as error:
            return "R", encode("It does not compile: " + _words(error))
        module = type(sys)("tool")
        sys.modules["tool"] = module
        module.__dict__.update(given)
        exec(code, module.__dict__)  # noqa: S102 - this is what the sandbox is for
        function = module.__dict__.get(entry)
        if not callable(function):
            return "R", encode(f"It defines no function {entry}.")
        return "V", encode(function(**args))
    except MemoryError:
        return "M", '""'
    except SystemExit as error:
        posix._exit(error.code if isinstance(error.code, int) else 1)
    except BaseException as error:  # whatever it raises is an answer
        return "E", encode(_words(error))


def _main(config: dict[str, Any], channel: int) -> None:
    _prepare(config)
    _report(config, channel)
    source, entry, args, nonce, most_memory, calls = _receive(channel)
    encode = _encoder()
    sys.path.extend(config["packages"])
    spare = bytearray(1 << 20)  # so that there is room to say that there is none
    call = _caller(channel, nonce, encode) if calls else None
    given = {"call": call, "CallFailed": CallFailed} if calls else {}
    _close_the_door(config, most_memory)
    kind, text = _call(source, entry, args, encode, given)
    del spare
    _say(channel, nonce, kind, text)
    posix.read(channel, 1)  # until the host has seen enough of us
    posix._exit(0)


_main(CONFIG, CHANNEL)  # type: ignore[name-defined]  # noqa: F821 - given by who starts it
