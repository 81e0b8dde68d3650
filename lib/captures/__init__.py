"""Captured requests (cURL, HAR, fetch, websocat, wscat, raw) read into parameters; credentials leave them as references."""
