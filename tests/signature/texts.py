"""Texts that look for trouble: every shape a mask knows, cut up and joined at random."""

from hypothesis import strategies as st

FRAGMENTS = (
    *"aZ09.-_/:=,;()[]{}\"'|<>#~@%+ \\?*&!$^`\t\n",
    *("ab", "12", "123", "1234", "42501", "123456", "1234567", "123456789012", "1730000000"),
    *("2026-11-07", "T10:00:00Z", "12:30:45", "Nov 7 ", " Nov ", "1e5", "0x1f", "0x7fe13512cf70"),
    *("deadbeef", "abcdef123456", "54fadb412c4e40cdbaed9335e4c35a9e", "aa:bb:cc:dd:ee:ff"),
    *("550e8400-e29b-41d4-a716-446655440000", "10.0.0.1", "10.11.21.122:50010", "fe80::", "::"),
    *("error ", "Error ", "code: ", "status ", "exit code ", "Errno ", "sqlstate ", "http/1.1"),
    *("IPv6", "utf-8", " ms", "5s", "5 MB", "http://", "/x/y", "C:\\", "a.b@c.de", "<int>"),
    *("Nov 7 10:00:00", " UTC", "Mon, ", " +0100", "-code 5", ".status=404", "_error: 7", "x."),
    *("ORA-00942", " 42P01", "hresult", "=0x80070005", "float32", "TLSv1.2", "s3", "1h30m", "5%"),
    *(
        "~/",
        "../",
        "KB/s",
        "@",
        "//",
        "é1",
        "<ts>",
        "<ip>_",
        "\\\\",
        " 5 ",
        " 55 ",
        "(1.5)",
        " 404 ",
    ),
    *("<arg:a1>", "é", "用户", "１２", "٣", "😀", "\u0301", "\x00", "\x1b[31m", "...", "----"),
)

fragments = st.lists(st.sampled_from(FRAGMENTS), max_size=14).map("".join)
encodable = st.one_of(fragments, st.text(max_size=60))
anything = st.one_of(
    encodable,
    st.text(st.characters(categories=["Cs", "Cc", "Lu", "Ll", "Nd", "P", "S", "Z"]), max_size=60),
)
