"""Every change of the schema, in order; `db.migrate` runs them."""
