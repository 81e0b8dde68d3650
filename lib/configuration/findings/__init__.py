"""What a configuration predicts of the configured handshake: data, with the place and what would show it; no proof."""
