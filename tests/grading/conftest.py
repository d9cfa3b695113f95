"""Hypothesis without a deadline: machines that run tests are busy."""

from hypothesis import settings

settings.register_profile("unhurried", parent=settings(), deadline=None)
settings.load_profile("unhurried")
