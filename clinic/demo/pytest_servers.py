"""Pytest plugin: PostgreSQL and Valkey for the run where the environment names none."""
