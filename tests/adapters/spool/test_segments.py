"""The spool's files: taken up once, whoever wrote them, and never what is torn or garbled."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from failonce.adapters.spool import Record, Spool
from failonce.adapters.spool.records import framed, unframed
from failonce.errors import StoreError, StoreFull
from failonce.model import Action, Closing, Event, Offer, Parameter, ToolSpec
from failonce.testing.samples import START, evidence, exposure

RECORDS: list[Record] = [
    evidence(1, signature="f", message="caf\udce9 \x00 \u202e"),
    exposure(2),
    Closing(project="p", session="s", at=START),
    Event(at=START, actor="a", action=Action.OVERRIDE),
]


def test_records_come_back_as_they_were() -> None:
    """Also with text that is none."""
    assert list(unframed(b"".join(map(framed, RECORDS)))) == RECORDS


def test_tools_come_back_as_they_said_of_themselves() -> None:
    """With all that a schema holds."""
    choices = ("a", 1, None, ["b"], {"c": 2.5})
    parameter = Parameter(name="to", types=("string",), required=True, choices=choices)
    spec = ToolSpec(name="send", parameters=(parameter,), read_only=False, digest="d")
    offer = Offer(spec=spec, project="p", at=START)
    assert list(unframed(framed(offer))) == [offer]


@settings(max_examples=200)
@given(data=st.data())
def test_of_garbled_bytes_only_whole_records_come_back(data: st.DataObject) -> None:
    """Wherever they are cut, changed or filled up; what is behind is found again."""
    content = bytearray(b"".join(map(framed, RECORDS)))
    at = data.draw(st.integers(0, len(content) - 1))
    match data.draw(st.sampled_from(("flip", "cut", "fill"))):
        case "flip":
            content[at] ^= data.draw(st.integers(1, 255))
            expected = 3
        case "cut":
            del content[at:]
            expected = 0
        case _:
            content[at:at] = data.draw(st.binary(min_size=1, max_size=40))
            expected = 3
    found = list(unframed(bytes(content)))
    whole = [r for r in found if r is not None]
    assert all(r in RECORDS for r in whole)
    assert len(whole) >= expected
    assert len(whole) == 4 or None in found or (at == 0 and not content) or _boundary(at)


def _boundary(at: int) -> bool:
    """Whether a cut there leaves nothing torn."""
    ends = [sum(len(framed(r)) for r in RECORDS[:n]) for n in range(len(RECORDS))]
    return at in ends


@settings(max_examples=200)
@given(st.binary(max_size=300))
def test_noise_is_no_record(noise: bytes) -> None:
    """Whatever it is."""
    assert not any(unframed(noise))


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_a_garbled_segment_is_kept_for_a_person(tmp_path: Path, data: st.DataObject) -> None:
    """What is whole in it is taken up; it is not read a second time."""
    spool = Spool(tmp_path / "spool")
    spool.append(RECORDS)
    spool.rest()
    (path,) = (tmp_path / "spool").glob("*.seg")
    content = bytearray(path.read_bytes())
    content[data.draw(st.integers(0, len(content) - 1))] ^= data.draw(st.integers(1, 255))
    path.write_bytes(bytes(content))
    taken: list[Record] = []
    found = spool.take_up(taken.extend)
    assert found is not None
    assert (found.records, found.damaged > 0) == (len(taken), True)
    assert len(taken) == 3
    assert path.with_suffix(".damaged").exists()
    assert not spool.waits()
    path.with_suffix(".damaged").unlink()


def test_what_cannot_be_taken_stays(tmp_path: Path) -> None:
    """And is taken again, all of it, when it can be."""
    spool = Spool(tmp_path)
    spool.append([evidence(n) for n in range(100)])
    seen: list[Record] = []

    def take(batch: object) -> None:
        seen.extend(batch)  # type: ignore[call-overload]
        if len(seen) > 50:
            raise StoreError("away")

    with pytest.raises(StoreError):
        spool.take_up(take)
    again: list[Record] = []
    spool.take_up(again.extend)
    assert again == [evidence(n) for n in range(100)]
    assert spool.size() == 0


def test_it_has_its_size(tmp_path: Path) -> None:
    """What does not fit is refused as a whole; others' segments count."""
    other, spool = Spool(tmp_path, most_bytes=20_000), Spool(tmp_path, most_bytes=20_000)
    other.append([evidence(n) for n in range(25)])
    with pytest.raises(StoreFull):
        spool.append([evidence(n) for n in range(60)])
    spool.append([evidence(100)])
    other.rest()
    taken: list[Record] = []
    spool.take_up(taken.extend)
    assert len(taken) == 26


def test_a_disk_that_refuses_leaves_no_half(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Written in part and then refused: the part is gone, and the next record is whole."""
    spool = Spool(tmp_path)
    spool.append([evidence(1)])
    write: Callable[[int, bytes], int] = os.write
    left = [1]

    def short(handle: int, content: bytes) -> int:
        if left[0]:
            left[0] -= 1
            return write(handle, bytes(content[:10]))
        raise OSError(28, "no room")

    with monkeypatch.context() as patched:
        patched.setattr(os, "write", short)
        with pytest.raises(OSError, match="no room"):
            spool.append([evidence(2)])
    spool.append([evidence(3)])
    taken: list[Record] = []
    found = spool.take_up(taken.extend)
    assert taken == [evidence(1), evidence(3)]
    assert found is not None
    assert found.damaged == 0


APPENDING = """
import sys
from pathlib import Path
from failonce.adapters.spool import Spool
from failonce.testing.samples import evidence
spool = Spool(Path(sys.argv[1]), segment_bytes=3000)
first = int(sys.argv[2])
for n in range(first, first + 200):
    spool.append([evidence(n)])
print("written", flush=True)
sys.stdin.read()
"""


def test_processes_append_while_one_takes_up(tmp_path: Path) -> None:
    """Each record once; the segment that is still written is left alone."""
    writing = [
        subprocess.Popen(
            [sys.executable, "-c", APPENDING, tmp_path, str(1000 * n)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        for n in range(3)
    ]
    taken: list[Record] = []
    spool = Spool(tmp_path)
    while any(p.poll() is None for p in writing):
        spool.take_up(taken.extend)
        if len(taken) > 300:
            for p in writing:
                if p.stdin is not None and not p.stdin.closed:
                    p.stdin.close()
    for p in writing:
        with p:
            assert p.returncode == 0
    spool.take_up(taken.extend)
    ids = [r.id for r in taken if not isinstance(r, Closing | Event)]
    assert len(ids) == len(set(ids)) == 600
