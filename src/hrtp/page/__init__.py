"""The scorecard page: one file a language, all of it inside, nothing asked of anybody; made of the marts each night.

Two editions come of the same templates: the public one with the program's totals, and one for staff with the sectors.
"""

from hrtp.page.write import PageFailed, PageResult, refresh_page, write_page

__all__ = ["PageFailed", "PageResult", "refresh_page", "write_page"]
