"""Ratios against peers, measured side by side in the same run: `python -m bench` runs all of it and writes README.md."""
