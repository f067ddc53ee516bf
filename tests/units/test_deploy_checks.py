"""What may never be so in production: codes on pages, messages into a log, missing keys."""

from __future__ import annotations

from typing import Any

import pytest
from django.core import checks

PRODUCTION = {
    "DEMO": False,
    "SMS_ADAPTER": "units.sms.HttpSms",
    "SMS_SHOW_CODE_ON_PAGE": False,
    "SECOND_FACTOR_SHOW_CODE_ON_PAGE": False,
    "SECRET_KEY": "x" * 60,
    "FIELD_KEYS": ["k"],
    "DIGEST_KEY": "d",
}


def found(settings: Any, **changes: Any) -> list[str]:
    for name, value in (PRODUCTION | changes).items():
        setattr(settings, name, value)
    messages = checks.run_checks(tags=[checks.Tags.security], include_deployment_checks=True)
    return sorted(one.id for one in messages if one.id and one.id.startswith("shouze."))


@pytest.mark.parametrize(
    ("changes", "ids"),
    [
        ({}, []),
        ({"SMS_ADAPTER": "units.sms.ConsoleSms"}, ["shouze.E001"]),
        ({"SMS_SHOW_CODE_ON_PAGE": True}, ["shouze.E002"]),
        ({"SECOND_FACTOR_SHOW_CODE_ON_PAGE": True}, ["shouze.E004"]),
        ({"FIELD_KEYS": [], "DIGEST_KEY": ""}, ["shouze.E011", "shouze.E012"]),
        ({"CELERY_TASK_ALWAYS_EAGER": True}, ["shouze.E003"]),
        # The embedded demo shows codes and logs messages: that is what it is for.
        ({"DEMO": True, "SMS_ADAPTER": "units.sms.ConsoleSms", "SMS_SHOW_CODE_ON_PAGE": True}, []),
    ],
)
def test_deploy_checks(settings: Any, changes: dict[str, Any], ids: list[str]) -> None:
    assert found(settings, **changes) == ids
