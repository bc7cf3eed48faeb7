"""The field itself: what a hotline knows and decides. Pure Python, no framework, no I/O."""
