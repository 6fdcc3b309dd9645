"""Running Airflow: the embedded nightly run, and a small cluster of real services on loopback."""
