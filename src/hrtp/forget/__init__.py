"""Forgetting a person: out of every zone, with everybody else's figures as they were."""

from hrtp.forget.run import ForgetResult, NotFoundError, find, finish, forget

__all__ = ["ForgetResult", "NotFoundError", "find", "finish", "forget"]
