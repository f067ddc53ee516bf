"""The invented cast of the demo: bureaus, units, people and machines. Formats are real, names are not.

Phones: 139 0000 0xxx. Accounts: one password for all (PASSWORD), printed by the demo.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta

from units.roles import Role

PASSWORD = "shouze-demo-2026"  # noqa: S105  the demo prints it; production has no such account

BUREAUS = (
    # username, name, region, phone, address, secret of the second factor (printed by the demo)
    ("cqsj", "重庆市市场监督管理局", "500000", "023-63700000", "重庆市渝中区嘉陵桥路1号",
     "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"),
    ("yuzhong", "重庆市渝中区市场监督管理局", "500103", "023-63800000", "渝中区和平路211号",
     "KRSXG5CTMVRXEZLUKRSXG5CTMVRXEZLU"),
    ("shapingba", "重庆市沙坪坝区市场监督管理局", "500106", "023-65300000", "沙坪坝区凤天大道8号",
     "MFRGGZDFMZTWQ2LKMFRGGZDFMZTWQ2LK"),
)  # fmt: skip
# Further people of the third bureau: 受理, 审核 and 审批 of cylinders take three (decision 15).
COLLEAGUES = (
    # username, name, secret of the second factor
    ("shapingba2", "沙坪坝局审核员", "PEHPK3PXPJBSWY3DPEHPK3PXPJBSWY3D"),
    ("shapingba3", "沙坪坝局审批员", "TMVRXEZLUKRSXG5CTMVRXEZLUKRSXG5C"),
)
PLATFORM = ("pingtai", "平台管理员", "NB2HI4DTHIXS653XNB2HI4DTHIXS653X")

SURNAMES = "李王张刘陈杨黄赵周吴徐孙马朱胡郭何林罗高郑梁谢宋唐许邓韩冯曹彭曾肖田董袁潘蒋蔡余杜叶程苏魏吕丁任"
GIVEN = ("建国", "志强", "晓东", "海燕", "雪梅", "永红", "俊杰", "秀英", "德明", "小龙", "文斌", "丽娟",
         "国栋", "春华", "浩然", "玉兰", "镕基", "喆", "天昇", "雨堃", "赟", "思玥", "大勇", "静怡")  # fmt: skip

CREDIT = "0123456789ABCDEFGHJKLMNPQRTUWXY"
CREDIT_WEIGHTS = (1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28)
KIND_SIGN = {"1": "锅", "2": "容", "3": "梯", "4": "起", "5": "车", "6": "游", "8": "管", "9": "索"}


# What people call a machine of a catalogue code.
NOUNS = {
    "1100": "蒸汽锅炉", "1200": "热水锅炉", "1310": "导热油炉", "2150": "储罐", "2170": "储气罐",
    "2310": "无缝气瓶组", "2320": "液化气瓶组", "2410": "医用氧舱", "3110": "客梯", "3120": "货梯",
    "3310": "扶梯", "3320": "自动人行道", "3420": "消防电梯", "3430": "杂物梯", "4110": "桥式行车",
    "4170": "单梁起重机", "4210": "门式起重机", "5110": "叉车", "5200": "观光车", "6100": "摩天轮",
    "6200": "过山车", "6700": "自控飞机", "6A00": "碰碰车", "6D20": "水滑梯", "8310": "工艺管道",
    "8320": "蒸汽管道", "8330": "制冷管道", "9110": "往复索道", "9120": "循环索道",
}  # fmt: skip


@dataclass(frozen=True)
class Machines:
    """`count` machines of one catalogue code at places like 「{place}{n}」."""

    code: str
    count: int
    place: str
    quantity: int = 1


@dataclass(frozen=True)
class UnitPlan:
    """One unit: who leads it, how many officers, what it has, how well it does its duty."""

    username: str
    name: str
    region: str
    kinds: tuple[str, ...]
    address: str
    officers: int
    machines: tuple[Machines, ...] = ()
    # Share of to-dos done in time; the rest is missed and partly filled in later.
    diligence: float = 0.96
    has_director: bool = True
    reviews_hazards: bool = False
    extra_roles: tuple[str, ...] = field(default=())


USING = ("using",)
UNITS = (
    UnitPlan("yunjie", "重庆云阶物业服务有限公司", "500103", USING, "渝中区民权路28号", 4,
             (Machines("3110", 34, "云阶国际"), Machines("3120", 3, "云阶国际货运通道"),
              Machines("3420", 3, "云阶国际消防前室")), reviews_hazards=True),
    UnitPlan("jiangan", "重庆江岸商业管理有限公司", "500103", USING, "渝中区长滨路9号", 3,
             (Machines("3110", 12, "江岸广场"), Machines("3310", 12, "江岸广场中庭"),
              Machines("3320", 2, "江岸广场超市")), diligence=0.92),
    UnitPlan("shancheng", "重庆山城人民医院", "500103", USING, "渝中区枇杷山正街104号", 3,
             (Machines("3110", 9, "住院楼"), Machines("2410", 2, "高压氧科"),
              Machines("1100", 2, "动力中心"), Machines("2170", 6, "制氧机房")),
             reviews_hazards=True),
    UnitPlan("nanlu", "重庆南麓索道旅游有限公司", "500103", USING, "渝中区新华路151号", 2,
             (Machines("9110", 2, "南麓索道"), Machines("9120", 1, "云顶索道"),
              Machines("3310", 4, "索道站厅"))),
    UnitPlan("changhe", "重庆长河热力有限公司", "500103", USING, "渝中区大坪支路3号", 3,
             (Machines("1200", 6, "热源厂锅炉房"), Machines("1310", 1, "导热油站"),
              Machines("2150", 6, "换热站"), Machines("8330", 2, "制冷站"),
              Machines("8320", 5, "蒸汽管廊")), diligence=0.94),
    UnitPlan("lianghe", "重庆两河游乐园有限公司", "500106", USING, "沙坪坝区大学城南路66号", 3,
             (Machines("6100", 2, "摩天轮区"), Machines("6200", 3, "过山车区"),
              Machines("6700", 2, "飞行区"), Machines("6A00", 2, "碰碰车馆"),
              Machines("6D20", 2, "水世界"), Machines("5200", 6, "园区环线"))),
    UnitPlan("beibin", "重庆北滨酒店有限公司", "500106", USING, "沙坪坝区小龙坎正街99号", 1,
             (Machines("3110", 8, "酒店主楼"), Machines("3430", 2, "后厨"),
              Machines("1200", 2, "地下锅炉房")), has_director=False),
    UnitPlan("yulian", "重庆渝联物流园管理有限公司", "500106", USING, "沙坪坝区土主街道物流大道18号", 3,
             (Machines("5110", 16, "仓储区"), Machines("4110", 5, "转运库"),
              Machines("4210", 3, "集装箱堆场"), Machines("3120", 3, "分拣中心")),
             diligence=0.9),
    UnitPlan("hengli", "重庆恒力起重机械制造有限公司", "500106", ("production", "using"),
             "沙坪坝区井口工业园5号", 2,
             (Machines("4110", 7, "总装车间"), Machines("4170", 4, "下料车间"),
              Machines("5110", 4, "厂区")),
             extra_roles=(Role.QUALITY_DIRECTOR, Role.QUALITY_OFFICER)),
    UnitPlan("anxing", "重庆安行电梯工程有限公司", "500103", ("production",), "渝中区两路口12号", 0,
             extra_roles=(Role.QUALITY_DIRECTOR, Role.QUALITY_OFFICER, Role.QUALITY_OFFICER)),
    UnitPlan("lanyan", "重庆蓝焰燃气充装有限公司", "500106", ("filling", "using"), "沙坪坝区青木关镇工农路1号", 2,
             (Machines("2150", 5, "储罐区"), Machines("8310", 3, "工艺装置区"),
              Machines("2320", 2, "瓶库", 1200), Machines("5110", 1, "瓶库装卸区"))),
    UnitPlan("chuandong", "重庆川东气体有限公司", "500106", ("filling", "using"), "沙坪坝区凤凰镇石港路7号", 2,
             (Machines("2170", 4, "储槽区"), Machines("2310", 2, "无缝气瓶库", 800),
              Machines("5110", 2, "装卸平台"))),
)  # fmt: skip


def credit_code(number: int, region: str) -> str:
    """An invented 18-character 统一社会信用代码 with a right check digit (GB 32100)."""
    body = f"91{region}MA{number:07d}"[:17]
    total = sum(CREDIT.index(c) * w for c, w in zip(body, CREDIT_WEIGHTS, strict=True))
    return body + CREDIT[(31 - total % 31) % 31]


def equipment_code(catalogue: str, year: int, serial: int) -> str:
    """A 17-character 设备代码: base code 4, maker 5, year 4, serial 4 (domain.md 4.3)."""
    return f"{catalogue}500{serial % 90 + 10:02d}{year}{serial:04d}"


def registration_no(catalogue: str, year: int, serial: int) -> str:
    """A 使用登记证编号 like 梯11渝A00001(23) (domain.md 4.2)."""
    sign = "瓶" if catalogue.startswith("23") else KIND_SIGN[catalogue[0]]
    return f"{sign}{catalogue[1:3]}渝A{serial:05d}({year % 100:02d})"


def names() -> Iterator[str]:
    """Invented names, each once, in a fixed order."""
    for number in range(len(SURNAMES) * len(GIVEN) // 2):
        given = number * 5 + number // len(SURNAMES)  # after a whole round, other pairs
        yield SURNAMES[number * 7 % len(SURNAMES)] + GIVEN[given % len(GIVEN)]


def next_inspection(today: date, serial: int) -> date:
    """Spread over two years; a few are due soon and very few overdue, as in a real district."""
    return today + timedelta(days=(serial * 37) % 700 - 6)
