"""What the system writes of itself, and the Cloud Logging API that it is read through."""
