"""Transports against real servers on loopback."""
