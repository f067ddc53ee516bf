"""manage.py create_unit: open a unit."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from config.actor import SYSTEM
from config.errors import RuleBroken
from units.actions.accounts import open_unit
from units.management import find_region
from units.models.unit import UnitKind


class Command(BaseCommand):
    help = (
        "为单位开户，例如：create_unit 山城物业有限公司 --credit-code 91500103MA5U… "
        "--region 500103 --kind using"
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name", help="单位名称")
        parser.add_argument("--credit-code", required=True, help="18 位统一社会信用代码")
        parser.add_argument("--region", required=True, help="所在区县的 6 位行政区划代码")
        parser.add_argument(
            "--kind",
            action="append",
            required=True,
            choices=UnitKind.values,
            help="单位类型，可重复：using 使用，production 生产，filling 充装，inspection 检验检测",
        )
        parser.add_argument("--address", default="", help="地址")
        parser.add_argument("--contact", default="", help="联系人")
        parser.add_argument("--contact-phone", default="", help="联系电话")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            unit = open_unit(
                name=options["name"],
                credit_code=options["credit_code"],
                kinds=options["kind"],
                region=find_region(options["region"]),
                address=options["address"],
                contact_name=options["contact"],
                contact_phone=options["contact_phone"],
                actor=SYSTEM,
                now=timezone.now(),
            )
        except RuleBroken as broken:
            raise CommandError(broken.message) from broken
        self.stdout.write(f"已开户：{unit.name}（{'、'.join(unit.kind_labels)}，{unit.region}）")
        self.stdout.write(f"编码：{unit.code}")
        self.stdout.write(
            f"下一步，为它开通账号：create_account 账号名 --kind unit --unit {unit.credit_code}"
        )
