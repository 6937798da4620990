"""That every table is in one of the files that try its constraints."""

from collections import Counter

from models import Base
from tests.models import test_constraints_channel as channel
from tests.models import test_constraints_goods as goods
from tests.models import test_constraints_members as members
from tests.models import test_constraints_sale as sale


def test_each_table_is_tried_in_one_file() -> None:
    tried = Counter(table for file in (channel, goods, members, sale) for table in file.TABLES)
    assert tried == dict.fromkeys(Base.metadata.tables, 1)
