"""The second demo tenant: an invented Chinese drinks brand and everyone who sells for it, generated from a fixed seed.

Nothing of it is real but the administrative regions: the brand, its goods, companies, shops and people are made up.
"""

from typing import Final

from integrations.tenant import NewTenant

SEED: Final = 20200101
TENANT: Final = NewTenant(
    code="qingquan",
    name="清泉饮品 (demo)",
    currency="CNY",
    time_zone="Asia/Shanghai",
    hosts=("qingquan.localhost",),
)
BRAND: Final = "QQ"
"""The brand's code; all others' codes begin with it."""
