"""Probabilistic linkage: Splink's weights, under conditions that no weight can buy."""

from hrtp.identity.linkage.engine import INPUT_COLUMNS, Linkage, link
from hrtp.identity.linkage.model import Model, load_model

__all__ = ["INPUT_COLUMNS", "Linkage", "Model", "link", "load_model"]
