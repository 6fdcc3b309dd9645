"""A data steward's desk: what identity is not sure of, what was decided, and why a person is one person."""
