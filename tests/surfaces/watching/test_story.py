"""A bare loop makes the same mistake in two sessions; a person approves; the third does not.

Real processes, a real store, the real command line.
"""

from tests.place import Place

SESSION = """
import sys
import failonce

@failonce.watch(read_only=True)
def get_order(order_id, verbose=None):
    if verbose is not None:
        raise TypeError("get_order() got an unexpected argument 'verbose'")
    return f"order {order_id}: two chairs"

def agent(first):
    failed = 0
    for n in range(first, first + 6):
        try:
            print("got", get_order(f"o-{n}", verbose=True))
        except failonce.Blocked as told:
            print("told:", told)
            get_order(f"o-{n}")
        except TypeError:
            failed += 1
            get_order(f"o-{n}")
    return failed

with failonce.session(sys.argv[1], project="shop"):
    failed = agent(int(sys.argv[2]))
print(f"failed {failed}, lost {failonce.status().lost}")
"""


def test_the_third_session_does_not_make_the_mistake(place: Place) -> None:
    """Two sessions teach it, `failonce mine` finds it, `failonce approve` puts it in force."""
    for n in (1, 2):
        assert "failed 6, lost 0" in place.run("-c", SESSION, f"s{n}", f"{n * 10}")
    place.mine()
    (found,) = place.lessons()
    place.failonce("approve", found["id"], "--reason", "read in a test")
    third = place.run("-c", SESSION, "s3", "30")
    assert "failed 0, lost 0" in third
    assert third.count("told:") == 6
    assert "`verbose`" in third
