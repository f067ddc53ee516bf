"""To-dos, checklists, drafts, inspections, reports, leave cover."""

from duties.models.checklist import Checklist, ChecklistItem, ChecklistVersion
from duties.models.cover import Cover
from duties.models.generation import GenerationCursor, GenerationRun, SelfCheck, Tally
from duties.models.inspection import DraftPhoto, Inspection, InspectionDraft, InspectionPhoto
from duties.models.report import (
    MinutesPhoto,
    MinutesSignature,
    MonthlyMinutes,
    ReportDraft,
    ReportDraftPhoto,
    WeeklyReport,
)
from duties.models.task import Task

__all__ = [
    "Checklist",
    "ChecklistItem",
    "ChecklistVersion",
    "Cover",
    "DraftPhoto",
    "GenerationCursor",
    "GenerationRun",
    "Inspection",
    "InspectionDraft",
    "InspectionPhoto",
    "MinutesPhoto",
    "MinutesSignature",
    "MonthlyMinutes",
    "ReportDraft",
    "ReportDraftPhoto",
    "SelfCheck",
    "Tally",
    "Task",
    "WeeklyReport",
]
