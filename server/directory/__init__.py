"""Institutions, consortia, departments, agreements, price list."""
