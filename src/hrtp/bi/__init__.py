"""PostgreSQL as the place that BI tools read: the published marts in a schema ``marts``, a night at a time.

Every night lies in a schema of its own, ``marts_night_<number>``, as partitions of tables that nobody but the owner
sees. ``marts`` holds one view a mart, which shows the partition that the single row of ``marts_nights.shown`` names.
Changing that row is the swap: PostgreSQL gives a query, and a REPEATABLE READ transaction, one state of that row, so
neither can see two nights (docs/decisions/0050-one-row-shows-a-night.md).
"""

from hrtp.bi.errors import BiPublishFailed
from hrtp.bi.publish import BiResult, publish_also, publish_to_postgres
from hrtp.bi.setup import set_up, setup_sql

__all__ = ["BiPublishFailed", "BiResult", "publish_also", "publish_to_postgres", "set_up", "setup_sql"]
