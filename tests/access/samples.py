"""One object of every kind that a URL can name, all of them unit 甲's."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

from duties.models import Checklist, Inspection, Task
from hazards.models import Hazard
from reports.models import IssuedDocument
from tests.factories import (
    checklists,
    codes,
    cylinders,
    declarations,
    duty_reports,
    filling,
    imports,
    licences,
    organisation,
    people_papers,
    records,
    registrations,
    stops,
)
from tests.factories import cover as covers
from tests.factories import duties as tasks
from tests.factories import notices as bureau_notices
from tests.world import TODAY, World


@dataclass
class Samples:
    world: World
    task: Task
    done: Task
    inspection: Inspection
    hazard: Hazard
    document: IssuedDocument
    checklist: Checklist
    # Public codes by the beginning of a route's name.
    codes: dict[str, str] = field(default_factory=dict)
    token: str = ""
    # The key of an item of 甲's own checklist.
    own_item: str = ""
    # What routes about cylinders name, by the beginning of their name (the longest counts).
    cylinders: dict[str, dict[str, object]] = field(default_factory=dict)

    def kwargs(self, name: str, arguments: tuple[str, ...]) -> dict[str, object]:
        """The URL arguments of a route: by route name first, by room otherwise."""
        special = {
            "units:file": {"pk": self.document.file_id, "file_id": self.document.file_id},
            "duties:record": {"code": self.inspection.code},
            "duties:field-record": {"code": self.inspection.code},
            "duties:field-machine": {"code": self.world.lift.code},
            "duties:field-type": {"cadence": "weekly", "category": "lift"},
            "duties:checklist": {"code": self.checklist.code},
            "units:import-start": {"kind": "machines"},
            "units:import-template": {"kind": "machines"},
            "units:guide-page": {"chapter": "start"},
            "reports:region-unit": {"code": self.world.jia.code},
            "reports:unit-checklist": {
                "code": self.world.jia.code,
                "checklist": self.checklist.code,
            },
            "reports:reveal-phone": {"code": self.world.jia.code, "staff": self.world.li.code},
        }
        by_room = {
            "units": {"code": self.world.li.code},
            "equipment": {"code": self.world.lift.code},
            "duties": {"code": self.task.code},
            "hazards": {"code": self.hazard.code},
            "reports": {"code": self.inspection.code},
        }
        code = next((code for start, code in self.codes.items() if name.startswith(start)), None)
        if code is not None and "code" in arguments:
            special[name] = {"code": code}
        starts = [start for start in self.cylinders if name.startswith(start)]
        if starts:
            special[name] = self.cylinders[max(starts, key=len)]
        known = special.get(name) or by_room.get(name.split(":")[0], {})
        extra = {
            "token": self.token,
            "key": self.inspection.answers[0]["key"],
            "item": self.own_item,
            "photo": records.NO_SUCH_UUID,
        }
        return {argument: {**extra, **known}[argument] for argument in arguments}


def build(world: World) -> Samples:
    """Write the objects and return them."""
    done = tasks.task(world.crane, TODAY, state="done")
    inspection = records.inspection(done, world.li, failing=1)
    labelled = codes.device_code(world.lift)
    report = codes.public_report(labelled)
    tasks.task(world.jia, owner=world.li, assignee=world.li)
    checklist = checklists.own(world.jia, "甲的自定义清单")
    own = {
        "duties:checklist-": checklist.code,
        "equipment:report": report.code,
        "equipment:public-reported": report.code,
        "units:ticket": codes.ticket(world.li).code,
        "units:import-": imports.job(world.jia_admin).code,
    }
    return Samples(
        world=world,
        task=tasks.task(world.lift, TODAY),
        done=done,
        inspection=inspection,
        hazard=records.hazard(inspection),
        document=records.document(inspection),
        checklist=Checklist.objects.filter(unit=None, category="lift", cadence="daily").first(),
        codes=_codes(world) | own,
        token=labelled.token,
        cylinders=_cylinders(world),
        own_item=checklist.items.get().key,
    )


def _codes(world: World) -> dict[str, str]:
    """One row of 甲 for every group of routes that names one by its code."""
    declared = declarations.filed(
        None, "suspend", unit=world.jia, actor=world.actor(world.jia_admin)
    )
    training = people_papers.activity(world.jia, world.li)
    people_papers.leave_request(world.zhang)
    licence = licences.licence(licences.licensed(world.jia)).code
    station = licences.station(world.jia).code
    return {
        "duties:cover-end": covers.cover(world.li, world.zhang, date(2090, 1, 5)).code,
        "duties:field-licence": licence,
        "duties:field-station": station,
        "duties:stop-declare": world.lift.code,
        "duties:stop": stops.stop(world.lift).code,
        "equipment:stop-end": stops.stop(world.crane).code,
        "equipment:declaration": declared.code,
        "equipment:suspend-": declared.code,
        "units:department-": organisation.department(world.jia).code,
        "units:position-": organisation.position(world.jia).code,
        "equipment:licence": licence,
        "equipment:station": station,
        "units:regulation": organisation.regulation(world.jia).code,
        "reports:appointment-": world.li.code,
        "units:certificate-add": world.li.code,
        "units:certificate-": people_papers.certificate(world.li).code,
        "units:drill-": people_papers.activity(world.jia, world.li, kind="drill").code,
        "units:training-": training.code,
        "units:activity": training.code,
        "units:register-": registrations.registration("returned").code,
        "units:registration-": registrations.registration().code,
        **_notice(world),
        **_reports(world),
    }


def _cylinders(world: World) -> dict[str, dict[str, object]]:
    """A submitted application of 甲 with one cylinder, and a registered one."""
    batch = cylinders.batch(world.jia, state="submitted")
    item = cylinders.complete_item(batch)
    of_item = {"batch": batch.code, "code": item.code}
    archive = cylinders.photo_archive(batch, world.jia_admin)
    photo = item.photos.first()
    registered = cylinders.registered(world.jia)
    key = filling.key(world.jia.stations.get())[0]
    return {
        "cylinders:": {"code": batch.code},
        "cylinders:cylinder": {"code": registered.code},
        "cylinders:certificate": {"code": registered.certificate.code},
        "cylinders:public-certificate": {"token": registered.certificate.token},
        "reports:certificate-": {"code": registered.certificate.code},
        "reports:cylinder-": {"code": batch.code},
        "reports:cylinder-certificate": {"code": registered.certificate.code},
        "cylinders:public": {"token": registered.token},
        "cylinders:key-": {"code": key.code},
        "cylinders:filling": {"code": filling.record(key, registered.qr_url).code},
        "cylinders:filling-api-": {"rest": "nothing"},
        "cylinders:item": of_item,
        "cylinders:field-item": of_item,
        "cylinders:photo-add": of_item,
        "cylinders:items-": {"code": batch.code},
        "cylinders:photo-archive": {"code": archive.code},
        "cylinders:archive-assign": {"code": archive.code, "number": 0},
        "cylinders:photo-kind": {"photo": photo.photo.code},
        "cylinders:photo-remove": {"photo": photo.photo.code},
    }


def _notice(world: World) -> dict[str, str]:
    """A notice of the bureau to 甲 alone, and 甲's receipt."""
    receipt = bureau_notices.receipt(bureau_notices.notice(world.bureau), world.jia)
    return {"units:received-": receipt.code, "units:notice": receipt.notice.code}


def _reports(world: World) -> dict[str, str]:
    """A weekly report and minutes that are signed, and to-dos of both kinds that are not."""
    wang = world.actor(world.wang)
    report = duty_reports.weekly(duty_reports.weekly_task(world.jia, world.wang), wang)
    minutes = duty_reports.minutes(duty_reports.monthly_task(world.jia), wang)
    to_write = duty_reports.weekly_task(world.jia, world.wang, "boiler")
    return {
        "duties:report-write": to_write.code,
        "duties:report-draft": to_write.code,
        "duties:minutes-write": duty_reports.monthly_task(world.jia, "boiler").code,
        "duties:field-report": report.code,
        "duties:report": report.code,
        "duties:field-minutes": minutes.code,
        "duties:minutes": minutes.code,
        "reports:weekly-report": report.code,
        "reports:monthly-minutes": minutes.code,
    }
