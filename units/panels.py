"""What apps show on a person's page: cards with rows; higher rooms add theirs (as equipment.panels)."""

from __future__ import annotations

from config.panels import Panels
from units.models import Staff

_panels: Panels[Staff] = Panels()
register, panels_of = _panels.register, _panels.of
