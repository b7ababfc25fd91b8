"""The stories again, with the store on a PostgreSQL server: nothing in them is another."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.place import Place
from tests.postgres import Postgres
from tests.stories import (
    test_all_pages,
    test_arguments,
    test_auto,
    test_errors_alone,
    test_fallback,
    test_limits,
    test_not_twice,
    test_override,
    test_rate_limit,
    test_three_calls,
    test_timeouts,
    test_versions,
)

_STORIES = (
    test_errors_alone.test_three_reports_become_a_warning_that_a_person_approves_and_undoes,
    test_override.test_a_wrong_block_is_passed_with_a_reason_and_comes_back_to_a_person,
)
"""Told each time: errors of services, and a lesson of an agent."""
_MORE = (
    test_all_pages.test_pages_become_one_call_in_another_process,
    test_arguments.test_the_argument_is_what_the_tool_wants_before_it_is_called,
    test_auto.test_auto_mends_by_itself_and_takes_back_what_turned_for_the_worse,
    test_errors_alone.test_the_approved_retry_acts_on_a_watched_tool_of_that_name,
    test_errors_alone.test_what_tells_too_little_is_a_gap_or_below_the_limit,
    test_fallback.test_the_tool_that_callers_went_to_answers_instead,
    test_limits.test_the_time_of_a_hint_passes_and_it_is_retired,
    test_limits.test_what_is_beyond_the_policy_is_refused,
    test_not_twice.test_no_order_is_made_twice,
    test_rate_limit.test_429_becomes_a_retry_with_the_pause_asked_for_and_a_limit,
    test_three_calls.test_a_sequence_becomes_a_tool_that_another_process_calls,
    test_timeouts.test_calls_that_hang_are_given_up_early_and_made_again,
    test_versions.test_callers_are_redirected_and_a_bad_version_is_rolled_back,
)


@pytest.fixture
def place(tmp_path: Path, postgres: Postgres) -> Iterator[Place]:
    """A place whose store is a database that nobody opened yet."""
    url = postgres.database()
    yield Place(folder=tmp_path, url=url)
    postgres.drop(url)


@pytest.mark.parametrize(
    "story",
    [*_STORIES, *(pytest.param(story, marks=pytest.mark.torture) for story in _MORE)],
    ids=lambda story: story.__name__.removeprefix("test_"),
)
def test_a_story_goes_as_it_does_elsewhere(story, place: Place) -> None:
    story(place)
