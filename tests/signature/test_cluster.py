"""Level 2: which templates are one."""

import os
import random
import subprocess
import sys
from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from failonce.signature.cluster import Cluster, Form, aliases, clusters, scope
from failonce.signature.fingerprint import fingerprint, template

NAMES = ("alice", "bob", "carol", "dave", "erin", "frank", "grace", "heidi")


def cluster(texts: Iterable[str], scope: str = "") -> tuple[Cluster, ...]:
    return clusters(Form(id=t, template=template(t), scope=scope) for t in texts)


def groups(texts: Iterable[str]) -> set[frozenset[str]]:
    return {frozenset(c.members) for c in cluster(texts)}


def test_many_words_in_one_place_are_values() -> None:
    (found,) = cluster(f"no home for {name} on this host" for name in NAMES)
    assert found.pattern == "no home for <*> on this host"
    assert found.count == len(NAMES)
    assert found.members == tuple(sorted(f"no home for {name} on this host" for name in NAMES))


def test_few_words_in_one_place_are_a_vocabulary() -> None:
    texts = [f"the machine was {state} by the operator" for state in ("started", "stopped")]
    assert len(cluster(texts)) == 2


@pytest.mark.parametrize(
    "texts",
    [
        [f"owner={name} may not write here" for name in NAMES[:3]],
        [f"module '{name}' has no such part" for name in NAMES[:3]],
        ["class org.one.A is not known", "class net.two.B is not known"],
        ["host set to 'web.local' by dhcp", "host set to 'db-7' by dhcp"],
        [f"domain {name}_backup is not served" for name in NAMES[:4]],
        [
            f"register class a.b.{x} for class c.d.{y}"
            for x, y in zip("abcdef", "uvwxyz", strict=True)
        ],
    ],
)
def test_fewer_suffice_where_a_value_is_expected_or_looks_like_one(texts: list[str]) -> None:
    assert len(cluster(texts)) == 1


@pytest.mark.parametrize(
    "texts",
    [
        [f"{name}: was not able to go on" for name in ("KeyError", "OSError", "IOException")],
        [f"raised {n}Error in the third step" for n in map(str.title, NAMES)],
        [f"raised <arg:x> {n}Warning" for n in map(str.title, NAMES)],
        [f"the {name}=7 setting is not used" for name in NAMES],
        [f"{name} ran out of the memory it had" for name in NAMES],
        ["sends with IPv4 and no other", "sends with IPv6 and no other"],
        list(NAMES),
    ],
    ids=["type", "type in text", "warning", "key", "first word", "standard", "no context"],
)
def test_what_never_merges(texts: list[str]) -> None:
    assert len(cluster(texts)) == len(texts)


def test_scopes_do_not_mix() -> None:
    forms = [
        Form(id=s, template="the same <int>", scope=scope("tool", s)) for s in ("KeyError", "")
    ]
    assert len(clusters(forms)) == 2


def test_the_commonest_template_is_the_example_and_the_largest_cluster_first() -> None:
    forms = [
        Form(id="1", template="seen <int> of <int>", count=3),
        Form(id="2", template="seen <int>, <ip> of <int>", count=9),
        Form(id="3", template="other", count=2),
    ]
    first, second = clusters(forms)
    assert (first.example, first.count) == ("seen <int>, <ip> of <int>", 12)
    assert second.members == ("3",)
    assert aliases((first, second)) == {"1": first.id, "2": first.id, "3": second.id}


def test_no_form_is_lost_and_one_template_may_have_several_fingerprints() -> None:
    forms = [Form(id=str(n), template="x <int>") for n in range(3)]
    (found,) = clusters([*forms, forms[0]])
    assert found.members == ("0", "1", "2")
    assert found.count == 4
    assert clusters([]) == ()


words = st.sampled_from(["read", "write", "a.b.c", "x.y.z", "web_1", "db_x", "ParseError", "'k'"])
texts = st.lists(
    st.lists(st.one_of(words, st.sampled_from(NAMES)), min_size=3, max_size=6).map(
        lambda ws: f"can not {' '.join(ws)}"
    ),
    max_size=30,
)


@given(texts, st.randoms())
def test_order_and_shards_do_not_matter(found: list[str], r: random.Random) -> None:
    whole = cluster(found)
    shuffled = r.sample(found, len(found))
    cut = len(found) // 2
    assert cluster(shuffled) == whole
    assert cluster(shuffled[cut:] + shuffled[:cut]) == whole


@given(texts)
def test_volume_does_not_matter(found: list[str]) -> None:
    assert groups(found) == groups(found * 3)


@given(texts)
def test_texts_with_one_fingerprint_share_a_cluster(found: list[str]) -> None:
    table = aliases(cluster(found))
    by_name = {fingerprint(component="", error_type="", text=t).id: table[t] for t in found}
    for text in found:
        name = fingerprint(component="", error_type="", text=text).id
        assert table[text] == by_name[name]


def test_a_second_word_shows_once_the_first_is_known_to_vary() -> None:
    texts = [
        f"user {a} may not see the file of {b} today"
        for n, a in enumerate(NAMES)
        for b in (NAMES * 2)[n : n + 6]
    ]
    assert len(cluster(texts)) == 1


def test_another_process_finds_the_same_clusters() -> None:
    code = (
        "from failonce.signature.cluster import Form, clusters\n"
        "names = 'alice bob carol dave erin frank grace heidi'.split()\n"
        "texts = [f'no home for {n} on {h}' for n in names for h in ('a.b.c', 'x.y.z')]\n"
        "for c in clusters(Form(id=t, template=t) for t in texts): print(c.id, c.members)"
    )
    outputs = {
        subprocess.run(
            [sys.executable, "-c", code],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            check=True,
        ).stdout
        for seed in ("0", "1", "2")
    }
    assert len(outputs) == 1
