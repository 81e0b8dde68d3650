"""The composition root: parameters in, an Investigation with its doors out; everything opened here is closed here."""

from lib.environment.opening import open_environment

__all__ = ["open_environment"]
