"""Where grades are kept: engines, transactions, models, reads, writes, migrations."""
