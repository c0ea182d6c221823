from simgen.tables import Table, markdown_table


def test_a_cell_of_markdown_stays_one_cell() -> None:
    assert markdown_table(("name", "n"), [("a | b\nc", "1")], ["n"]) == (
        "| name | n |\n| --- | ---: |\n| a \\| b c | 1 |"
    )


def test_columns_are_aligned() -> None:
    table = Table(("name", "n"), (("a", "1,000"), ("long name", "2")))
    assert table.as_text() == "name           n\na          1,000\nlong name      2"
    assert table.as_markdown() == "| name | n |\n| --- | ---: |\n| a | 1,000 |\n| long name | 2 |"
