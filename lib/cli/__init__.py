"""The verbs of the command line and what they print; the only readers of argparse's values."""
