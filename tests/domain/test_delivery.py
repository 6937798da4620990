"""How goods can reach a shopper, by who ships them and how the cloud store sells."""

from uuid import UUID

import pytest

from domain.channel import CloudStoreMode, Tier
from domain.ordering import DeliveryMethod, DeliveryNotPossible, check_delivery, ways

SELLER, OTHER, THIRD = (UUID(int=number) for number in (1, 2, 3))
PICKUP, STORE, DISTRIBUTOR, BRAND, SUPPLIER = DeliveryMethod
O2O, GROUP = CloudStoreMode.O2O, CloudStoreMode.COMMUNITY_GROUP
ALONE = [
    (Tier.STORE, (PICKUP, STORE)),
    (Tier.DISTRIBUTOR, (DISTRIBUTOR,)),
    (Tier.AGENT, (DISTRIBUTOR,)),
    (Tier.SUBSIDIARY, (DISTRIBUTOR,)),
    (Tier.BRAND, (BRAND,)),
    (Tier.SUPPLIER, (SUPPLIER,)),
]


@pytest.mark.parametrize("mode", [O2O, CloudStoreMode.PRIVATE_MALL])
@pytest.mark.parametrize(("tier", "possible"), ALONE)
def test_who_sells_and_ships_alone_brings_it_and_a_store_hands_it_over(
    tier: Tier, possible: tuple[DeliveryMethod, ...], mode: CloudStoreMode
) -> None:
    assert ways(mode, SELLER, {SELLER: tier}) == possible


def test_who_comes_from_farthest_names_the_way() -> None:
    shipping = {SELLER: Tier.STORE}
    for tier, way in ((Tier.AGENT, DISTRIBUTOR), (Tier.BRAND, BRAND), (Tier.SUPPLIER, SUPPLIER)):
        shipping[UUID(int=len(shipping) + 1)] = tier
        assert ways(O2O, SELLER, shipping) == (way,)
    # Another store's goods are brought: the seller does not have them to hand over.
    assert ways(O2O, SELLER, {SELLER: Tier.STORE, OTHER: Tier.STORE}) == (STORE,)
    assert ways(O2O, SELLER, {OTHER: Tier.STORE}) == (STORE,)


def test_with_a_group_everything_can_be_fetched_and_only_a_distributor_brings_it() -> None:
    assert ways(GROUP, SELLER, {SELLER: Tier.STORE}) == (PICKUP,)
    assert ways(GROUP, SELLER, {SELLER: Tier.STORE, OTHER: Tier.DISTRIBUTOR}) == (PICKUP, DISTRIBUTOR)
    assert ways(GROUP, SELLER, {SELLER: Tier.STORE, OTHER: Tier.AGENT}) == (PICKUP, DISTRIBUTOR)
    for tier in (Tier.BRAND, Tier.SUPPLIER):
        assert ways(GROUP, SELLER, {OTHER: Tier.DISTRIBUTOR, THIRD: tier}) == (PICKUP,)


def test_a_way_that_does_not_fit_is_refused_with_those_that_do() -> None:
    check_delivery(STORE, O2O, SELLER, {SELLER: Tier.STORE})
    with pytest.raises(DeliveryNotPossible) as refused:
        check_delivery(BRAND, O2O, SELLER, {SELLER: Tier.STORE})
    assert (refused.value.method, refused.value.possible) == (BRAND, (PICKUP, STORE))
