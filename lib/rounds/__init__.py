"""Every notebook in sequence through papermill, in kernels forked from a warm process; the only door to papermill and
jupyter_client."""
