"""What observations say, and which causes they refute; pure."""
