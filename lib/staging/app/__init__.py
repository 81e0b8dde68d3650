"""The application behind the edge: its routes, its sessions, its agents."""
