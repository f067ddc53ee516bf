"""manage.py reset_second_factor: take the second factor off an account whose phone is lost."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from config.actor import SYSTEM
from units import second_factor
from units.queries import account_by_username


class Command(BaseCommand):
    help = "重置监管或平台账号的动态口令（手机和备用码都丢失时），该账号下次登录时重新绑定"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("username", help="账号名")

    def handle(self, *args: Any, **options: Any) -> None:
        user = account_by_username(options["username"].lower())
        if user is None or not second_factor.is_needed(user):
            raise CommandError(f"没有名为 {options['username']} 的监管或平台账号。")
        if not second_factor.reset(user, actor=SYSTEM, now=timezone.now()):
            raise CommandError(f"账号 {user.username} 没有绑定动态口令，无需重置。")
        self.stdout.write(
            f"已重置 {user.username}（{user.name}）的动态口令，下次登录时重新绑定。"
            "请务必通过电话或当面核实过申请人身份。"
        )
