"""The compose file: read, judged, and run as plain processes."""
