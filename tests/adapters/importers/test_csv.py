from datetime import UTC, datetime

import pytest

from failonce.adapters.importers.csv import CsvImporter
from failonce.errors import BadInput
from failonce.model import Origin, Recording, Reject


def test_columns_are_found_by_name(read):
    found = read(
        CsvImporter(),
        "LineId,Date,Time,Level,Component,Content\n"
        '1,2026-01-02,03:04:05,ERROR,db,"no, not\nthis"\n'
        "2,2026-01-02,03:04:06,INFO,web,ok\n",
    )
    assert [(r.call.tool, r.text, r.flagged) for r in found] == [
        ("db", "no, not\nthis", True),
        ("web", "ok", False),
    ]
    assert found[0].at == datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
    assert found[0].origin is Origin.LOG


@pytest.mark.parametrize("mark", [";", "\t", "|"])
def test_other_delimiters(read, mark):
    (one,) = read(CsvImporter(), f"ts{mark}component{mark}error\n1767323045{mark}api{mark}down\n")
    assert (one.call.tool, one.text, one.flagged) == ("api", "down", True)


def test_a_table_of_calls(read):
    (one,) = read(CsvImporter(), 'tool,args,text,is_error,session\nmove,"{""a"": 1}",no,true,s1\n')
    assert (one.call.tool, one.call.args, one.text) == ("move", {"a": 1}, "no")
    assert (one.flagged, one.call.session, one.origin) == (True, "s1", Origin.CALL)


def test_rows_that_do_not_fit_are_rejects(read):
    found = read(CsvImporter(), "level,message\ninfo,ok\ninfo,a,b,c\ninfo,\nerror,no\n")
    assert [type(entry) for entry in found] == [Recording, Reject, Reject, Recording]
    assert found[1].line == 3


def test_an_unclosed_quote_does_not_swallow_the_file(read):
    rows = "".join(f"info,line {n}\n" for n in range(50_000))
    found = read(CsvImporter(), 'level,message\ninfo,"open\n' + rows)
    rejects = [entry for entry in found if isinstance(entry, Reject)]
    assert len(rejects) == 1
    assert len(found) > 30_000


def test_a_table_without_messages_is_refused(read):
    with pytest.raises(BadInput, match="no column"):
        read(CsvImporter(), "a,b\n1,2\n")


@pytest.mark.parametrize("mark", [",", ";", "\t", "|"])
def test_the_names_of_a_table_of_calls_may_be_written_otherwise(read, mark):
    header = mark.join(["Tool", "Args", "Text", "Is_Error", "Duration MS"])
    content = f"{header}\n" + mark.join(["move", "{}", "no", "true", "7"]) + "\n"
    assert CsvImporter().sniff(content.encode(), "table") > 0.5
    (one,) = read(CsvImporter(), content)
    assert (one.call.tool, one.call.args, one.text) == ("move", {}, "no")
    assert (one.flagged, one.duration_ms, one.origin) == (True, 7.0, Origin.CALL)


def test_every_field_of_a_call_may_stand_in_a_table(read):
    fields = {
        "TOOL": "move", "Project": "p", "Session": "s", "Task": "t", "ID": "1", "Trace": "a",
        "Parent": "b", "Attempt": "2", "Exit Code": "3", "Status": "404", "Retry After S": "5",
        "Error_Type": "E", "Read_Only": "true", "Origin": "log", "Time": "1767323045",
    }  # fmt: skip
    (one,) = read(CsvImporter(), ",".join(fields) + "\n" + ",".join(fields.values()) + "\n")
    call = one.call
    assert (call.tool, call.project, call.session, call.task) == ("move", "p", "s", "t")
    assert (call.trace, call.parent, one.id, one.attempt) == ("a", "b", "1", 2)
    assert (one.exit_code, one.status, one.retry_after_s) == (3, 404, 5.0)
    assert (one.error_type, one.read_only, one.origin) == ("E", True, Origin.LOG)
    assert one.at == datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


def test_a_header_that_is_no_csv_is_refused(read):
    with pytest.raises(BadInput, match="no column"):
        read(CsvImporter(), "tool,te\rxt\nmove,no\n")
