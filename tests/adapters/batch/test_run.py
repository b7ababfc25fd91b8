"""How parts are given out."""

from hypothesis import given
from hypothesis import strategies as st

from failonce.adapters.batch.parts import File, Form, Looked, Stretch
from failonce.adapters.batch.run import LOAD, ROUND, _loads


def parts(forms: list[Form]) -> list[Stretch]:
    file = File(url="/a", name="a", size=1, modified=0)
    return [
        Stretch(looked=Looked(file=file, form=form, root=""), begin=n, end=n + 1, n=n)
        for n, form in enumerate(forms)
    ]


@given(forms=st.lists(st.sampled_from(Form), max_size=ROUND), workers=st.integers(1, 40))
def test_every_part_is_given_out_once_and_no_worker_gets_too_much(
    forms: list[Form], workers: int
) -> None:
    """Half of its share of what is left, at most, so that all end together; texts go alone."""
    given_ = list(_loads(parts(forms), workers))
    assert [s.n for load in given_ for s in load] == list(range(len(forms)))
    left = len(forms)
    for load in given_:
        assert 1 <= len(load) <= max(1, min(LOAD, left // (2 * workers)))
        assert len(load) == 1 or {s.looked.form for s in load} == {Form.TABLE}
        left -= len(load)


def test_few_results_travel_where_there_are_many_parts() -> None:
    """What the process that adds up has to read grows far slower than the parts do."""
    assert len(list(_loads(parts([Form.TABLE] * ROUND), 2))) < ROUND / 5
    assert len(list(_loads(parts([Form.TABLE] * 2), 2))) == 2
