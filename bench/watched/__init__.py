"""Watched calls beside the libraries that do parts of the same: what `overhead.py` is made of."""
