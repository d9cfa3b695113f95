"""Strawberry and Tortoise as a first version is written: a resolver and a query for every field."""
