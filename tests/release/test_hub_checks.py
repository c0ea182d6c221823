from collections.abc import Iterator
from dataclasses import replace

import pytest

from simgen.errors import IncompleteError, InputError
from simgen.release.destination import Destination, check_destination
from tests.release.loopback_hub import LoopbackHub

pytest.importorskip("huggingface_hub")

# huggingface_hub sends large files with an argument that its HTTP client calls deprecated.
pytestmark = [
    pytest.mark.filterwarnings("ignore:Use 'content=<...>' to upload:DeprecationWarning"),
    pytest.mark.usefixtures("online"),
]

REPO = "ada/kitchens"
TO_REPO = Destination(REPO)
FOREIGN = {"README.md": b"my thesis", "data/train-00000-of-00001.parquet": b"my data", "notes.md": b"mine"}


class TestChecks:
    """What is found before a data set is verified and packed. No request changes anything."""

    @pytest.fixture(autouse=True)
    def _nothing_is_written(self, hub: LoopbackHub) -> Iterator[None]:
        yield
        assert not [request for request in hub.requests if not request.startswith(("GET", "HEAD"))]

    def test_a_new_repository_passes(self, hub: LoopbackHub) -> None:
        check_destination(Destination(REPO, private=True, tag="v1", revision="next"), endpoint=hub.address)

    def test_offline_mode_is_named(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
        with pytest.raises(InputError, match="HF_HUB_OFFLINE is set"):
            check_destination(TO_REPO)

    def test_a_public_repository_is_not_filled_with_private(self, hub: LoopbackHub) -> None:
        hub.add(REPO)
        with pytest.raises(InputError, match="ada/kitchens: it is public, but --private was given"):
            check_destination(replace(TO_REPO, private=True), endpoint=hub.address)

    def test_a_private_repository_is(self, hub: LoopbackHub) -> None:
        hub.add(REPO, private=True)
        check_destination(replace(TO_REPO, private=True), endpoint=hub.address)

    def test_a_wrong_token(self, hub: LoopbackHub, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("HF_TOKEN", "hf_of_somebody_else")

        with pytest.raises(InputError, match=r"ada/kitchens: .* answered 401 .*log in with `hf auth login`"):
            check_destination(TO_REPO, endpoint=hub.address)

    def test_no_token(self, hub: LoopbackHub, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("huggingface_hub.get_token", lambda: None)

        with pytest.raises(InputError, match="no Hugging Face token; log in with `hf auth login`"):
            check_destination(TO_REPO, endpoint=hub.address)

    def test_a_token_that_may_only_read(self, hub: LoopbackHub) -> None:
        hub.role = "read"
        with pytest.raises(InputError, match="the token of ada may only read; log in"):
            check_destination(TO_REPO, endpoint=hub.address)

    def test_the_owner_of_a_new_repository(self, hub: LoopbackHub) -> None:
        with pytest.raises(InputError, match="ada cannot make it, being no member of lab; give --repo ada/"):
            check_destination(Destination("lab/kitchens"), endpoint=hub.address)

        hub.orgs = [{"name": "lab", "roleInOrg": "read"}]
        with pytest.raises(InputError, match="ada may only read in lab; ask lab for the right to write"):
            check_destination(Destination("lab/kitchens"), endpoint=hub.address)

        hub.orgs = [{"name": "lab", "roleInOrg": "write"}]
        check_destination(Destination("lab/kitchens"), endpoint=hub.address)

    def test_an_existing_repository_of_others(self, hub: LoopbackHub) -> None:
        hub.add("lab/kitchens")
        with pytest.raises(InputError, match=r"lab/kitchens: .* answered 403 .*a token that may write there"):
            check_destination(Destination("lab/kitchens"), endpoint=hub.address)
        # Everybody may propose a change.
        check_destination(Destination("lab/kitchens", pull_request=True), endpoint=hub.address)

    def test_a_repository_that_has_moved(self, hub: LoopbackHub) -> None:
        hub.add("ada/Kitchens")
        with pytest.raises(InputError, match="the repository is now ada/Kitchens; give --repo ada/Kitchens"):
            check_destination(TO_REPO, endpoint=hub.address)

    def test_a_tag_that_exists(self, hub: LoopbackHub) -> None:
        repo = hub.add(REPO)
        repo.tags["v1"] = repo.branches["main"]

        with pytest.raises(InputError, match="the tag v1 exists already; give another --tag"):
            check_destination(replace(TO_REPO, tag="v1"), endpoint=hub.address)
        with pytest.raises(InputError, match="v1 is a tag; give a branch with --revision"):
            check_destination(replace(TO_REPO, revision="v1"), endpoint=hub.address)

    def test_the_files_of_the_branch_count(self, hub: LoopbackHub) -> None:
        hub.add(REPO).commit("next", FOREIGN)

        check_destination(TO_REPO, endpoint=hub.address)
        with pytest.raises(InputError, match="not a simgen release"):
            check_destination(replace(TO_REPO, revision="next"), endpoint=hub.address)

    def test_options_that_exclude_each_other(self) -> None:
        with pytest.raises(InputError, match="--pr opens a pull request on the main branch"):
            check_destination(Destination(REPO, pull_request=True, revision="next"))
        with pytest.raises(InputError, match="--tag needs a commit on a branch"):
            check_destination(Destination(REPO, pull_request=True, tag="v1"))

    def test_a_pull_request_needs_a_repository(self, hub: LoopbackHub) -> None:
        with pytest.raises(InputError, match="there is no such repository; leave out --pr"):
            check_destination(replace(TO_REPO, pull_request=True), endpoint=hub.address)

    @pytest.mark.parametrize(
        "repo", ["kitchens", "ada/kit chens", "ada/kitchens/train", "-ada/kitchens", "", "a--b/c"]
    )
    def test_a_malformed_name(self, hub: LoopbackHub, repo: str) -> None:
        with pytest.raises(InputError, match="is not a repository name; give owner/name"):
            check_destination(Destination(repo), endpoint=hub.address)

    def test_a_server_that_is_not_there(self) -> None:
        # Port 9 (discard) of this machine: nothing listens.
        with pytest.raises(IncompleteError, match=r"http://127\.0\.0\.1:9: cannot be reached"):
            check_destination(TO_REPO, endpoint="http://127.0.0.1:9")
