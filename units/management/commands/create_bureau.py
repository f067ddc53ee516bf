"""manage.py create_bureau: set up a market-supervision bureau over a region."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from config.actor import SYSTEM
from config.errors import RuleBroken
from units.actions.accounts import open_bureau
from units.management import find_region


class Command(BaseCommand):
    help = "设立监管机构，例如：create_bureau 渝中区市场监督管理局 --region 500103 --phone 023-63800000"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name", help="名称")
        parser.add_argument("--region", required=True, help="辖区的 6 位行政区划代码")
        parser.add_argument("--phone", default="", help="联系电话（显示在“联系客服”中）")
        parser.add_argument("--address", default="", help="地址")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            bureau = open_bureau(
                name=options["name"],
                region=find_region(options["region"]),
                phone=options["phone"],
                address=options["address"],
                actor=SYSTEM,
                now=timezone.now(),
            )
        except RuleBroken as broken:
            raise CommandError(broken.message) from broken
        self.stdout.write(f"已设立监管机构：{bureau.name}（{bureau.region}）")
        self.stdout.write(f"编码：{bureau.code}")
        self.stdout.write(
            f"下一步，为它开通账号：create_account 账号名 --kind bureau --bureau {bureau.code}"
        )
