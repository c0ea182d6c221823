import pytest

from simgen.errors import InputError
from simgen.release.card.titles import check_authors


def test_names_are_kept() -> None:
    names = ("Ada Lovelace", " Müller, Jörg-Åke ", "O'Neill & Sons (Ltd.)", "王小明")
    assert check_authors(names) == ("Ada Lovelace", "Müller, Jörg-Åke", "O'Neill & Sons (Ltd.)", "王小明")


@pytest.mark.parametrize("name", ["", "  ", "x\n```", "Evil } , year={1999}", "<script>", "a\tb", "a\\b"])
def test_a_name_that_would_break_the_citation_is_refused(name: str) -> None:
    with pytest.raises(InputError, match="not a name"):
        check_authors([name])
