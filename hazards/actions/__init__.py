"""What may be done to a hazard (decision 12); the signatures are a contract of the rooms."""

from hazards.actions.escalate import escalate_overdue
from hazards.actions.order import order_rectification
from hazards.actions.overdue import mark_overdue
from hazards.actions.record import record_hazard
from hazards.actions.rectify import submit_rectification
from hazards.actions.review import review_rectification, send_back
from hazards.actions.schedule import set_deadline
from hazards.actions.steps import LONGEST_DEADLINE

__all__ = [
    "LONGEST_DEADLINE",
    "escalate_overdue",
    "mark_overdue",
    "order_rectification",
    "record_hazard",
    "review_rectification",
    "send_back",
    "set_deadline",
    "submit_rectification",
]
