"""Redaction before the first write."""
