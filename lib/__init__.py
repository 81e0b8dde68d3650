"""The shared code of the notebooks: what they ask with, and what they show."""
