"""The Python that runs now, as the sandbox needs it: nothing of its home, nothing installed."""

import os
import sys
import sysconfig
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from pathlib import Path

from failonce.adapters.sandbox.layout import PYTHON, SCRATCH, Bind, Layout, devices

_VERSION = f"python{sys.version_info.major}.{sys.version_info.minor}"
_ZONES = Path("/usr/share/zoneinfo")
_CERTIFICATES = Path("/etc/ssl/certs/ca-certificates.crt")
PROXY_PORT = 3128
EXECUTABLE = f"{PYTHON}/bin/{_VERSION}"
FLAGS = ("-I", "-S", "-B", "-u", "-X", "utf8")
"""No environment, no user folder, no installed packages, no bytecode files, logs at once."""


def layout(*, programs: bool, proxied: bool) -> Layout:
    """What stands in every sandbox: Python, the libraries of the system, harmless devices.

    `programs` adds those of the system; `proxied` says where the proxy listens and what
    certificates are trusted.
    """
    system = _SYSTEM_WITH_PROGRAMS if programs else _system_libraries()
    binds = [
        *_python(),
        *_present(system),
        *_present(() if programs else (_ZONES,)),
        *devices(),
    ]
    environment = {
        "HOME": SCRATCH,
        "TMPDIR": SCRATCH,
        "PATH": "/usr/bin:/bin" if programs else "/nowhere",
        "LANG": "C.UTF-8",
        "TZ": "UTC",
        # where a Python that is a shared library looks for itself
        "LD_LIBRARY_PATH": f"{PYTHON}/lib",
        # each arena reserves 64 MiB of the address space that is counted
        "MALLOC_ARENA_MAX": "2",
    }
    if proxied:
        at = f"http://127.0.0.1:{PROXY_PORT}"
        for name in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"):
            environment[name] = at
        binds += _present((_CERTIFICATES,))
        environment["SSL_CERT_FILE"] = str(_CERTIFICATES)
    hidden = [f"{_stdlib_inside()}/{n}" for n in _INSTALLED if (_stdlib() / n).is_dir()]
    return Layout(binds=binds, links=_links(), environment=environment, hidden=hidden)


def proxy_layout() -> Layout:
    """The same for our proxy: Python, the network, and how names are looked up."""
    plain = layout(programs=False, proxied=False)
    names = _present(tuple(Path("/etc", n) for n in ("resolv.conf", "hosts", "nsswitch.conf")))
    return replace(plain, binds=[*plain.binds, *names], network=True)


_INSTALLED = ("site-packages", "dist-packages")
_SYSTEM_WITH_PROGRAMS = (Path("/usr"), Path("/etc/alternatives"))


def _present(paths: tuple[Path, ...]) -> list[Bind]:
    return [Bind(source=p, target=str(p)) for p in paths if p.exists()]


def _stdlib() -> Path:
    return Path(os.__file__).resolve().parent


def _stdlib_inside() -> str:
    return f"{PYTHON}/{sys.platlibdir}/{_VERSION}"


@cache
def _python() -> tuple[Bind, ...]:
    """The executable, its standard library and, where it is one, its shared library."""
    return tuple(_parts())


def _parts() -> Iterator[Bind]:
    executable = getattr(sys, "_base_executable", None) or sys.executable
    yield Bind(source=Path(executable).resolve(), target=EXECUTABLE)
    yield Bind(source=_stdlib(), target=_stdlib_inside())
    modules = sysconfig.get_config_var("DESTSHARED")
    if modules and _stdlib() not in Path(modules).resolve().parents and Path(modules).is_dir():
        yield Bind(source=Path(modules).resolve(), target=f"{_stdlib_inside()}/lib-dynload")
    folder, name = (sysconfig.get_config_var(n) for n in ("LIBDIR", "INSTSONAME"))
    if sysconfig.get_config_var("Py_ENABLE_SHARED") and folder and Path(folder, name).exists():
        yield Bind(source=Path(folder, name).resolve(), target=f"{PYTHON}/lib/{name}")


@cache
def _system_libraries() -> tuple[Path, ...]:
    """Where the loader and the libraries of the system lie."""
    several = sysconfig.get_config_var("MULTIARCH")
    folders = [Path("/usr/lib", several)] if several and Path("/usr/lib", several).is_dir() else []
    if not folders:
        folders = [Path("/usr/lib")]
    folders += [Path("/usr/lib64")]
    for old in _OLD:
        place = Path("/", old)
        if place.is_dir() and not place.is_symlink():
            inner = place / several if several else place
            folders.append(inner if inner.is_dir() else place)
    return tuple(f for f in folders if f.is_dir() and not f.is_symlink())


_OLD = ("lib", "lib64")


def _links() -> dict[str, str]:
    """`/lib` and the like, where they are links into `/usr`."""
    folders = (Path("/", name) for name in ("bin", "sbin", *_OLD))
    return {str(f): str(f.readlink()) for f in folders if f.is_symlink()}
