-- The benchmark's data: one tenant, one brand chain four tiers deep, made on the server from numbers alone.
-- Sizes are the settings bench.*; everything else follows from them, so the same sizes give the same rows.
-- docs/performance.md says how much of what there is at full size.

CREATE FUNCTION pg_temp.size(name text) RETURNS int LANGUAGE sql STABLE
    AS $$ SELECT current_setting('bench.' || name)::int $$;
CREATE FUNCTION pg_temp.key(kind text, number int) RETURNS uuid LANGUAGE sql IMMUTABLE
    AS $$ SELECT md5(kind || ':' || number)::uuid $$;
CREATE FUNCTION pg_temp.tenant() RETURNS uuid LANGUAGE sql IMMUTABLE AS $$ SELECT md5('tenant:0')::uuid $$;
CREATE FUNCTION pg_temp.since() RETURNS timestamptz LANGUAGE sql IMMUTABLE AS $$ SELECT '2020-01-01T00:00Z'::timestamptz $$;
CREATE FUNCTION pg_temp.shelf_length(store int) RETURNS int LANGUAGE sql STABLE AS $$
    SELECT CASE
        WHEN store < pg_temp.size('wide') THEN pg_temp.size('wide_length')
        WHEN store < pg_temp.size('wide') + pg_temp.size('middle') THEN pg_temp.size('middle_length')
        ELSE (store - pg_temp.size('wide') - pg_temp.size('middle') + 1) * rest / shops
            - (store - pg_temp.size('wide') - pg_temp.size('middle')) * rest / shops
    END
    FROM (SELECT pg_temp.size('stores') - pg_temp.size('wide') - pg_temp.size('middle') AS shops,
                 pg_temp.size('listings') - pg_temp.size('wide') * pg_temp.size('wide_length')
                     - pg_temp.size('middle') * pg_temp.size('middle_length') AS rest) narrow
$$;

-- ── channel ──
INSERT INTO tenant (id, code, name) VALUES (pg_temp.tenant(), 'bench', 'Benchmark');
INSERT INTO region (code, name) VALUES ('BN', 'Everywhere');
INSERT INTO region (code, name, parent_code)
    SELECT 'BN' || lpad(a::text, 2, '0'), 'Province ' || a, 'BN' FROM generate_series(0, pg_temp.size('agents') - 1) a;
INSERT INTO region (code, name, parent_code)
    SELECT 'BN' || lpad((d % pg_temp.size('agents'))::text, 2, '0') || lpad(d::text, 3, '0'), 'City ' || d,
           'BN' || lpad((d % pg_temp.size('agents'))::text, 2, '0')
    FROM generate_series(0, pg_temp.size('distributors') - 1) d;

CREATE TEMP TABLE party ON COMMIT DROP AS
    SELECT 'BRAND' AS tier, 0 AS number, NULL::text AS above_tier, NULL::int AS above, 'BN' AS region_code
    UNION ALL
    SELECT 'AGENT', a, 'BRAND', 0, 'BN' || lpad(a::text, 2, '0') FROM generate_series(0, pg_temp.size('agents') - 1) a
    UNION ALL
    SELECT 'DISTRIBUTOR', d, 'AGENT', d % pg_temp.size('agents'),
           'BN' || lpad((d % pg_temp.size('agents'))::text, 2, '0') || lpad(d::text, 3, '0')
    FROM generate_series(0, pg_temp.size('distributors') - 1) d
    UNION ALL
    SELECT 'STORE', s, 'DISTRIBUTOR', d,
           'BN' || lpad((d % pg_temp.size('agents'))::text, 2, '0') || lpad(d::text, 3, '0')
    FROM generate_series(0, pg_temp.size('stores') - 1) s, LATERAL (SELECT s % pg_temp.size('distributors') AS d) x;
ALTER TABLE party ADD COLUMN id uuid, ADD COLUMN above_id uuid;
UPDATE party SET id = pg_temp.key(tier, number), above_id = pg_temp.key(above_tier, above);
CREATE INDEX ON party (id);
ANALYZE party;

INSERT INTO organization (tenant_id, id, tier, code, name, tags, region_code)
    SELECT pg_temp.tenant(), id, tier, lpad(number::text, 5, '0'), initcap(tier) || ' ' || number,
           array_remove(ARRAY[CASE WHEN number % 5 = 0 THEN 'school' END, CASE WHEN number % 3 = 0 THEN 'night' END,
                              CASE WHEN number % 7 = 0 THEN 'key-account' END], NULL),
           region_code
    FROM party;
INSERT INTO organization_edge (tenant_id, kind, upstream_id, downstream_id, is_primary)
    SELECT pg_temp.tenant(), 'SUPPLIES', above_id, id, true FROM party WHERE above_id IS NOT NULL;
INSERT INTO organization_closure (tenant_id, ancestor_id, descendant_id, hops, descendant_tier, descendant_code)
    WITH RECURSIVE up AS (
        SELECT id, id AS ancestor_id, above_id, 0 AS hops, tier, number FROM party
        UNION ALL
        SELECT up.id, party.id, party.above_id, up.hops + 1, up.tier, up.number FROM up JOIN party ON party.id = up.above_id
    )
    SELECT pg_temp.tenant(), ancestor_id, id, hops, tier, lpad(number::text, 5, '0') FROM up;
INSERT INTO site (tenant_id, id, kind, code, name, organization_id, region_code)
    VALUES (pg_temp.tenant(), pg_temp.key('site', -1), 'MAIN', 'main', 'Main site', pg_temp.key('BRAND', 0), 'BN');
INSERT INTO site (tenant_id, id, kind, code, name, organization_id, parent_id, region_code)
    SELECT pg_temp.tenant(), pg_temp.key('site', number), 'CITY', 'city-' || number, 'Site ' || number, id,
           pg_temp.key('site', -1), region_code
    FROM party WHERE tier = 'AGENT';
INSERT INTO territory (tenant_id, id, organization_id, name)
    SELECT pg_temp.tenant(), pg_temp.key('territory-' || tier, number), id, 'Territory of ' || initcap(tier) || ' ' || number
    FROM party WHERE tier IN ('AGENT', 'DISTRIBUTOR');
INSERT INTO territory_region (tenant_id, territory_id, region_code)
    SELECT pg_temp.tenant(), pg_temp.key('territory-' || tier, number), region_code
    FROM party WHERE tier IN ('AGENT', 'DISTRIBUTOR');
INSERT INTO cloud_store (tenant_id, id, organization_id, mode, name, site_id, region_code, opened_at)
    SELECT pg_temp.tenant(), pg_temp.key('cloud_store', number), id,
           (ARRAY['O2O', 'PRIVATE_MALL', 'COMMUNITY_GROUP'])[1 + number % 3], 'Shop ' || number,
           pg_temp.key('site', above % pg_temp.size('agents')), region_code, pg_temp.since()
    FROM party WHERE tier = 'STORE';

-- ── catalog ──
INSERT INTO category (tenant_id, id, code, name)
    VALUES (pg_temp.tenant(), pg_temp.key('category', -1), 'all', 'All goods');
INSERT INTO category (tenant_id, id, code, name, parent_id)
    SELECT pg_temp.tenant(), pg_temp.key('category-group', n), 'group-' || n, 'Group ' || n, pg_temp.key('category', -1)
    FROM generate_series(0, 7) n;
INSERT INTO category (tenant_id, id, code, name, parent_id)
    SELECT pg_temp.tenant(), pg_temp.key('category', n), 'category-' || lpad(n::text, 2, '0'), 'Category ' || n,
           pg_temp.key('category-group', n % 8)
    FROM generate_series(0, 39) n;
INSERT INTO product (tenant_id, id, brand_id, code, name, description, category_id)
    SELECT pg_temp.tenant(), pg_temp.key('product', n), pg_temp.key('BRAND', 0), lpad(n::text, 5, '0'), 'Product ' || n,
           'What product ' || n || ' is, in one sentence as a shopper reads it.', pg_temp.key('category', n % 40)
    FROM generate_series(0, pg_temp.size('skus') / 2 - 1) n;
INSERT INTO sku (tenant_id, id, product_id, code, name, barcode)
    SELECT pg_temp.tenant(), pg_temp.key('sku', n), pg_temp.key('product', n / 2), lpad(n::text, 6, '0'),
           'Product ' || n / 2 || CASE n % 2 WHEN 0 THEN ' 500 ml' ELSE ' 1.5 l' END, '69' || lpad(n::text, 11, '0')
    FROM generate_series(0, pg_temp.size('skus') - 1) n;

CREATE TEMP TABLE shelf ON COMMIT DROP AS
    SELECT s AS store, k AS place, (s * 131 + k * 17) % pg_temp.size('skus') AS sku
    FROM generate_series(0, pg_temp.size('stores') - 1) s, LATERAL generate_series(0, pg_temp.shelf_length(s) - 1) k;
ANALYZE shelf;

INSERT INTO listing (tenant_id, id, cloud_store_id, sku_id, origin, position)
    SELECT pg_temp.tenant(), md5('listing:' || store || ':' || sku)::uuid, pg_temp.key('cloud_store', store),
           pg_temp.key('sku', sku), CASE WHEN place % 4 = 0 THEN 'POOL' ELSE 'OWN_STOCK' END, place
    FROM shelf;
INSERT INTO price_list (tenant_id, id, seller_id, code, name, audience, scope)
    SELECT pg_temp.tenant(), pg_temp.key('list', number), id, 'base', 'Shelf prices', 'CONSUMER', 'BASE'
    FROM party WHERE tier = 'STORE';
INSERT INTO price_list (tenant_id, id, seller_id, code, name, audience, scope, region_code)
    SELECT pg_temp.tenant(), pg_temp.key('list-here', number), id, 'here', 'Prices of the city', 'CONSUMER', 'REGION', region_code
    FROM party WHERE tier = 'STORE' AND number % 2 = 0;
INSERT INTO price (tenant_id, price_list_id, sku_id, valid_from, unit_fen)
    SELECT pg_temp.tenant(), pg_temp.key('list', store), pg_temp.key('sku', sku), pg_temp.since(),
           500 + (sku * 37 + store * 11) % 4500
    FROM shelf;
INSERT INTO price (tenant_id, price_list_id, sku_id, valid_from, unit_fen)
    SELECT pg_temp.tenant(), pg_temp.key('list-here', store), pg_temp.key('sku', sku), pg_temp.since(),
           450 + (sku * 37 + store * 11) % 4500
    FROM shelf WHERE store % 2 = 0 AND place % 5 = 0;

-- The brand lets every store sell nearly everything, each distributor lets its stores sell some of the rest: the brand
-- lets the distributors sell all of it.
INSERT INTO assortment (tenant_id, id, grantor_id, code, name)
    SELECT pg_temp.tenant(), pg_temp.key('assortment-' || tier, number), id, 'core', 'Core of ' || initcap(tier) || ' ' || number
    FROM party WHERE tier IN ('BRAND', 'DISTRIBUTOR');
INSERT INTO assortment (tenant_id, id, grantor_id, code, name)
    SELECT pg_temp.tenant(), pg_temp.key('assortment-WHOLE', 0), id, 'whole', 'All of ' || initcap(tier) || ' ' || number
    FROM party WHERE tier = 'BRAND';
INSERT INTO assortment_sku (tenant_id, assortment_id, sku_id)
    SELECT pg_temp.tenant(), pg_temp.key('assortment-WHOLE', 0), pg_temp.key('sku', sku)
    FROM generate_series(0, pg_temp.size('skus') - 1) sku;
INSERT INTO "authorization" (tenant_id, grantee_id, assortment_id, valid_from)
    SELECT pg_temp.tenant(), id, pg_temp.key('assortment-WHOLE', 0), pg_temp.since()
    FROM party WHERE tier = 'DISTRIBUTOR';
INSERT INTO assortment_sku (tenant_id, assortment_id, sku_id)
    SELECT pg_temp.tenant(), pg_temp.key('assortment-' || tier, number), pg_temp.key('sku', sku)
    FROM party, generate_series(0, pg_temp.size('skus') - 1) sku
    WHERE (tier = 'BRAND' AND sku % 25 <> 7) OR (tier = 'DISTRIBUTOR' AND sku % 20 = number % 20);
INSERT INTO "authorization" (tenant_id, grantee_id, assortment_id, valid_from)
    SELECT pg_temp.tenant(), id, granted, pg_temp.since()
    FROM party, unnest(ARRAY[pg_temp.key('assortment-BRAND', 0), pg_temp.key('assortment-DISTRIBUTOR', above)]) granted
    WHERE tier = 'STORE';

-- ── inventory ──
INSERT INTO lot (tenant_id, sku_id, id, code, expires_on)
    SELECT pg_temp.tenant(), pg_temp.key('sku', n), '00000000-0000-0000-0000-000000000000'::uuid, '', NULL::date
    FROM generate_series(0, pg_temp.size('skus') - 1) n
    UNION ALL
    SELECT pg_temp.tenant(), pg_temp.key('sku', n), pg_temp.key('lot', n), 'L' || n,
           CASE n % 12 WHEN 0 THEN '2021-01-01'::date ELSE '2099-01-01' END
    FROM generate_series(0, pg_temp.size('skus') - 1, 4) n;
INSERT INTO location (tenant_id, id, organization_id, kind, code, name, region_code)
    SELECT pg_temp.tenant(), pg_temp.key('location-' || tier, number), id,
           CASE tier WHEN 'STORE' THEN 'SHOP' ELSE 'WAREHOUSE' END, 'main', initcap(tier) || ' ' || number, region_code
    FROM party;
INSERT INTO stock (tenant_id, location_id, sku_id, owner_id, lot_id, on_hand, reserved)
    SELECT pg_temp.tenant(), pg_temp.key('location-STORE', store), pg_temp.key('sku', sku), pg_temp.key('STORE', store),
           '00000000-0000-0000-0000-000000000000', units, units / 10
    FROM shelf, LATERAL (SELECT (store * 7 + place * 13) % 40 AS units) x;
CREATE TEMP TABLE held_above ON COMMIT DROP AS
    SELECT tier, number, id, sku FROM party, generate_series(0, pg_temp.size('skus') - 1) sku
    WHERE tier = 'BRAND' OR (tier = 'AGENT' AND (sku + number) % 10 <> 0)
       OR (tier = 'DISTRIBUTOR' AND (sku + number) % 10 < 4);
INSERT INTO stock (tenant_id, location_id, sku_id, owner_id, lot_id, on_hand, reserved, allocated)
    SELECT pg_temp.tenant(), pg_temp.key('location-' || tier, number), pg_temp.key('sku', sku), id,
           CASE sku % 4 WHEN 0 THEN pg_temp.key('lot', sku) ELSE '00000000-0000-0000-0000-000000000000' END,
           units, units / 8, units / 16
    FROM held_above, LATERAL (SELECT (number * 31 + sku * 7) % 900 AS units) x;
INSERT INTO safety_stock (tenant_id, location_id, sku_id, owner_id, quantity)
    SELECT pg_temp.tenant(), pg_temp.key('location-' || tier, number), pg_temp.key('sku', sku), id, 12
    FROM held_above WHERE sku % 5 = 0;
INSERT INTO inventory_pool (tenant_id, id, organization_id, code, name)
    VALUES (pg_temp.tenant(), pg_temp.key('pool', 0), pg_temp.key('BRAND', 0), 'one', 'One pool');
INSERT INTO pool_contribution (tenant_id, id, pool_id, location_id, owner_id, visible_to_id, share_bps)
    SELECT pg_temp.tenant(), pg_temp.key('contribution-' || tier, number), pg_temp.key('pool', 0),
           pg_temp.key('location-' || tier, number), id, id, CASE tier WHEN 'DISTRIBUTOR' THEN 10000 ELSE 6000 END
    FROM party WHERE tier <> 'STORE';
INSERT INTO pool_contribution_sku (tenant_id, sku_id, contribution_id, cap, held)
    SELECT pg_temp.tenant(), pg_temp.key('sku', sku), pg_temp.key('contribution-' || tier, number),
           CASE sku % 3 WHEN 0 THEN 60 END, sku % 20
    FROM held_above;

-- ── member ──
INSERT INTO right_terms (tenant_id, id, kind, code, name, scope, issuer_id, bearer_id, redeem_points, redeem_fen, valid_from)
    VALUES (pg_temp.tenant(), pg_temp.key('terms-tier', 0), 'TIER', 'tier', 'Levels', 'TENANT', pg_temp.key('BRAND', 0),
            pg_temp.key('BRAND', 0), NULL, NULL, pg_temp.since()),
           (pg_temp.tenant(), pg_temp.key('terms-points', 0), 'POINTS', 'points', 'Points', 'TENANT', pg_temp.key('BRAND', 0),
            pg_temp.key('BRAND', 0), 100, 100, pg_temp.since());
INSERT INTO member_tier (tenant_id, id, terms_id, level, code, name, growth_from)
    SELECT pg_temp.tenant(), pg_temp.key('tier', n), pg_temp.key('terms-tier', 0), n, 'T' || n, 'Level ' || n, n * 1000
    FROM generate_series(0, 3) n;
CREATE TEMP TABLE terms ON COMMIT DROP AS
    SELECT 'STORED_VALUE' AS kind, 'terms-value' AS of, number, id AS issuer_id, 'TENANT' AS scope
    FROM party WHERE tier = 'DISTRIBUTOR'
    UNION ALL
    SELECT 'COUPON', 'terms-brand', n, pg_temp.key('BRAND', 0), 'TENANT' FROM generate_series(0, 19) n
    UNION ALL
    SELECT 'COUPON', 'terms-distributor', number, id, 'TENANT' FROM party WHERE tier = 'DISTRIBUTOR'
    UNION ALL
    SELECT 'COUPON', 'terms-site', number, id, 'SITE' FROM party WHERE tier = 'AGENT'
    UNION ALL
    SELECT 'COUPON', 'terms-store', number, id, 'STORE' FROM party WHERE tier = 'STORE' AND number % 10 = 0;
INSERT INTO right_terms (tenant_id, id, kind, code, name, scope, site_id, cloud_store_id, issuer_id, bearer_id, valid_from)
    SELECT pg_temp.tenant(), pg_temp.key(of, number), kind, of || '-' || number, initcap(kind) || ' ' || of || ' ' || number, scope,
           CASE scope WHEN 'SITE' THEN pg_temp.key('site', number) END,
           CASE scope WHEN 'STORE' THEN pg_temp.key('cloud_store', number) END, issuer_id,
           CASE WHEN kind = 'COUPON' AND number % 2 = 0 THEN pg_temp.key('BRAND', 0) ELSE issuer_id END, pg_temp.since()
    FROM terms;
INSERT INTO right_honour (tenant_id, terms_id, organization_id, includes_below)
    SELECT pg_temp.tenant(), pg_temp.key(of, number), issuer_id, true FROM terms WHERE scope <> 'STORE'
    UNION ALL
    SELECT pg_temp.tenant(), pg_temp.key(of, 0), pg_temp.key('BRAND', 0), true
    FROM unnest(ARRAY['terms-tier', 'terms-points']) of;
INSERT INTO coupon_offer (tenant_id, terms_id, benefit, threshold_fen, off_fen, off_bps, max_off_fen)
    SELECT pg_temp.tenant(), pg_temp.key(of, number), CASE number % 3 WHEN 2 THEN 'PERCENT_OFF' ELSE 'AMOUNT_OFF' END,
           5000, CASE WHEN number % 3 < 2 THEN 500 + number % 20 * 10 END, CASE number % 3 WHEN 2 THEN 1000 END,
           CASE number % 3 WHEN 2 THEN 2000 END
    FROM terms WHERE kind = 'COUPON';

INSERT INTO account (tenant_id, id, subject, display_name, phone)
    SELECT pg_temp.tenant(), pg_temp.key('account', m), 'member:' || m, 'Member ' || m, '+86154' || lpad(m::text, 8, '0')
    FROM generate_series(0, pg_temp.size('members') - 1) m;
INSERT INTO customer (tenant_id, id, account_id, joined_at, tags)
    SELECT pg_temp.tenant(), pg_temp.key('customer', m), pg_temp.key('account', m), pg_temp.since(),
           array_remove(ARRAY[CASE WHEN m % 4 = 0 THEN 'family' END, CASE WHEN m % 9 = 0 THEN 'sport' END], NULL)
    FROM generate_series(0, pg_temp.size('members') - 1) m;
CREATE TEMP TABLE holder ON COMMIT DROP AS
    SELECT m, pg_temp.key('customer', m) AS id, m % pg_temp.size('stores') AS store,
           m % pg_temp.size('stores') % pg_temp.size('distributors') AS distributor
    FROM generate_series(0, pg_temp.size('members') - 1) m;
INSERT INTO membership (tenant_id, id, customer_id, cloud_store_id, joined_at)
    SELECT pg_temp.tenant(), pg_temp.key('membership', m), id, pg_temp.key('cloud_store', store), pg_temp.since() FROM holder
    UNION ALL
    SELECT pg_temp.tenant(), pg_temp.key('membership-also', m), id,
           pg_temp.key('cloud_store', (store + 1) % pg_temp.size('stores')), pg_temp.since()
    FROM holder WHERE m % 2 = 0;
INSERT INTO member_growth (tenant_id, customer_id, terms_id, growth, tier_id)
    SELECT pg_temp.tenant(), id, pg_temp.key('terms-tier', 0), growth, pg_temp.key('tier', growth / 1000)
    FROM holder, LATERAL (SELECT m * 37 % 4000 AS growth) x;
INSERT INTO member_balance (tenant_id, customer_id, terms_id, terms_kind, balance)
    SELECT pg_temp.tenant(), id, pg_temp.key('terms-points', 0), 'POINTS', m * 53 % 9000 FROM holder
    UNION ALL
    SELECT pg_temp.tenant(), id, pg_temp.key('terms-value', distributor), 'STORED_VALUE', m * 71 % 50000
    FROM holder WHERE m % 3 = 0;
INSERT INTO coupon (tenant_id, id, customer_id, terms_id, code, granted_at, valid_from, valid_until)
    SELECT pg_temp.tenant(), pg_temp.key('coupon-brand', m), id, pg_temp.key('terms-brand', m % 20), 'B' || m,
           pg_temp.since(), pg_temp.since(), CASE m % 6 WHEN 0 THEN '2021-01-01Z'::timestamptz ELSE '2099-01-01Z' END
    FROM holder
    UNION ALL
    SELECT pg_temp.tenant(), pg_temp.key('coupon-near', m), id,
           CASE WHEN store % 10 = 0 THEN pg_temp.key('terms-store', store)
                WHEN m % 4 = 0 THEN pg_temp.key('terms-site', m % pg_temp.size('agents'))
                ELSE pg_temp.key('terms-distributor', (distributor + m % 7 / 6) % pg_temp.size('distributors')) END,
           'N' || m, pg_temp.since(), pg_temp.since(), '2098-01-01Z'::timestamptz
    FROM holder;
