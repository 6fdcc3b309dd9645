"""PostgreSQL as the endpoint of BI tools: a real server on loopback, real nights."""
