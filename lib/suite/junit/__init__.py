"""JUnit XML: read as other runners write it, and written."""
