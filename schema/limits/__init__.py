"""How much a document may ask for: its measures, its cost, and who may ask for so much.

Everything is known before the document is validated or run, from one pass over it.
"""

from schema.limits.check import excesses
from schema.limits.cost import OperationPrice, price_of
from schema.limits.enforcement import Charge, enforce, enforcement
from schema.limits.limits import Limits
from schema.limits.measure import Measure, measure
from schema.limits.parsing import parse_within
from schema.limits.refusals import CODES, refused
from schema.limits.suggestions import without_suggestions
from schema.limits.variables import check_variables

__all__ = [
    "CODES",
    "Charge",
    "Limits",
    "Measure",
    "OperationPrice",
    "check_variables",
    "enforce",
    "enforcement",
    "excesses",
    "measure",
    "parse_within",
    "price_of",
    "refused",
    "without_suggestions",
]
