"""What a task wants said beside its run. The scheduler writes it there (``orchestration/plugins/note_the_run.py``)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from hrtp.errors import HrtpError

#: Key of the XCom that holds the words.
NOTE = "note"


def note(context: Mapping[str, Any], words: str) -> None:
    """Say ``words`` beside the run; they hold no value of a person.

    A task has no way to the metadata database, on a Celery worker not even over the network: it leaves the words in
    an XCom, which also stays when the task fails afterwards.
    """
    context["ti"].xcom_push(key=NOTE, value=words)


@contextmanager
def noting_failure(context: Mapping[str, Any]) -> Iterator[None]:
    """Say the code and the sentence of an error of ours beside the run; of any other only its kind."""
    try:
        yield
    except HrtpError as error:
        note(context, str(error))
        raise
    except Exception as error:
        note(context, f"{type(error).__name__}; the task's log says more")
        raise
