"""To-dos, checklists, drafts and inspections."""

from duties.models.checklist import Checklist, ChecklistItem, ChecklistVersion
from duties.models.inspection import DraftPhoto, Inspection, InspectionDraft, InspectionPhoto
from duties.models.task import GenerationRun, Task

__all__ = [
    "Checklist",
    "ChecklistItem",
    "ChecklistVersion",
    "DraftPhoto",
    "GenerationRun",
    "Inspection",
    "InspectionDraft",
    "InspectionPhoto",
    "Task",
]
