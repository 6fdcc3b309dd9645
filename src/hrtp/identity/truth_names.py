"""Names for synthetic truth, as skewed as names are: Faker's lists, those of the census with its own weights."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from typing import Any

import numpy as np

#: Whose names, and how much of a county like Los Angeles bears them (roughly).
_SHARES = (("en_US", 0.50), ("es_MX", 0.34), ("it_IT", 0.04), ("fr_FR", 0.04), ("de_DE", 0.04), ("en_IN", 0.04))
#: A list without weights of its own falls off like the census' does.
_ZIPF = 0.85


@dataclass(frozen=True)
class NamePool:
    """Names to draw from."""

    female: tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]
    male: tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]
    last: tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]

    def firsts(self, rng: np.random.Generator, female: np.ndarray) -> np.ndarray[Any, Any]:
        """One first name for each."""
        drawn = (rng.choice(self.male[0], len(female), p=self.male[1]), len(female))
        return np.where(female, rng.choice(self.female[0], len(female), p=self.female[1]), drawn[0])

    def lasts(self, rng: np.random.Generator, n: int) -> np.ndarray[Any, Any]:
        """``n`` last names."""
        return np.asarray(rng.choice(self.last[0], n, p=self.last[1]))


@cache
def load_pool() -> NamePool:
    """The names, loaded once."""
    return NamePool(_mixed("first_names_female"), _mixed("first_names_male"), _mixed("last_names"))


def _mixed(kind: str) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    weights: dict[str, float] = defaultdict(float)
    for locale, share in _SHARES:
        provider = import_module(f"faker.providers.person.{locale}").Provider
        names: Any = getattr(provider, kind, None) or getattr(provider, "first_names", ())
        if not isinstance(names, dict):
            distinct = list(dict.fromkeys(names))
            names = {name: 1 / (place + 3) ** _ZIPF for place, name in enumerate(distinct)}
        total = sum(names.values())
        for name, weight in names.items():
            weights[name] += share * weight / total
    # one in six bears a name that no list holds: most last names are rare
    rare = 0.16 if kind == "last_names" else 0.04
    made = _rare_names(20_000 if kind == "last_names" else 2_000)
    listed = sum(weights.values())
    values = [weight / listed * (1 - rare) for weight in weights.values()] + [rare / len(made)] * len(made)
    array = np.array(values)
    return np.array([*weights, *made], dtype=object), array / array.sum()


def _rare_names(n: int) -> list[str]:
    rng = np.random.default_rng(n)
    heads = "Ab Bar Cel Dor Es Far Gal Har Iv Jan Kal Lor Mor Nar Ol Pet Qui Ros Sar Tam Ul Vas Wes Yan Zak Bri Cha Dri"
    heads += " Fle Gri Sho"
    middles = "a e i o u an en in on ar er or al el ath esh imb ond"
    tails = "ian son ez ski ova ette well man ton ley wicz ander ara ino ukh berg stein dottir mura yama nguy aran idze"
    tails += " akis escu enko oja ula"
    names: dict[str, None] = {}
    while len(names) < n:
        middle = "".join(rng.choice(middles.split(), int(rng.integers(1, 3))))
        names[f"{rng.choice(heads.split())}{middle}{rng.choice(tails.split())}"] = None
    return list(names)


@cache
def variants() -> dict[str, list[str]]:
    """Short forms by the full name, both as the nickname list writes them."""
    from hrtp.identity.linkage.nicknames import short_forms

    return {name: [form.capitalize() for form in forms] for name, forms in short_forms().items()}
