"""Generators of the bytes that partners should not send, and of good ones to set them among.

Every value that a row holds is a canary (see ``rows.CANARY``): where one shows up in a log, an error or a page, the
test that sent it fails.
"""
