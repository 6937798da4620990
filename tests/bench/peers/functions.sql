-- What PostGraphile is given besides the tables, as its pages on computed columns teach: functions of a row, in a
-- schema of their own, so that the rest of the database is as `make bench` left it. The rules are those of the floor
-- (tests/bench/floor/shop.py); the arithmetic of domain.inventory.sellable_here is done here.
--
-- Those that return a set are put into the statement that calls them by PostgreSQL; the two that return a number keep
-- their plans for as long as the connection lives.
DROP SCHEMA IF EXISTS peers CASCADE;
CREATE SCHEMA peers;

CREATE FUNCTION peers.organization_distributor(o organization) RETURNS organization
LANGUAGE sql STABLE AS $$
    SELECT u.* FROM organization_edge e
    JOIN organization u ON u.tenant_id = e.tenant_id AND u.id = e.upstream_id AND u.status = 'ACTIVE'
    WHERE e.tenant_id = o.tenant_id AND e.downstream_id = o.id AND e.is_primary
$$;

CREATE FUNCTION peers.organization_brands(o organization) RETURNS SETOF organization
LANGUAGE sql STABLE AS $$
    SELECT b.* FROM organization_closure x
    JOIN organization b ON b.tenant_id = x.tenant_id AND b.id = x.ancestor_id AND b.tier = 'BRAND'
        AND b.status = 'ACTIVE'
    WHERE x.tenant_id = o.tenant_id AND x.descendant_id = o.id
    ORDER BY b.name, b.code LIMIT 100
$$;
COMMENT ON FUNCTION peers.organization_brands IS '@behavior -connection +list';

-- The cloud store's id as a subquery of its own: the page is then read from the index in its order, and ends with it.
CREATE FUNCTION peers.organization_shelf(o organization) RETURNS SETOF listing
LANGUAGE sql STABLE AS $$
    SELECT l.* FROM listing l
    WHERE l.tenant_id = o.tenant_id
      AND l.cloud_store_id = (
          SELECT s.id FROM cloud_store s
          WHERE s.tenant_id = o.tenant_id AND s.organization_id = o.id AND s.closed_at IS NULL
      )
      AND l.status = 'LISTED'
      AND (l.origin = 'EXTERNAL' OR (
          SELECT true FROM assortment_sku i
          WHERE i.tenant_id = o.tenant_id AND i.sku_id = l.sku_id AND i.assortment_id = ANY (ARRAY(
              SELECT g.assortment_id FROM "authorization" g
              JOIN assortment m ON m.tenant_id = o.tenant_id AND m.id = g.assortment_id
              JOIN organization a ON a.tenant_id = o.tenant_id AND a.id = m.grantor_id AND a.status = 'ACTIVE'
              WHERE g.tenant_id = o.tenant_id AND g.grantee_id = o.id
                AND g.valid_from <= now() AND (g.valid_until IS NULL OR g.valid_until > now())
          )) LIMIT 1
      ))
    ORDER BY l.position, l.id
$$;

CREATE FUNCTION peers.listing_price(l listing) RETURNS integer
LANGUAGE sql STABLE AS $$
    SELECT f.unit_fen::integer FROM cloud_store s
    JOIN price_list p ON p.tenant_id = s.tenant_id AND p.seller_id = s.organization_id AND p.audience = 'CONSUMER'
        AND (p.scope = 'BASE' OR p.region_code = s.region_code OR p.site_id = s.site_id)
    JOIN price f ON f.tenant_id = s.tenant_id AND f.price_list_id = p.id AND f.sku_id = l.sku_id
    WHERE s.tenant_id = l.tenant_id AND s.id = l.cloud_store_id
      AND f.min_qty <= 1 AND f.valid_from <= now() AND (f.valid_until IS NULL OR f.valid_until > now())
    ORDER BY p.scope = 'BASE', f.min_qty DESC, f.valid_from DESC, p.id LIMIT 1
$$;

-- Own stock in full; of a contribution what share and cap leave, and of one source never more than it has free.
CREATE FUNCTION peers.listing_sellable(l listing) RETURNS integer
LANGUAGE sql STABLE AS $$
    WITH here AS (
        SELECT s.organization_id AS store, (now() AT TIME ZONE t.time_zone)::date AS today
        FROM cloud_store s JOIN tenant t ON t.id = s.tenant_id
        WHERE s.tenant_id = l.tenant_id AND s.id = l.cloud_store_id
    ), own AS (
        SELECT coalesce(sum(s.on_hand - s.quarantined - s.reserved - s.allocated)
                        FILTER (WHERE t.expires_on IS NULL OR t.expires_on > (SELECT today FROM here)), 0)::bigint
            - coalesce(max(k.quantity), 0) AS free
        FROM stock s
        JOIN lot t ON t.tenant_id = s.tenant_id AND t.sku_id = s.sku_id AND t.id = s.lot_id
        LEFT JOIN safety_stock k ON k.tenant_id = s.tenant_id AND k.location_id = s.location_id
            AND k.sku_id = s.sku_id AND k.owner_id = s.owner_id
        WHERE s.tenant_id = l.tenant_id AND s.sku_id = l.sku_id AND s.owner_id = (SELECT store FROM here)
        GROUP BY s.location_id
    ), offered AS MATERIALIZED (
        SELECT c.location_id, c.owner_id, c.share_bps, o.cap, o.held, (
                SELECT coalesce(sum(s.on_hand - s.quarantined - s.reserved - s.allocated) FILTER (
                    WHERE t.expires_on IS NULL OR t.expires_on > (SELECT today FROM here)
                ), 0)::bigint
                FROM stock s JOIN lot t ON t.tenant_id = s.tenant_id AND t.sku_id = s.sku_id AND t.id = s.lot_id
                WHERE s.tenant_id = l.tenant_id AND s.location_id = c.location_id AND s.sku_id = l.sku_id
                  AND s.owner_id = c.owner_id
            ) - coalesce((
                SELECT k.quantity FROM safety_stock k
                WHERE k.tenant_id = l.tenant_id AND k.location_id = c.location_id AND k.sku_id = l.sku_id
                  AND k.owner_id = c.owner_id
            ), 0) AS free
        FROM organization_closure x
        JOIN pool_contribution c ON c.tenant_id = x.tenant_id AND c.visible_to_id = x.ancestor_id
            AND c.owner_id <> x.descendant_id
        JOIN organization a ON a.tenant_id = x.tenant_id AND a.id = c.owner_id AND a.status = 'ACTIVE'
        JOIN pool_contribution_sku o ON o.tenant_id = x.tenant_id AND o.contribution_id = c.id AND o.sku_id = l.sku_id
        WHERE x.tenant_id = l.tenant_id AND x.descendant_id = (SELECT store FROM here)
    ), pooled AS (
        SELECT least(greatest(max(free), 0),
                     sum(greatest(least((free + held) * share_bps / 10000, cap) - held, 0))) AS units
        FROM offered GROUP BY location_id, owner_id
    )
    SELECT (coalesce((SELECT sum(greatest(free, 0)) FROM own), 0)
        + coalesce((SELECT sum(units) FROM pooled), 0))::integer
$$;

-- Who answers without row security, in the variants that go without; what it may read is what the serving role may.
DO $$ BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'bench_open') THEN
        CREATE ROLE bench_open LOGIN INHERIT BYPASSRLS IN ROLE millrace_app;
    END IF;
END $$;
GRANT USAGE ON SCHEMA peers TO millrace_app;
