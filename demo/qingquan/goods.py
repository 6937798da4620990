"""What the brand makes: some sixty drinks in a hundred and twenty sizes, and a little merchandise.

Owns the list, and how names, packs and barcodes are made of it. Barcodes begin with 29, a range kept for use inside a
shop, so none of them is a real article's.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from demo.qingquan.values import Category, Product, Sku

CATEGORIES: Final = {
    "水": ("天然水", "饮用水", "苏打水"),
    "茶": ("无糖茶", "果味茶", "奶茶"),
    "果汁": ("纯果汁", "果汁饮料"),
    "汽水": ("果味汽水", "气泡水"),
    "乳饮": ("乳酸菌", "植物乳"),
    "功能饮料": ("电解质水", "维生素饮料"),
    "咖啡": ("即饮咖啡",),
    "周边": ("杯具", "袋品"),
}
MERCHANDISE: Final = "周边"
PACK: Final = "提"
CASE: Final = "箱"
PACK_UNITS: Final = 6
LIST: Final = """
W01 天然泉水 天然水 原味 540 380瓶*24@150 550瓶*24@200 1500瓶*12@350 4500桶*4@1000
W02 天然泉水运动盖 天然水 原味 540 550瓶*24@300 750瓶*12@380
W03 婴幼儿用水 天然水 原味 540 1000瓶*12@650
W04 山泉玻璃瓶 天然水 原味 720 330瓶*24@800 750瓶*12@1500
W05 矿物质水 饮用水 原味 540 550瓶*24@150 1500瓶*12@280
W06 纯净水 饮用水 原味 540 550瓶*24@120 4500桶*4@850
W07 苏打水 苏打水 原味 365 400瓶*24@300 1250瓶*12@600
W08 柠檬苏打水 苏打水 柠檬 365 400瓶*24@320 1250瓶*12@620
W09 白桃苏打水 苏打水 白桃 365 400瓶*24@320 1250瓶*12@620
W10 薄荷苏打水 苏打水 薄荷 365 400瓶*24@320 1250瓶*12@620
T01 茉莉花茶 无糖茶 茉莉 365 500瓶*12@400 900瓶*12@600
T02 乌龙茶 无糖茶 乌龙 365 500瓶*12@400 900瓶*12@600
T03 龙井绿茶 无糖茶 绿茶 365 500瓶*12@450 900瓶*12@650
T04 普洱茶 无糖茶 普洱 365 500瓶*12@450 900瓶*12@650
T05 大麦茶 无糖茶 大麦 365 500瓶*12@400 900瓶*12@600
T06 青柑普洱茶 无糖茶 青柑 365 500瓶*12@500 900瓶*12@700
T07 冰红茶 果味茶 柠檬 365 500瓶*12@300 1000瓶*12@450
T08 蜜桃乌龙茶 果味茶 蜜桃 365 500瓶*12@350 1000瓶*12@500
T09 手打柠檬茶 果味茶 柠檬 270 500瓶*12@450 330盒*24@280
T10 西柚绿茶 果味茶 西柚 270 500瓶*12@450 330盒*24@280
T11 百香果茶 果味茶 百香果 270 500瓶*12@450 330盒*24@280
T12 丝滑奶茶 奶茶 原味 270 350瓶*24@500 500瓶*12@600
T13 焙茶奶茶 奶茶 焙茶 270 350瓶*24@550
T14 抹茶奶茶 奶茶 抹茶 270 350瓶*24@550
J01 鲜榨橙汁 纯果汁 橙 180 300瓶*24@650 1000瓶*12@1600
J02 苹果汁 纯果汁 苹果 180 300瓶*24@600 1000瓶*12@1500
J03 葡萄汁 纯果汁 葡萄 180 300瓶*24@650 1000瓶*12@1600
J04 番茄汁 纯果汁 番茄 180 300瓶*24@600
J05 水蜜桃汁饮料 果汁饮料 水蜜桃 270 450瓶*24@350 1250瓶*12@700
J06 芒果汁饮料 果汁饮料 芒果 270 450瓶*24@350 1250瓶*12@700
J07 杨梅汁饮料 果汁饮料 杨梅 270 450瓶*24@380
J08 山楂汁饮料 果汁饮料 山楂 270 450瓶*24@380 1250瓶*12@720
J09 沙棘汁饮料 果汁饮料 沙棘 270 300瓶*24@500 1000瓶*12@1400
J10 酸梅汤 果汁饮料 乌梅 270 450瓶*24@400 1250瓶*12@750
S01 橘子汽水 果味汽水 橘子 365 330罐*24@250 500瓶*24@350
S02 荔枝汽水 果味汽水 荔枝 365 330罐*24@250 500瓶*24@350
S03 青苹果汽水 果味汽水 青苹果 365 330罐*24@250 500瓶*24@350
S04 菠萝汽水 果味汽水 菠萝 365 330罐*24@250 500瓶*24@350
S05 可乐味汽水 果味汽水 可乐 365 330罐*24@250 500瓶*24@350 1250瓶*12@650
S06 白桃气泡水 气泡水 白桃 365 330罐*24@350 480瓶*12@450
S07 青柠气泡水 气泡水 青柠 365 330罐*24@350 480瓶*12@450
S08 樱花葡萄气泡水 气泡水 葡萄 365 330罐*24@350 480瓶*12@450
S09 卡曼橘气泡水 气泡水 卡曼橘 365 330罐*24@350 480瓶*12@450
S10 海盐柚子气泡水 气泡水 柚子 365 330罐*24@380 480瓶*12@480
M01 乳酸菌饮品 乳酸菌 原味 150 100瓶*24@200 330瓶*24@450
M02 草莓乳酸菌饮品 乳酸菌 草莓 150 100瓶*24@220 330瓶*24@480
M03 蓝莓乳酸菌饮品 乳酸菌 蓝莓 150 330瓶*24@480 100瓶*24@220
M04 燕麦奶 植物乳 燕麦 240 250盒*24@450 1000盒*12@1500
M05 红枣豆奶 植物乳 红枣 240 250盒*24@300
M06 核桃乳 植物乳 核桃 365 240罐*24@400 1000盒*12@1300
M07 椰子汁 植物乳 椰子 365 245罐*24@420 1000盒*12@1400
F01 柠檬电解质水 电解质水 柠檬 365 500瓶*12@500 900瓶*12@750
F02 西柚电解质水 电解质水 西柚 365 500瓶*12@500 900瓶*12@750
F03 荔枝电解质水 电解质水 荔枝 365 500瓶*12@500
F04 维生素饮料 维生素饮料 甜橙 365 500瓶*12@450 250罐*24@400
F05 牛磺酸能量饮料 维生素饮料 原味 365 250罐*24@550 500瓶*12@700
C01 拿铁咖啡 即饮咖啡 拿铁 270 270瓶*24@650 180罐*24@450
C02 美式咖啡 即饮咖啡 美式 270 270瓶*24@600 180罐*24@420
C03 摩卡咖啡 即饮咖啡 摩卡 270 270瓶*24@650 180罐*24@450
C04 生椰拿铁 即饮咖啡 生椰 270 270瓶*24@750 180罐*24@500
G01 随行杯 杯具 山色 0 500个*12@3900 750个*12@4900
G02 玻璃冷水壶 杯具 透明 0 1200个*12@5900
G03 帆布袋 袋品 米白 0 0个*24@1900
"""
_SIZE: Final = re.compile(r"(\d+)(\D)\*(\d+)@(\d+)")


@dataclass(frozen=True)
class Goods:
    """The catalogue."""

    categories: tuple[Category, ...]
    products: tuple[Product, ...]
    skus: tuple[Sku, ...]
    merchandise: frozenset[str]

    @property
    def drinks(self) -> list[Sku]:
        """All skus but merchandise."""
        return [sku for sku in self.skus if sku.code not in self.merchandise]


def goods() -> Goods:
    """Read the list."""
    categories = [Category(f"C{place}", name, None) for place, name in enumerate(CATEGORIES, 1)]
    code_of: dict[str, str] = {}
    for parent in tuple(categories):
        for place, name in enumerate(CATEGORIES[parent.name], 1):
            code_of[name] = f"{parent.code}{place:02d}"
            categories.append(Category(code_of[name], name, parent.code))
    products: list[Product] = []
    skus: list[Sku] = []
    for line in LIST.strip().splitlines():
        code, name, category, flavour, life, *sizes = line.split()
        products.append(Product(code, f"清泉{name}", code_of[category], f"{category}，{flavour}（演示商品）"))
        skus += [_sku(products[-1], flavour, category == "无糖茶", int(life) or None, size) for size in sizes]
    merchandise = {code_of[name] for name in CATEGORIES[MERCHANDISE]}
    of_product = {product.code for product in products if product.category in merchandise}
    return Goods(
        tuple(categories), tuple(products), tuple(skus), frozenset(s.code for s in skus if s.product in of_product)
    )


def _sku(product: Product, flavour: str, sugar_free: bool, life_days: int | None, size: str) -> Sku:
    found = _SIZE.fullmatch(size)
    assert found is not None  # the list is our own
    volume, unit, case, fen = int(found[1]), found[2], int(found[3]), int(found[4])
    packs = [(unit, 1), (CASE, case)]
    if case % PACK_UNITS == 0 and life_days:
        packs.insert(1, (PACK, PACK_UNITS))
    code = f"{product.code}-{volume}"
    return Sku(
        code,
        product.code,
        f"{product.name} {volume}ml" if volume else product.name,
        _barcode(product.code, volume),
        unit,
        tuple(packs),
        life_days,
        volume or None,
        flavour,
        sugar_free,
        fen,
    )


def _barcode(product: str, volume: int) -> str:
    """Thirteen digits, the last of which checks the others (EAN-13)."""
    digits = f"29{ord(product[0]):03d}{product[1:]}{volume:05d}"
    total = sum(int(digit) * (1, 3)[place % 2] for place, digit in enumerate(digits))
    return f"{digits}{-total % 10}"
