"""What is wrong with dropout in your code: in a live model, and in source files."""

from dropout_explained.audit.addresses import address_of
from dropout_explained.audit.findings import Finding, Rule, docs_of, rule_of, rules
from dropout_explained.audit.live_model import audit
from dropout_explained.audit.report import Report, Site
from dropout_explained.audit.source_code import lint
from dropout_explained.audit.target import model_and_inputs

__all__ = [
    "Finding",
    "Report",
    "Rule",
    "Site",
    "address_of",
    "audit",
    "docs_of",
    "lint",
    "model_and_inputs",
    "rule_of",
    "rules",
]
