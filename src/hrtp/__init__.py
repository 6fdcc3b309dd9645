"""HRTP warehouse: partner exports in; every number the County owes, provable to the row, out."""
