"""System checks with ids: what must never be so in production (manage.py check --deploy)."""

from typing import Any

from django.conf import settings
from django.core.checks import Error, Tags, register


@register(Tags.security, deploy=True)
def sms_goes_to_people(app_configs: Any, **kwargs: Any) -> list[Error]:
    """Refuse the console SMS adapter and codes on pages outside the embedded demo."""
    found = []
    if settings.SMS_ADAPTER.endswith("ConsoleSms") and not settings.DEMO:
        found.append(
            Error("生产环境不能使用控制台短信适配器，请设置 SMS_ADAPTER。", id="shouze.E001")
        )
    if settings.SMS_SHOW_CODE_ON_PAGE and not settings.DEMO:
        found.append(Error("验证码不能显示在页面上（仅演示环境允许）。", id="shouze.E002"))
    if settings.SECOND_FACTOR_SHOW_CODE_ON_PAGE and not settings.DEMO:
        found.append(Error("动态口令不能显示在页面上（仅演示环境允许）。", id="shouze.E004"))
    return found


@register(Tags.security, deploy=True)
def keys_are_set(app_configs: Any, **kwargs: Any) -> list[Error]:
    """Refuse to run without the keys that encrypt and digest id numbers."""
    return [
        Error(f"缺少环境变量 {name}。", id=f"shouze.E01{number}")
        for number, name in enumerate(("SECRET_KEY", "FIELD_KEYS", "DIGEST_KEY"))
        if not getattr(settings, name)
    ]


@register(Tags.security, deploy=True)
def tasks_run_in_workers(app_configs: Any, **kwargs: Any) -> list[Error]:
    """Refuse Celery's eager mode in production: work would run inside web requests."""
    if getattr(settings, "CELERY_TASK_ALWAYS_EAGER", False):
        return [Error("生产环境不能使用 CELERY_TASK_ALWAYS_EAGER。", id="shouze.E003")]
    return []
