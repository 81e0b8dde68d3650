"""What stands in front of the application: the proxy, the platform, and a client's own proxy."""
