from simgen.tables import Table, markdown_table


def test_a_cell_of_markdown_stays_one_cell() -> None:
    assert markdown_table(("name", "n"), [("a | b\nc", "1")], ["n"]) == (
        "| name | n |\n| --- | ---: |\n| a \\| b c | 1 |"
    )


def test_aligned_text_has_the_first_column_at_the_left() -> None:
    table = Table(("name", "n"), (("a", "1,000"), ("long name", "2")))
    assert table.as_text() == "name           n\na          1,000\nlong name      2"
