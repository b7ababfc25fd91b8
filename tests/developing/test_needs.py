"""What a request asks for, and which tool does it already."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from failonce.developing.needs import existing, key_of, name_of
from failonce.language.sentence import plain_name
from failonce.model import ToolSpec

TOOLS = [
    ToolSpec(name="fs__read_file", description="Reads a file of the disk."),
    ToolSpec(name="disk_usage", description="Tells how full the disks are."),
    ToolSpec(name="mergePdfs", description="Joins several documents into one."),
    ToolSpec(name="probe", description="Tests the speed of the wifi network."),
    ToolSpec(name="get", description="Gets a page of the web."),
]


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("create a wifi speed test tool", "wifi_speed_test"),
        ("create system performance monitor", "system_performance_monitor"),
        ("pdf merger tool", "pdf_merger"),
        ("Please make me a tool that counts words!", "counts_words"),
        ("count_words", "count_words"),
        ("2fa codes", "tool_2_fa_codes"),
        ("one two three four five six seven", "one_two_three_four_five"),
    ],
)
def test_a_tool_is_called_by_the_words_of_its_request(text: str, name: str) -> None:
    assert name_of(text) == name


@given(st.text(max_size=600))
def test_whatever_is_asked_for_has_a_name_that_can_be_called(text: str) -> None:
    name = name_of(text)
    assert plain_name(name)
    assert name == name_of(text)
    assert len(name) < 80


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("create a pdf merger", "a tool for merging PDFs"),
        ("check disk usage", "disk usage checker"),
    ],
)
def test_two_wordings_of_one_request_are_one_need(one: str, other: str) -> None:
    assert key_of(one) == key_of(other)


@pytest.mark.parametrize(
    ("text", "tool"),
    [
        ("read a file", "fs__read_file"),
        ("check disk usage", "disk_usage"),
        ("create a pdf merger tool", "mergePdfs"),
        ("a wifi speed test tool", "probe"),
        ("send an e-mail", None),
        ("write a file", None),
        ("get the weather", None),
        ("disk defragmenter with usage graphs and reports", None),
        ("a tool", None),
        ("", None),
    ],
)
def test_what_a_tool_does_already_is_found_by_its_words(text: str, tool: str | None) -> None:
    found = existing(text, TOOLS)
    assert (found.name if found else None) == tool


def test_the_order_of_the_tools_does_not_matter() -> None:
    one = existing("read a file", TOOLS)
    assert one == existing("read a file", TOOLS[::-1])
