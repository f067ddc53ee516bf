"""Generation of to-dos as set-based SQL (F47, decisions 4 to 8); in four modules.

How a day comes about:

1. Beat (or a person) only wakes `run_due` (duties.generation_runs); which districts and days are due
   is read from GenerationCursor.
2. `generate(day)` writes down the owed set of `duties.calendar` from the dated rows: the daily
   to-dos of the day, and the weekly and monthly ones of the periods that contain it, in the order
   of the key, with ON CONFLICT on the key of decision 7. What stands already is brought in line:
   open to-dos move to who does them now (re-binding, leave cover), are waived while nothing owes
   them, and restored when it does again. Done and missed ones are never touched.
3. Any number of runs, one after another or at the same time, make the same set. A run that is
   killed leaves nothing; the next one starts over.
4. A day other than today uses the facts of that day; its week and month those of their last day, or
   of today while they still run, so that a day generated afterwards does not undo later ones.
   `run_due` makes good missed days in order, each with the facts it had (`clock`).
5. `refresh_units` repeats rule 2 for units in which something has just changed (decision 7).
6. A change that meets the generation of its district waits for it (an advisory lock a district:
   changes share it, generation has it alone), and two changes in one unit wait for each other, for
   none of them would see the rows of the other: a machine stopped just then would keep its to-do.

Modules: `calendar` the rule, `generation_sql` the statements, `generation_rows` running them for
one day, `generation_runs` which days and districts are due. This one is what others import.
"""

from duties.closing import close_expired
from duties.generation_rows import Outcome, generate, refresh_today, refresh_units
from duties.generation_runs import close_unit, due_districts, run_day, run_due

__all__ = [
    "Outcome",
    "close_expired",
    "close_unit",
    "due_districts",
    "generate",
    "refresh_today",
    "refresh_units",
    "run_day",
    "run_due",
]
