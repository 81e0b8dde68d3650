"""Runs any pytest suite and says what each pass is worth."""
