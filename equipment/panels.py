"""What higher rooms show on a machine's page: recent to-dos, inspections, hazards."""

from __future__ import annotations

from config.panels import Panels
from equipment.models import Equipment

_panels: Panels[Equipment] = Panels()
register, panels_of = _panels.register, _panels.of
