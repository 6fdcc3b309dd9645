"""The BI server as people use it: the real Superset before a real PostgreSQL, looked at through a browser."""
