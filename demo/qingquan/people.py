"""Invented people with Chinese names: staff of every organisation, partners' systems, and the tongue of the members.

Owns their names and the subjects that tokens name them by: `store:QQ-0001/clerk`, `agent:QQ-33/operator`,
`brand:QQ/analyst`, `partner:1`. No name belongs to a real person.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from demo.consumers.phones import unassigned_chinese
from demo.dice import Dice
from demo.qingquan import BRAND
from demo.qingquan.values import Job, Organization, Partner
from domain.channel import Role, Tier
from domain.integration import PartnerKind

ROLES: Final = {
    Tier.BRAND: (Role.OPERATOR, Role.ANALYST),
    Tier.SUBSIDIARY: (Role.SALESPERSON, Role.OPERATOR),
    Tier.AGENT: (Role.SALESPERSON, Role.OPERATOR),
    Tier.DISTRIBUTOR: (Role.SALESPERSON, Role.OPERATOR),
    Tier.STORE: (Role.CLERK, Role.MANAGER),
    Tier.SUPPLIER: (),
}
"""Every organisation of a tier has one person in each of these roles."""
_FAMILY: Final = "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕"
_GIVEN: Final = "安佳宁思雨晨若溪子涵欣怡可嘉文静一诺云舒乐言清和亦凡书瑶景行知远星禾明轩秋实语桐承泽"


class Chinese:
    """Invented Chinese names, numbers that reach nobody."""

    tags = ("健身", "囤货", "学生", "宝妈", "新客", "生日月", "老客")
    moved = "人工改派：顾客搬家（演示数据）"
    released = "人工解绑：应顾客要求（演示数据）"

    def name(self, dice: Dice) -> str:
        """A family name and one or two characters more."""
        given = "".join(_GIVEN[dice.below(len(_GIVEN))] for _ in range(dice.between(1, 2)))
        return _FAMILY[dice.below(len(_FAMILY))] + given

    def phone(self, number: int) -> str:
        """A number under a prefix that no operator was given."""
        return unassigned_chinese(number)


def subject(organization: Organization, role: Role) -> str:
    """What a token names the person in that role by."""
    return f"{organization.tier.lower()}:{organization.code}/{role.lower()}"


def staff(organizations: Iterable[Organization], dice: Dice) -> tuple[Job, ...]:
    """Everyone's staff."""
    voice = Chinese()
    return tuple(
        Job(subject(one, role), voice.name(dice), one.code, role) for one in organizations for role in ROLES[one.tier]
    )


PARTNERS: Final = (
    Partner("partner:1", "经销商管理系统", PartnerKind.DMS, f"{BRAND}-33"),
    Partner("partner:2", "华东仓储系统", PartnerKind.WMS, f"{BRAND}-HD"),
)
"""The systems of an agent and of the regional company."""
