"""The folder `eval/` of a release: files with which other programs evaluate models on its questions.

Each program has a module that writes its files, and Python files that are copied into the release. These run
where simgen is not installed; see `simgen.release.standalone`.
"""
