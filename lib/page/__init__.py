"""The record as one HTML page that loads and runs nothing foreign."""
