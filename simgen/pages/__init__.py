"""The one reader of YAML pages: recipes, question templates, room specs and manifests of asset packs.

A page is bundled under a name, or is a file of the user's. The same rules hold for all of them:

- A page is a mapping of keys to values. A key is the text in front of the colon (`1:` is the key "1") and
  stands only once in its mapping, at any depth.
- Anchors, aliases, merge keys (`<<`) and tags (`!!x`) are refused. A few lines of aliases can stand for
  billions of values, and a text that begins with `&`, `*` or `!` would silently lose its first word.
- `extends: NAME` or `extends: FILE.yaml` takes everything from another page, and the page gives only what
  differs. Mappings are merged key by key, at any depth; any other value, also a list, replaces the base's.
  Where both mappings have a `kind` and the kinds differ, nothing is taken from the base's. File names are
  relative to the current folder. A page that extends itself, directly or by way of others, is refused.
- A message begins with FILE:LINE. FILE is the page in which the key stands: the base, if it is inherited.

PyYAML composes the text into nodes, which know their lines, and these rules are checked on the nodes.
`ruamel.yaml` gives lines too and refuses duplicate keys itself. But the limits on depth, aliases and tags and
the merging of pages with their lines would need the same code, and its own types would have to be turned into
plain ones. It also reads YAML 1.2, in which `yes` and `010` have other values than in the pages people have.

page       finds, reads, extends and changes pages
mistakes   validates a page as a pydantic model, and says what is wrong with it
shown      texts as messages show them
"""

from simgen.pages.mistakes import list_mistakes, validate
from simgen.pages.page import (
    DEEPEST,
    LARGEST_BYTES,
    Page,
    change_page,
    find_page,
    list_pages,
    load_file,
    load_page,
)

__all__ = [
    "DEEPEST",
    "LARGEST_BYTES",
    "Page",
    "change_page",
    "find_page",
    "list_mistakes",
    "list_pages",
    "load_file",
    "load_page",
    "validate",
]
