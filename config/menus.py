"""The menus of both shells as one table, and the context processor that fills the layouts.

An entry shows only if the actor holds its capability and its URL name resolves. Counts come from
the apps: `register_badge("duties:todo", callable)` in AppConfig.ready(); so do the words for an
identity (`register_role_label`). Nothing is queried before a layout prints it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from django.conf import settings
from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import NoReverseMatch, get_script_prefix, get_urlconf, reverse
from django.utils.functional import SimpleLazyObject

from config.actor import ANONYMOUS, Actor
from config.prepared import Bound

# Actor.kind -> shell
SHELLS = {"person": "field", "unit": "desk", "bureau": "bureau", "platform": "bureau"}
# Actor.kind -> the word beside the mark
TAGS = {"unit": "单位端", "bureau": "监管端", "platform": "平台端"}
KIND_LABELS = {"unit": "单位管理员", "bureau": "监管人员", "platform": "平台管理员"}


@dataclass(frozen=True)
class Entry:
    """One line of the menu table; `capability` None = everybody signed in to that shell."""

    label: str
    url_name: str
    icon: str
    capability: str | None
    shells: tuple[str, ...]
    section: str = ""
    badge_label: str = "条待处理"


DESK, FIELD, BUREAU = ("desk",), ("field",), ("bureau",)

# Side menu. Order on the page = order here; `section` groups neighbours.
MENU: tuple[Entry, ...] = (
    Entry("统计分析", "reports:dashboard", "chart-bar", "unit:dashboard", DESK),
    Entry("部门管理", "units:department-list", "sitemap", "org:view", DESK, "单位设置"),
    Entry("岗位管理", "units:position-list", "id-badge-2", "org:view", DESK, "单位设置"),
    Entry(
        "人员管理", "units:staff-list", "users", "staff:view", DESK, "单位设置", "份离职申请待处理"
    ),
    Entry("工位管理", "equipment:station-list", "gas-station", "org:view", DESK, "单位设置"),
    Entry("充装数据接口", "cylinders:key-list", "api", "filling:key", DESK, "单位设置"),
    Entry("许可", "equipment:licence-list", "certificate", "org:view", DESK, "单位设置"),
    Entry("管理制度", "units:regulation-list", "gavel", "org:view", DESK, "单位设置", "份通知未读"),
    Entry("企业信息", "units:profile", "building", "unit:settings", DESK, "单位设置"),
    Entry("设备档案", "equipment:list", "archive", "equipment:view", DESK, "档案管理"),
    Entry("设备认领", "equipment:claim-list", "user-check", "equipment:manage", DESK, "档案管理"),
    Entry("一码通", "equipment:code-list", "qrcode", "code:manage", DESK, "档案管理"),
    Entry("公众报告", "equipment:report-list", "message", "code:manage", DESK, "档案管理"),
    Entry("气瓶档案", "cylinders:cylinder-list", "cylinder", "cylinder:view", DESK, "档案管理"),
    Entry("充装记录", "cylinders:filling-list", "droplet", "cylinder:view", DESK, "档案管理"),
    Entry("管控清单", "duties:checklist-list", "list-details", "checklist:view", DESK, "责任落实"),
    Entry("风险管控记录", "duties:record-list", "clipboard-check", "record:view", DESK, "责任落实"),
    Entry("风险隐患记录", "hazards:list", "alert-triangle", "hazard:view", DESK, "责任落实"),
    Entry("周排查报告", "duties:report-list", "report", "record:view", DESK, "责任落实"),
    Entry("月调度纪要", "duties:minutes-list", "notes", "record:view", DESK, "责任落实"),
    Entry("应急演练", "units:drill-list", "urgent", "activity:view", DESK, "责任落实"),
    Entry("安全培训", "units:training-list", "school", "activity:view", DESK, "责任落实"),
    Entry("记录表单", "reports:document-list", "file-text", "document:view", DESK, "责任落实"),
    Entry(
        "使用状态申报",
        "equipment:declaration-list",
        "rubber-stamp",
        "declaration:view",
        DESK,
        "业务办理",
    ),
    Entry(
        "使用登记申请",
        "cylinders:batch-list",
        "file-certificate",
        "cylinder:manage",
        DESK,
        "业务办理",
        "份待补正",
    ),
    Entry("使用登记进度", "cylinders:progress-list", "timeline", "cylinder:view", DESK, "信息查询"),
    Entry("使用登记证", "cylinders:certificate-list", "id", "cylinder:view", DESK, "信息查询"),
    Entry("消息", "units:message-list", "bell", "message:read", DESK, badge_label="条未读"),
    Entry("待办事项", "reports:desk", "clipboard-list", "bureau:desk", BUREAU),
    Entry("辖区单位", "reports:region", "building-community", "region:view", BUREAU),
    Entry(
        "单位注册",
        "units:registration-list",
        "user-plus",
        "registration:decide",
        BUREAU,
        "业务办理",
    ),
    Entry(
        "使用状态申报",
        "equipment:declaration-list",
        "rubber-stamp",
        "declaration:view",
        BUREAU,
        "业务办理",
    ),
    Entry(
        "气瓶使用登记",
        "cylinders:review-list",
        "cylinder",
        "cylinder:review",
        BUREAU,
        "业务办理",
    ),
    Entry("通知公告", "units:notice-list", "speakerphone", "notice:write", BUREAU, "业务办理"),
    Entry(
        "历史设备",
        "equipment:archive-list",
        "file-spreadsheet",
        "archive:import",
        BUREAU,
        "业务办理",
    ),
    Entry("设备档案", "equipment:list", "archive", "equipment:view", BUREAU, "履职监管"),
    Entry("气瓶档案", "cylinders:cylinder-list", "cylinder", "cylinder:view", BUREAU, "履职监管"),
    Entry("使用登记证", "cylinders:certificate-list", "id", "cylinder:view", BUREAU, "履职监管"),
    Entry("充装记录", "cylinders:filling-list", "droplet", "cylinder:view", BUREAU, "履职监管"),
    Entry(
        "风险管控记录", "duties:record-list", "clipboard-check", "record:view", BUREAU, "履职监管"
    ),
    Entry("风险隐患记录", "hazards:list", "alert-triangle", "hazard:view", BUREAU, "履职监管"),
    Entry("周排查报告", "duties:report-list", "report", "record:view", BUREAU, "履职监管"),
    Entry("月调度纪要", "duties:minutes-list", "notes", "record:view", BUREAU, "履职监管"),
    Entry("记录表单", "reports:document-list", "file-text", "document:view", BUREAU, "履职监管"),
    Entry("客服工单", "units:ticket-list", "headset", "ticket:answer", BUREAU),
)

# Bottom bar of the phone.
TABBAR: tuple[Entry, ...] = (
    Entry("待办", "duties:todo", "clipboard-list", "field:home", FIELD),
    Entry("隐患", "hazards:field-list", "alert-triangle", "hazard:view", FIELD),
    Entry("记录", "duties:field-records", "history", "record:view", FIELD),
    Entry("我的", "units:me", "user", "field:home", FIELD, badge_label="条未读消息"),
)

# Behind the person's name, top right.
PERSON_MENU: tuple[Entry, ...] = (
    Entry("账号信息", "units:account", "user", None, ("desk", "bureau")),
    Entry("修改密码", "units:password", "key", None, ("desk", "bureau")),
)

HELP_URL_NAME = "units:help"
GUIDE_URL_NAME = "units:guide"
# Where the bell leads: the first of these that exists and may be opened.
BELL: tuple[Entry, ...] = (
    Entry("消息", "units:message-list", "bell", None, ("desk", "bureau"), badge_label="条未读"),
    Entry("待处理隐患", "hazards:list", "bell", "hazard:view", ("desk", "bureau")),
)
LOGOUT_URL_NAME = "units:sign-out"

_badges: dict[str, Callable[[Actor], int | QuerySet]] = {}
_role_labels: list[Callable[[Actor], str]] = []
_conditions: dict[str, Callable[[Actor], bool]] = {}


def register_badge(url_name: str, count: Callable[[Actor], int | QuerySet | Bound]) -> None:
    """Put a count beside the entry of a URL name; called once by an app in AppConfig.ready().

    `count(actor)` gives the number, or better the rows: the rows of all entries are counted
    together, in one query a page.
    """
    _badges[url_name] = count


def has_counted(request: HttpRequest, url_name: str, count: int) -> None:
    """Say what a view counted itself and is counted beside an entry, too: not asked once more."""
    request.menu_counts = {**getattr(request, "menu_counts", {}), url_name: count}


def register_condition(url_name: str, concerns: Callable[[Actor], bool]) -> None:
    """Show the entry of a URL name only to actors it concerns (工位管理: filling units, F17).

    Asked for every page, so it must not query. The page itself still has to refuse the others.
    """
    _conditions[url_name] = concerns


def concerns(url_name: str, actor: Actor) -> bool:
    """Whether an entry (or a link of the phone's 我的) is for an actor, by its condition."""
    condition = _conditions.get(url_name)
    return condition is None or condition(actor)


def register_role_label(describe: Callable[[Actor], str]) -> None:
    """How a person's identities read (安全总监、安全员); called once by `units` in ready()."""
    _role_labels[:] = [describe]


@dataclass(frozen=True)
class Item:
    """One link of a rendered menu."""

    label: str
    url: str
    icon: str
    badge: int
    badge_label: str
    active: bool


@dataclass(frozen=True)
class Section:
    """Neighbouring links under one heading (may be empty)."""

    label: str
    items: list[Item]


@dataclass(frozen=True)
class Shell:
    """What the layouts print around a page; `kind` is desk | field | bureau | public."""

    kind: str = "public"
    home: str = "/"
    menu: list[Section] = field(default_factory=list)
    tabbar: list[Item] = field(default_factory=list)
    person_menu: list[Item] = field(default_factory=list)
    tag: str = ""
    owner_name: str = ""
    person_name: str = ""
    role_label: str = ""
    bell: Item | None = None
    help_url: str = ""
    guide_url: str = ""
    logout_url: str = ""


def shell(request: HttpRequest) -> dict[str, Any]:
    """Context processor: `shell`, built when a layout first asks for it."""
    return {"shell": SimpleLazyObject(lambda: build_shell(request))}


def build_shell(request: HttpRequest) -> Shell:
    """Return the Shell of a request; a signed-out visitor gets only the help link."""
    actor = getattr(request, "actor", ANONYMOUS)
    kind = SHELLS.get(actor.kind, "public")
    if kind == "public":
        return Shell(help_url=_url(HELP_URL_NAME), guide_url=_url(GUIDE_URL_NAME))
    table = (*MENU, *TABBAR, *PERSON_MENU, *BELL)
    counts = _counts(table, kind, actor, getattr(request, "menu_counts", {}))

    def items(table: tuple[Entry, ...]) -> list[tuple[str, Item]]:
        return _items(table, kind, actor, request.path, counts)

    return Shell(
        kind=kind,
        menu=_sections(items(MENU)),
        tabbar=[item for _, item in items(TABBAR)],
        person_menu=[item for _, item in items(PERSON_MENU)],
        tag=TAGS.get(actor.kind, ""),
        owner_name=actor.owner_name,
        person_name=actor.name,
        role_label=describe_role(actor),
        bell=next((item for _, item in items(BELL)), None),
        help_url=_url(HELP_URL_NAME),
        guide_url=_url(GUIDE_URL_NAME),
        logout_url=_url(LOGOUT_URL_NAME),
    )


def _url(url_name: str) -> str:
    return _url_of(url_name, get_urlconf() or settings.ROOT_URLCONF, get_script_prefix())


@lru_cache(maxsize=512)
def _url_of(url_name: str, urlconf: str, prefix: str) -> str:
    """An address of the menu, of which a page asks for some thirty."""
    try:
        return reverse(url_name)
    except NoReverseMatch:
        return ""


def _counts(
    table: tuple[Entry, ...], kind: str, actor: Actor, known: Mapping[str, int]
) -> dict[str, int]:
    """The counts beside the entries an actor sees, by URL name; rows are counted in one query."""
    found = dict(known)
    rows: dict[str, QuerySet | Bound] = {}
    shown = {entry.url_name for entry, _ in _shown(table, kind, actor)}
    for name in (shown & set(_badges)) - set(known):
        counted = _badges[name](actor)
        if isinstance(counted, QuerySet | Bound):
            rows[name] = counted
        else:
            found[name] = counted
    return found | _count_together(rows)


def _count_together(rows: dict[str, QuerySet | Bound]) -> dict[str, int]:
    names, parts, params = [], [], []
    for name in sorted(rows):
        try:
            sql, given = _keys(rows[name])
        except EmptyResultSet:
            continue
        names.append(name)
        parts.append(f"(SELECT count(*) FROM ({sql}) AS rows)")  # noqa: S608  Django's own SQL
        params += given
    if not parts:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {', '.join(parts)}", params)
        return dict(zip(names, cursor.fetchone(), strict=True))


def _keys(rows: QuerySet | Bound) -> tuple[str, Sequence[Any]]:
    """The SQL of what is counted; a prepared one must have been prepared with keys alone."""
    if isinstance(rows, Bound):
        return rows.statement()
    return rows.order_by().values("pk").query.sql_with_params()


def describe_role(actor: Actor) -> str:
    """The identity of an actor in words (单位管理员; 安全总监、安全员); empty for strangers."""
    if actor.kind in KIND_LABELS:
        return KIND_LABELS[actor.kind]
    return _role_labels[0](actor) if _role_labels else ""


def _shown(table: tuple[Entry, ...], kind: str, actor: Actor) -> list[tuple[Entry, str]]:
    """The entries an actor sees in a shell, each with its address."""
    shown = []
    for entry in table:
        if kind not in entry.shells:
            continue
        allowed = entry.capability is None or actor.can(entry.capability)
        allowed = allowed and concerns(entry.url_name, actor)
        url = _url(entry.url_name) if allowed else ""
        if url:
            shown.append((entry, url))
    return shown


def _items(
    table: tuple[Entry, ...], kind: str, actor: Actor, path: str, counts: dict[str, int]
) -> list[tuple[str, Item]]:
    """The entries this actor sees, as (section, item); the longest URL that heads `path` is active."""
    shown = _shown(table, kind, actor)
    heads = [url for _, url in shown if path.startswith(url)]
    here = max(heads, key=len, default="")
    return [
        (
            entry.section,
            Item(
                label=entry.label,
                url=url,
                icon=entry.icon,
                badge=counts.get(entry.url_name, 0),
                badge_label=entry.badge_label,
                active=url == here,
            ),
        )
        for entry, url in shown
    ]


def _sections(items: list[tuple[str, Item]]) -> list[Section]:
    sections: list[Section] = []
    for label, item in items:
        if not sections or sections[-1].label != label:
            sections.append(Section(label, []))
        sections[-1].items.append(item)
    return sections
