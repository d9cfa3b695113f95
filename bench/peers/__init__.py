"""Other servers over the same tables, each set up as its documentation says."""
