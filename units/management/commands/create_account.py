"""manage.py create_account: open an account with a password."""

import getpass
import os
import secrets
import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from config.actor import SYSTEM
from config.codes import new_code
from config.errors import RuleBroken
from units.actions.accounts import open_account
from units.management import find_bureau, find_unit
from units.models import User

PASSWORD_VARIABLE = "SHOUZE_PASSWORD"  # noqa: S105  the name of a variable, not a password


class Command(BaseCommand):
    help = (
        "开通账号，例如：create_account jiayuan --kind unit --unit 91500103MA5U… 。"
        f"密码取自环境变量 {PASSWORD_VARIABLE}，否则在终端输入，否则自动生成并显示一次"
    )

    def add_arguments(self, parser: CommandParser) -> None:
        kinds = [User.Kind.UNIT.value, User.Kind.BUREAU.value, User.Kind.PLATFORM.value]
        parser.add_argument("username", help="账号名（小写字母、数字）")
        parser.add_argument("--kind", required=True, choices=kinds, help="账号类别")
        parser.add_argument("--unit", default="", help="单位的编码或统一社会信用代码")
        parser.add_argument("--bureau", default="", help="监管机构的编码")
        parser.add_argument("--name", default="", help="账号名称（默认为单位或机构名称）")
        parser.add_argument("--generate", action="store_true", help="直接生成密码，不询问")

    def handle(self, *args: Any, **options: Any) -> None:
        unit = find_unit(options["unit"]) if options["unit"] else None
        bureau = find_bureau(options["bureau"]) if options["bureau"] else None
        owner = unit or bureau
        password, is_generated = self._password(generate=options["generate"])
        try:
            user = open_account(
                kind=options["kind"],
                username=options["username"],
                password=password,
                name=options["name"] or (owner.name if owner else "平台管理员"),
                unit=unit,
                bureau=bureau,
                actor=SYSTEM,
                now=timezone.now(),
            )
        except RuleBroken as broken:
            raise CommandError(broken.message) from broken
        self.stdout.write(f"已开通{User.Kind(user.kind).label}：{user.username}（{user.name}）")
        if is_generated:
            self.stdout.write(f"初始密码：{password}（只显示这一次，请登录后修改）")

    def _password(self, *, generate: bool) -> tuple[str, bool]:
        """(password, whether it was made up here) from the environment, the terminal or chance."""
        given = os.environ.get(PASSWORD_VARIABLE, "")
        if given and not generate:
            return given, False
        if not generate and sys.stdin.isatty():
            first = getpass.getpass("密码：")
            if first != getpass.getpass("再输入一次："):
                raise CommandError("两次输入的密码不一致。")
            return first, False
        return f"{new_code(6).lower()}-{new_code(6).lower()}-{secrets.randbelow(90) + 10}", True
