"""What others send: OLX exports and CSV files; bytes in, the core's values out."""
