"""What a recipe says about the engine: a section for each kind of engine, each with its own fields.

A page gives the section as `engine: {kind: ai2thor, platform: Linux64}`, or its kind as `engine: ai2thor`.
The first recipes had some of its fields at the top level: `quality` and `assets`, and `platform` and
`build` in `unity`. Pages may still have them there. The JSON of a recipe always has them there, since clips
store that JSON and its hash.
"""

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field, PlainValidator, SerializeAsAny
from pydantic_core import InitErrorDetails, PydanticKnownError

from simgen.recipe.section import Section
from simgen.types import Quality

OUTSIDE_KEYS = ("quality", "assets", "unity")
"""Keys at the top level of a page that belong to the engine's section."""
UNITY_KEYS = ("platform", "build")
"""Keys of the page's section `unity`."""


class EngineSpec(Section):
    """The section of one engine. Each engine has a subclass with a `kind` of its own in ENGINE_SPECS."""

    kind: Any
    """In each subclass a Literal of one text, which is its default too."""
    has_scenes: ClassVar[bool] = False
    """Whether the engine has iTHOR's and RoboTHOR's scenes (`houses.source: scenes`)."""

    def to_keys(self, exclude_defaults: bool = False) -> dict[str, Any]:
        """The keys of the recipe's JSON that hold this section."""
        return {"engine": {"kind": self.kind, **self._fields(exclude_defaults)}}

    def _fields(self, exclude_defaults: bool) -> dict[str, Any]:
        return self.model_dump(mode="json", exclude={"kind"}, exclude_defaults=exclude_defaults)


class EmbeddedSpec(EngineSpec):
    """simgen's own engine."""

    kind: Literal["embedded"] = "embedded"
    """simgen's own engine, which needs no GPU."""
    quality: Quality = "standard"
    """How the pictures are drawn. `photo` takes about a hundred times as long as `standard`."""
    assets: Annotated[str, Field(min_length=1)] | None = None
    """Asset pack to draw with: a name in the data folder's `assets`, or a folder. By default none.

    The recipe in a clip has NAME@HASH here. It finds that pack by name and refuses a pack with other content.
    """

    def to_keys(self, exclude_defaults: bool = False) -> dict[str, Any]:
        """The keys of the recipe's JSON that hold this section."""
        fields = self._fields(exclude_defaults)
        return fields if exclude_defaults else {"engine": self.kind, "unity": NO_UNITY, **fields}


class UnitySpec(EngineSpec):
    """One of AI2-THOR's own builds, which draw with Unity. Its path and its GPU belong to the machine."""

    kind: Literal["ai2thor"] = "ai2thor"
    """AI2-THOR's own build, which draws with Unity on a GPU."""
    has_scenes = True
    quality: Literal["fast", "standard"] = "standard"
    """`fast` is Unity's preset Low, `standard` its Ultra."""
    platform: Literal["CloudRendering", "Linux64"] = "CloudRendering"
    """CloudRendering draws through Vulkan and needs no display. Linux64 draws on an X display with GLX."""
    build: Annotated[str, Field(pattern=r"^[0-9a-f]{40}$")] | None = None
    """Commit of AI2-THOR that the build was made from, 40 hexadecimal digits. By default it is the build
    of ai2thor 5.0.0 (`simgen.scenes.engines.unity.build.PINNED_BUILD`)."""

    def to_keys(self, exclude_defaults: bool = False) -> dict[str, Any]:
        """The keys of the recipe's JSON that hold this section."""
        fields = self._fields(exclude_defaults)
        unity = {key: fields.pop(key) for key in UNITY_KEYS if key in fields}
        if exclude_defaults:
            return {"engine": self.kind, **fields, **({"unity": unity} if unity else {})}
        return {"engine": self.kind, "assets": None, **fields, "unity": unity}


NO_UNITY = {"platform": "CloudRendering", "build": None}
"""The section `unity` in the JSON of a recipe for the embedded engine, which does not use it."""
UNUSED = {"quality": "standard", "assets": None, **NO_UNITY}
"""Values that the JSON of a recipe has for fields of other engines. They are ignored."""
ENGINE_SPECS: dict[str, type[EngineSpec]] = {"embedded": EmbeddedSpec, "ai2thor": UnitySpec}
"""The section of each kind of engine. An engine from outside simgen enters its own here."""
DEFAULT_KIND = "embedded"
"""The kind of a page that names none."""


def _of_its_kind(value: Any) -> EngineSpec:
    if isinstance(value, EngineSpec):
        return value
    if not isinstance(value, Mapping):
        raise ValueError("give the kind of engine, or a section with it")
    kind = value.get("kind", DEFAULT_KIND)
    if kind not in ENGINE_SPECS:
        known = ", ".join(map(repr, ENGINE_SPECS))
        context = {"discriminator": "'kind'", "tag": str(kind), "expected_tags": known}
        raise PydanticKnownError("union_tag_invalid", context)
    return ENGINE_SPECS[kind].model_validate(value)


Engine = Annotated[SerializeAsAny[EmbeddedSpec | UnitySpec | EngineSpec], PlainValidator(_of_its_kind)]
"""The section of one of the kinds."""


def gather_engine(page: Mapping[str, Any]) -> dict[str, Any]:
    """A page with all that concerns the engine in its section `engine`.

    Raises ValueError for a top-level key that this engine does not take, or that is in the section too.
    """
    engine = page.get("engine", DEFAULT_KIND)
    if isinstance(engine, EngineSpec):
        engine = dict(engine)
    section = {"kind": DEFAULT_KIND, **engine} if isinstance(engine, Mapping) else {"kind": engine}
    spec = ENGINE_SPECS.get(str(section["kind"]), EngineSpec)
    for key, (name, value) in _outside(page).items():
        if key in spec.model_fields or key not in UNUSED:
            if key in section:
                raise ValueError(f"{name} and engine.{key} are both given; keep one of them")
            section[key] = value
        elif value != UNUSED[key]:
            raise ValueError(f"{name} is not for engine: {section['kind']}; leave it out, or set the engine")
    return {**{key: value for key, value in page.items() if key not in OUTSIDE_KEYS}, "engine": section}


def name_as_written(error: Any, page: Mapping[str, Any]) -> InitErrorDetails:
    """One of pydantic's errors about a gathered page, at the key where the page itself has the value."""
    location, kind, context = error["loc"], error["type"], error.get("ctx", {})
    name, _ = _outside(page).get(str(location[1]), ("", None)) if location[1:] else ("", None)
    if name and location[0] == "engine":
        location = (*name.split("."), *location[2:])
        if kind == "extra_forbidden":
            known = ValueError(f"unknown key; known: {', '.join(UNITY_KEYS)}")
            kind, context = "value_error", {"error": known}
    return InitErrorDetails(type=kind, loc=location, input=error["input"], ctx=context)


def _outside(page: Mapping[str, Any]) -> dict[str, tuple[str, Any]]:
    """Fields of the engine's section that the page has elsewhere: where, and the value."""
    unity = page.get("unity", {})
    if not isinstance(unity, Mapping):
        raise ValueError(f"unity is a section with the keys {' and '.join(UNITY_KEYS)}")
    top = {key: (key, page[key]) for key in ("quality", "assets") if key in page}
    return top | {key: (f"unity.{key}", value) for key, value in unity.items()}
