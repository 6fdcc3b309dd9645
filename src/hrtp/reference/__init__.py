"""Published lists that people drop in: which census tracts are priority areas, and which tracts a ZIP code overlaps."""

from hrtp.reference.accept import AcceptedList, ListState, accept_list, accept_lists, create_reference
from hrtp.reference.read import LISTS, ListRefused, Published, read_list

__all__ = [
    "LISTS",
    "AcceptedList",
    "ListRefused",
    "ListState",
    "Published",
    "accept_list",
    "accept_lists",
    "create_reference",
    "read_list",
]
