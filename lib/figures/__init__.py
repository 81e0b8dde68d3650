"""Facts as tables and charts; one room a notebook."""
