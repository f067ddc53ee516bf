"""The pages of cylinders for the tour: the unit, its officer's phone, the bureau, the public."""

from __future__ import annotations

from django.urls import reverse

from cylinders.models import Batch, Certificate, Cylinder, FillingRecord
from reports.demo import cast
from reports.demo.cylinders import GAS, LPG
from units.models import User

# (slug, who, url)
Found = tuple[str, str, str]


def people() -> dict[str, User | None]:
    """The second filling unit and the three people of its bureau."""
    names = {
        "gas": GAS,
        "handler": cast.BUREAUS[2][0],
        "reviewer": cast.COLLEAGUES[0][0],
    }
    found = {user.username: user for user in User.objects.filter(username__in=names.values())}
    return {role: found.get(username) for role, username in names.items()}


def batch(state: str, username: str = LPG) -> Batch | None:
    """An application of a demo unit in a state."""
    found = Batch.objects.filter(state=state, unit__accounts__username=username)
    return found.order_by("pk").first()


def unit_pages() -> list[Found]:
    """What the admins of the filling units see."""
    found: list[Found] = [
        (name, "filler", reverse(f"cylinders:{name}"))
        for name in (
            "batch-list", "batch-add", "progress-list", "certificate-list", "cylinder-list",
            "filling-list", "key-list", "key-add", "filling-docs",
        )
    ]  # fmt: skip
    draft, corrected = batch("draft"), batch("correcting", GAS)
    done = batch("certified")
    if draft is not None:
        bare = draft.items.filter(photos=None).order_by("number").first()
        found += [
            ("batch", "filler", reverse("cylinders:batch", args=[draft.code])),
            ("batch-basics", "filler", reverse("cylinders:batch-basics", args=[draft.code])),
            ("submit-missing", "filler", reverse("cylinders:submit", args=[draft.code])),
            ("photo-upload", "filler", reverse("cylinders:photo-upload", args=[draft.code])),
            (
                "import",
                "filler",
                reverse("units:import-start", args=["cylinders"]) + f"?target={draft.code}",
            ),
        ]
        if bare is not None:
            found.append(
                ("item", "filler", reverse("cylinders:item", args=[draft.code, bare.code]))
            )
    if corrected is not None:
        found += [
            ("batch-correcting", "gas", reverse("cylinders:batch", args=[corrected.code])),
            ("progress-returned", "gas", reverse("cylinders:progress", args=[corrected.code])),
        ]
    if done is not None:
        found.append(("progress-done", "filler", reverse("cylinders:progress", args=[done.code])))
    return found + _registered()


def _registered() -> list[Found]:
    """Certificate, cylinders in some states, a filling record that was stopped."""
    found: list[Found] = []
    own = FillingRecord.objects.filter(unit__accounts__username=LPG)
    for slug, name, row in (
        ("certificate", "cylinders:certificate", Certificate.objects.order_by("pk").first()),
        ("cylinder", "cylinders:cylinder", Cylinder.objects.filter(state="full").first()),
        (
            "cylinder-stopped",
            "cylinders:cylinder",
            Cylinder.objects.filter(state="stopped").first(),
        ),
        ("filling", "cylinders:filling", own.filter(stops=[]).first()),
        ("filling-stopped", "cylinders:filling", own.exclude(stops=[]).first()),
    ):
        if row is not None:
            found.append((slug, "filler", reverse(name, args=[row.code])))
    return found


def phone_pages() -> list[Found]:
    """Photographs on the phone of an officer of the filling unit."""
    found: list[Found] = [("cylinder-batches", "station", reverse("cylinders:field-batches"))]
    draft = batch("draft")
    if draft is not None:
        url = reverse("cylinders:field-batch", args=[draft.code])
        found.append(("cylinder-batch", "station", url))
        bare = draft.items.filter(photos=None).order_by("number").first()
        if bare is not None:
            url = reverse("cylinders:field-item", args=[draft.code, bare.code])
            found.append(("cylinder-item", "station", url))
    return found


def bureau_pages() -> list[Found]:
    """The desk of the bureau at every step."""
    found: list[Found] = [
        ("desk", "handler", reverse("reports:desk")),
        ("review-list", "handler", reverse("cylinders:review-list")),
        ("settings", "handler", reverse("cylinders:settings")),
        ("cylinder-list", "handler", reverse("cylinders:cylinder-list")),
        ("filling-list", "handler", reverse("cylinders:filling-list")),
    ]
    waiting, accepted = batch("submitted"), batch("accepted")
    if waiting is not None:
        found += [
            (slug, "handler", reverse(f"cylinders:{slug}", args=[waiting.code]))
            for slug in ("review", "check", "check-result", "void")
        ]
    if accepted is not None:
        found += [
            ("sample", "reviewer", reverse("cylinders:sample", args=[accepted.code])),
            ("review-accepted", "reviewer", reverse("cylinders:review", args=[accepted.code])),
        ]
    return found


def public_pages() -> list[Found]:
    """What anybody sees behind a code."""
    found: list[Found] = [("lookup", "nobody", reverse("cylinders:lookup"))]
    for slug, name, row in (
        ("cylinder", "cylinders:public", Cylinder.objects.filter(state="full").first()),
        ("cylinder-lost", "cylinders:public", Cylinder.objects.filter(state="lost").first()),
        ("certificate", "cylinders:public-certificate", Certificate.objects.first()),
    ):
        if row is not None:
            found.append((slug, "nobody", reverse(name, args=[row.token])))
    return found
