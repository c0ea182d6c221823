"""A server on the loopback interface that answers the part of the Hub's API that uploads and downloads use.

It answers as the Hub does to the real `huggingface_hub`: repositories with branches, tags, pull requests and
commits; small files inside the commit, large ones through Git LFS or Xet before it.
"""

import base64
import hashlib
import json
import re
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import unquote, urlsplit

from tests.release.loopback_xet import read_shard, read_xorb

TOKEN = "hf_of_the_loopback_test"
USER = "ada"
LARGE = (".h5", ".parquet")
"""Endings of files that are sent through Git LFS."""
Files = dict[str, bytes]


@dataclass
class Repo:
    """A data set repository."""

    private: bool = False
    commits: dict[str, Files] = field(default_factory=dict)
    branches: dict[str, str] = field(default_factory=dict)
    tags: dict[str, str] = field(default_factory=dict)
    pull_requests: dict[str, str] = field(default_factory=dict)

    def commit(self, branch: str, files: Files) -> str:
        """Adds a commit to a branch or pull request and returns its name."""
        sha = hashlib.sha1(f"{len(self.commits)}".encode()).hexdigest()
        self.commits[sha] = files
        (self.pull_requests if branch.startswith("refs/pr/") else self.branches)[branch] = sha
        return sha

    def find(self, revision: str) -> str | None:
        """The commit that a branch, tag, pull request or commit names."""
        refs = self.branches | self.tags | self.pull_requests
        return revision if revision in self.commits else refs.get(revision)

    def files(self, revision: str = "main") -> Files:
        """All files of a revision."""
        return self.commits[self.find(revision) or ""]


class LoopbackHub(ThreadingHTTPServer):
    """The server, its repositories, and the faults that a test asks for."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.repos: dict[str, Repo] = {}
        self.stored: dict[str, bytes] = {}
        """Large files by their SHA-256."""
        self.xorbs: dict[str, list[bytes]] = {}
        """Chunks of large files that came through Xet."""
        self.requests: list[str] = []
        """Method and path of each request, in order."""
        self.role = "write"
        self.orgs: list[dict[str, str]] = []
        self.faults: list[tuple[str, int | None, str]] = []
        """A pattern of "METHOD path", and the status and message of the answer; None cuts the connection."""
        self.yaml_errors: list[str] = []
        self.cuts: dict[str, int] = {}
        """After how many bytes the connection is cut that sends a file, by the end of its path."""

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def add(self, name: str, files: Files | None = None, private: bool = False) -> Repo:
        """Makes a repository as somebody has made it before, with the file that the Hub itself writes."""
        repo = Repo(private)
        repo.commit("main", {".gitattributes": b"*.h5 filter=lfs\n", **(files or {})})
        self.repos[name] = repo
        return repo

    def fail(self, pattern: str, status: int | None, message: str = "refused") -> None:
        """Answers all requests that match the pattern with an error; None cuts the connection."""
        self.faults.append((pattern, status, message))

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that goes away is no fault of the server."""


def own_files(hub: LoopbackHub, revision: str = "main", name: str = "ada/kitchens") -> dict[str, bytes]:
    """The files of the repository without the one that the Hub itself writes."""
    return {n: data for n, data in hub.repos[name].files(revision).items() if n != ".gitattributes"}


@contextmanager
def serve() -> Iterator[LoopbackHub]:
    """Runs a server until the block ends."""
    with LoopbackHub() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()


_DATASET = r"/api/datasets/(?P<repo>[^/]+/[^/]+)"
_REVISION = r"(?P<revision>[^/]+)"
_ROUTES = {
    r"GET /api/whoami-v2": "whoami",
    rf"GET {_DATASET}": "info",
    rf"GET {_DATASET}/revision/{_REVISION}": "info",
    rf"GET {_DATASET}/auth-check/write": "check_access",
    rf"GET {_DATASET}/refs": "refs",
    rf"GET {_DATASET}/tree/{_REVISION}(/(?P<folder>.+))?": "tree",
    rf"(GET|HEAD) /datasets/(?P<repo>[^/]+/[^/]+)/resolve/{_REVISION}/(?P<path>.+)": "resolve",
    r"POST /api/repos/create": "create",
    r"POST /api/validate-yaml": "validate_yaml",
    rf"POST {_DATASET}/preupload/{_REVISION}": "preupload",
    r"POST /datasets/(?P<repo>[^/]+/[^/]+)\.git/info/lfs/objects/batch": "batch",
    r"PUT /lfs/(?P<oid>\w+)": "store",
    rf"GET {_DATASET}/xet-write-token/{_REVISION}": "xet_token",
    r"POST /xet/v1/xorbs/default/(?P<name>\w+)": "store_xorb",
    r"POST /xet/v1/shards": "store_shard",
    rf"POST {_DATASET}/commit/{_REVISION}": "commit",
    rf"POST {_DATASET}/discussions/(?P<number>\d+)/merge": "merge",
    rf"POST {_DATASET}/branch/(?P<name>[^/]+)": "make_branch",
    rf"POST {_DATASET}/tag/{_REVISION}": "make_tag",
}


class _Handler(BaseHTTPRequestHandler):
    server: LoopbackHub  # pyright: ignore[reportIncompatibleVariableOverride]
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"] or 0))
        request = f"{self.command} {urlsplit(self.path).path}"
        self.server.requests.append(unquote(request))
        for pattern, status, message in self.server.faults:
            if re.search(pattern, unquote(request)):
                self._fault(status, message)
                return
        if not self._may(request):
            self._answer(401, {"error": "Invalid credentials"})
            return
        for pattern, name in _ROUTES.items():
            if match := re.fullmatch(pattern, request):
                values = {key: unquote(value) for key, value in match.groupdict().items() if value}
                getattr(self, f"_{name}")(body, **values)
                return
        self._answer(404, {"error": f"the loopback hub has no {request}"})

    do_HEAD = do_POST = do_PUT = do_GET

    def _may(self, request: str) -> bool:
        """Whether the token allows a request: with a right one all, without one reading public data sets."""
        if self.headers["Authorization"] is None and request.startswith(("GET", "HEAD")):
            return any(f"/{name}" in request for name, repo in self.server.repos.items() if not repo.private)
        return self.headers["Authorization"] == f"Bearer {TOKEN}" or request.startswith("PUT /lfs/")

    def _whoami(self, _: bytes) -> None:
        token = {"role": self.server.role, "displayName": "loopback"}
        who = {"type": "user", "name": USER, "orgs": self.server.orgs, "auth": {"accessToken": token}}
        self._answer(200, who)

    def _info(self, _: bytes, repo: str, revision: str = "main") -> None:
        found = self._find(repo, revision)
        if found is not None:
            name = next(name for name in self.server.repos if name.lower() == repo.lower())
            siblings = [{"rfilename": path} for path in found[0].commits[found[1]]]
            self._answer(
                200, {"id": name, "sha": found[1], "private": found[0].private, "siblings": siblings}
            )

    def _check_access(self, _: bytes, repo: str) -> None:
        owner = repo.split("/")[0]
        roles = {org["name"]: org["roleInOrg"] for org in self.server.orgs} | {USER: "admin"}
        if roles.get(owner) in ("admin", "write"):
            self._answer(200, {})
        else:
            self._answer(403, {"error": f"You have read access but not the required permissions for {repo}"})

    def _refs(self, _: bytes, repo: str) -> None:
        found = self.server.repos[repo]

        def listed(refs: dict[str, str], prefix: str) -> list[dict[str, str]]:
            return [{"name": n, "ref": prefix + n, "targetCommit": sha} for n, sha in refs.items()]

        self._answer(
            200,
            {
                "branches": listed(found.branches, "refs/heads/"),
                "tags": listed(found.tags, "refs/tags/"),
                "converts": [],
                "pullRequests": listed(found.pull_requests, ""),
            },
        )

    def _tree(self, _: bytes, repo: str, revision: str, folder: str = "") -> None:
        if found := self._find(repo, revision):
            entries = _list_below(found[0].commits[found[1]], folder)
            if "recursive=true" not in urlsplit(self.path).query.lower():
                entries = [e for e in entries if e["path"].removeprefix(f"{folder}/").count("/") == 0]
            self._answer(200, entries)

    def _resolve(self, _: bytes, repo: str, revision: str, path: str) -> None:
        if found := self._find(repo, revision):
            data = found[0].commits[found[1]].get(path)
            if data is None:
                self._answer(404, {"error": "Entry not found"}, {"X-Error-Code": "EntryNotFound"})
                return
            start = int((re.match(r"bytes=(\d+)-", self.headers["Range"] or "") or [0, "0"])[1])
            self.send_response(206 if start else 200)
            self.send_header("ETag", f'"{_blob_id(data)}"')
            self.send_header("X-Repo-Commit", found[1])
            self.send_header("Content-Length", str(len(data) - start))
            if start:
                self.send_header("Content-Range", f"bytes {start}-{len(data) - 1}/{len(data)}")
            self.end_headers()
            cut = next((size for name, size in self.server.cuts.items() if path.endswith(name)), None)
            self.wfile.write(b"" if self.command == "HEAD" else data[start:cut])
            self.close_connection = cut is not None

    def _create(self, body: bytes) -> None:
        asked = json.loads(body)
        name = f"{asked['organization']}/{asked['name']}"
        if name in self.server.repos:
            self._answer(409, {"error": "You already created this dataset repo"})
            return
        private = asked.get("visibility") == "private" or asked.get("private") is True
        self.server.add(name, private=private)
        self._answer(200, {"url": f"{self.server.address}/datasets/{name}"})

    def _validate_yaml(self, _: bytes) -> None:
        errors = [{"message": message} for message in self.server.yaml_errors]
        self._answer(400 if errors else 200, {"errors": errors, "warnings": []})

    def _preupload(self, body: bytes, repo: str, revision: str) -> None:
        found = self._find(repo, revision)
        if found is None:
            return
        there = found[0].commits[found[1]]
        answers: list[dict[str, Any]] = []
        for path in (file["path"] for file in json.loads(body)["files"]):
            mode = "lfs" if path.endswith(LARGE) else "regular"
            oid = {"lfs": _sha256, "regular": _blob_id}[mode](there[path]) if path in there else None
            answers.append({"path": path, "uploadMode": mode, "shouldIgnore": False, "oid": oid})
        self._answer(200, {"files": answers})

    def _batch(self, body: bytes, repo: str) -> None:
        del repo
        objects: list[dict[str, Any]] = []
        for item in json.loads(body)["objects"]:
            upload = {"href": f"{self.server.address}/lfs/{item['oid']}", "header": {}}
            actions = {} if item["oid"] in self.server.stored else {"actions": {"upload": upload}}
            objects.append({"oid": item["oid"], "size": item["size"], **actions})
        self._answer(200, {"transfer": "basic", "objects": objects})

    def _store(self, body: bytes, oid: str) -> None:
        matches = _sha256(body) == oid
        if matches:
            self.server.stored[oid] = body
        self._answer(200 if matches else 400, {})

    def _xet_token(self, _: bytes, repo: str, revision: str) -> None:
        del repo, revision
        expires, url = int(time.time()) + 3600, f"{self.server.address}/xet"
        headers = {
            "X-Xet-Cas-Url": url,
            "X-Xet-Access-Token": TOKEN,
            "X-Xet-Token-Expiration": f"{expires}",
        }
        self._answer(200, {"casUrl": url, "accessToken": TOKEN, "exp": expires}, headers)

    def _store_xorb(self, body: bytes, name: str) -> None:
        self.server.xorbs[name] = read_xorb(body)
        self._answer(200, {"was_inserted": True})

    def _store_shard(self, body: bytes) -> None:
        for sha256, content in read_shard(body, self.server.xorbs):
            if _sha256(content) != sha256:
                self._answer(400, {"error": f"the content of {sha256} has another hash"})
                return
            self.server.stored[sha256] = content
        self._answer(200, {"result": 1})

    def _commit(self, body: bytes, repo: str, revision: str) -> None:
        header, *operations = [json.loads(line) for line in body.splitlines()]
        found = self._find(repo, revision)
        if found is None:
            return
        if header["value"].get("parentCommit", found[1]) != found[1]:
            self._answer(412, {"error": "A commit has happened since. Please refresh and try again."})
            return
        files = dict(found[0].commits[found[1]])
        for operation in operations:
            self._apply(files, operation["key"], operation["value"])
        self._finish_commit(repo, found[0], revision, files)

    def _apply(self, files: Files, key: str, value: dict[str, Any]) -> None:
        if key == "file":
            files[value["path"]] = base64.b64decode(value["content"])
        elif key == "lfsFile":
            files[value["path"]] = self.server.stored[value["oid"]]
        else:
            assert key == "deletedFile", key
            del files[value["path"]]

    def _finish_commit(self, name: str, repo: Repo, revision: str, files: Files) -> None:
        page = f"{self.server.address}/datasets/{name}"
        answer: dict[str, Any] = {}
        if "create_pr=1" in urlsplit(self.path).query:
            number = len(repo.pull_requests) + 1
            sha = repo.commit(f"refs/pr/{number}", files)
            answer["pullRequestUrl"] = f"{page}/discussions/{number}"
        else:
            sha = repo.commit(revision, files)
        self._answer(200, {"commitUrl": f"{page}/commit/{sha}", "commitOid": sha, **answer})

    def _merge(self, _: bytes, repo: str, number: str) -> None:
        found = self.server.repos[repo]
        found.commit("main", found.files(f"refs/pr/{number}"))
        self._answer(200, {})

    def _make_branch(self, body: bytes, repo: str, name: str) -> None:
        start = json.loads(body).get("startingPoint", "main")
        if found := self._find(repo, start):
            found[0].branches[name] = found[1]
            self._answer(200, {})

    def _make_tag(self, body: bytes, repo: str, revision: str) -> None:
        if found := self._find(repo, revision):
            found[0].tags[json.loads(body)["tag"]] = found[1]
            self._answer(200, {})

    def _find(self, name: str, revision: str) -> tuple[Repo, str] | None:
        """The repository, whatever the case of its name, and the commit; answers 404 if there is none."""
        found = [repo for key, repo in self.server.repos.items() if key.lower() == name.lower()]
        commit = found[0].find(revision) if found else None
        if commit is not None:
            return found[0], commit
        code = "RevisionNotFound" if found else "RepoNotFound"
        self._answer(404, {"error": "not found"}, {"X-Error-Code": code})
        return None

    def _fault(self, status: int | None, message: str) -> None:
        if status is None:
            self.close_connection = True
            self.connection.close()
        else:
            self._answer(status, {"error": message})

    def _answer(self, status: int, content: object, headers: dict[str, str] | None = None) -> None:
        data = json.dumps(content).encode()
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(b"" if self.command == "HEAD" else data)

    def log_message(self, format: str, *args: object) -> None:
        pass


def _list_below(files: Files, folder: str) -> list[dict[str, Any]]:
    """The folders and files below a folder, at any depth."""
    prefix = f"{folder}/" if folder else ""
    below = {path: data for path, data in files.items() if path.startswith(prefix)}
    parents = {parent.as_posix() for path in below for parent in PurePosixPath(path).parents[:-1]}
    folders = sorted(parent for parent in parents if parent.startswith(prefix))
    return [
        *({"type": "directory", "path": path, "size": 0, "oid": _blob_id(path.encode())} for path in folders),
        *({"type": "file", "path": path, "size": len(d), "oid": _blob_id(d)} for path, d in below.items()),
    ]


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _blob_id(data: bytes) -> str:
    """Git's name of a file's content."""
    return hashlib.sha1(b"blob %d\0" % len(data) + data).hexdigest()
