"""Whether an event is one of OpenLineage's, told by the classes of its Python client, which are made from its schemas.

The schemas themselves are not in the package. Stricter than they are: a key that the specification does not know is a
fault, where the schemas would let it pass.
"""

from __future__ import annotations

import importlib
import pkgutil
import types
from collections.abc import Iterator
from enum import Enum
from typing import Any, Union, get_args, get_origin, get_type_hints

import attr
import openlineage.client.generated as generated
from openlineage.client.event_v2 import RunEvent
from openlineage.client.generated.base import BaseFacet

from hrtp.lineage.events import HrtpRunFacet

_FACETS = ("facets", "inputFacets", "outputFacets")


def _known_facets() -> dict[str, type]:
    """Schema's address -> class, of every facet of the specification, and of our own one."""
    found: dict[str, type] = {HrtpRunFacet._get_schema(): HrtpRunFacet}
    for module in pkgutil.iter_modules(generated.__path__):
        for thing in vars(importlib.import_module(f"{generated.__name__}.{module.name}")).values():
            if isinstance(thing, type) and issubclass(thing, BaseFacet):
                found[thing._get_schema()] = thing
    return found


KNOWN = _known_facets()


def faults(event: object) -> list[str]:
    """What is wrong with an event, each with the place where it is; empty for a good one."""
    return list(_of_class(event, RunEvent, "event"))


def _of_class(found: object, cls: type, where: str) -> Iterator[str]:
    if not isinstance(found, dict):
        yield f"{where}: {type(found).__name__} is no {cls.__name__}"
        return
    hints = get_type_hints(cls)
    fields = {field.name: field for field in attr.fields(cls)}
    yield from (f"{where}: {cls.__name__} knows no {name}" for name in found if name not in fields)
    for name, field in fields.items():
        if name not in found:
            if field.default is attr.NOTHING:
                yield f"{where}: {cls.__name__} needs {name}"
        elif name in _FACETS:
            yield from _facets(found[name], f"{where}.{name}")
        else:
            yield from _of_hint(found[name], hints[name], f"{where}.{name}")
    try:  # the validators of the classes look at addresses, instants and ids
        for name, field in fields.items():
            if name in found and field.validator is not None:
                field.validator(None, field, found[name])
    except ValueError as error:
        yield f"{where}: {error}"


def _facets(found: dict[str, Any], where: str) -> Iterator[str]:
    for name, facet in found.items():
        cls = KNOWN.get(facet.get("_schemaURL"))
        if cls is None:
            yield f"{where}.{name}: {facet.get('_schemaURL')} is no facet"
        else:
            yield from _of_class(facet, cls, f"{where}.{name}")


def _of_hint(found: object, hint: Any, where: str) -> Iterator[str]:
    origin = get_origin(hint)
    if origin in (Union, types.UnionType):
        kinds = [kind for kind in get_args(hint) if kind is not type(None)]
        if found is not None and all(list(_of_hint(found, kind, where)) for kind in kinds):
            yield from _of_hint(found, kinds[0], where)
    elif origin is list:
        if not isinstance(found, list):
            yield f"{where}: {type(found).__name__} is no list"
            return
        for number, item in enumerate(found):
            yield from _of_hint(item, get_args(hint)[0], f"{where}[{number}]")
    elif origin is dict:
        if not isinstance(found, dict):
            yield f"{where}: {type(found).__name__} is no object"
            return
        for name, item in found.items():
            yield from _of_hint(item, get_args(hint)[1], f"{where}.{name}")
    elif attr.has(hint):
        yield from _of_class(found, hint, where)
    elif isinstance(hint, type) and issubclass(hint, Enum):
        if found not in {member.value for member in hint}:
            yield f"{where}: {found} is no {hint.__name__}"
    elif hint is not Any and not isinstance(found, hint):
        yield f"{where}: {type(found).__name__} is no {hint.__name__}"
