"""Strawberry's subscriptions as its documentation shows them: a generator for every subscriber."""
