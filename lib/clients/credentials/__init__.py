"""Where a token comes from that is not minted here: a command, a token endpoint, a login; got anew before it runs out."""
