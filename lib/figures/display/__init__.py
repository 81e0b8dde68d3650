"""Tables and charts that know no domain."""
