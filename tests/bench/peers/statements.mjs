// mercurius' statements: by hand, for many keys at once, with the rules of functions.sql (they are the floor's).
const RULES = {
  product: "SELECT id, code, name FROM product WHERE tenant_id = $1 AND id = $2",
  products: `
    SELECT id, code, name, description, brand_id, category_id
    FROM product WHERE tenant_id = $1 ORDER BY code, id LIMIT $2`,
  store: `
    SELECT id, code, name, region_code FROM organization
    WHERE tenant_id = $1 AND id = $2 AND tier = 'STORE' AND status = 'ACTIVE'`,
  organizations: "SELECT id, name FROM organization WHERE tenant_id = $1 AND id = ANY ($2)",
  categories: "SELECT id, name FROM category WHERE tenant_id = $1 AND id = ANY ($2)",
  productsById: `
    SELECT id, code, name, brand_id, category_id FROM product WHERE tenant_id = $1 AND id = ANY ($2)`,
  skus: "SELECT id, code, name, barcode, product_id FROM sku WHERE tenant_id = $1 AND id = ANY ($2)",
  regions: "SELECT code AS id, code, name FROM region WHERE code = ANY ($1)",
  cloudStores: `
    SELECT organization_id, id, mode, name FROM cloud_store
    WHERE tenant_id = $1 AND organization_id = ANY ($2) AND closed_at IS NULL`,
  distributors: `
    SELECT e.downstream_id, u.id, u.code, u.name FROM organization_edge e
    JOIN organization u ON u.tenant_id = $1 AND u.id = e.upstream_id AND u.status = 'ACTIVE'
    WHERE e.tenant_id = $1 AND e.downstream_id = ANY ($2) AND e.is_primary`,
  brands: `
    SELECT w.id AS below_id, b.id, b.name FROM unnest($2::uuid[]) AS w(id), LATERAL (
        SELECT b.id, b.name FROM organization_closure x
        JOIN organization b ON b.tenant_id = $1 AND b.id = x.ancestor_id AND b.tier = 'BRAND' AND b.status = 'ACTIVE'
        WHERE x.tenant_id = $1 AND x.descendant_id = w.id
        ORDER BY b.name, b.code LIMIT 100
    ) b`,
  shelf: `
    SELECT w.id AS store_id, l.* FROM unnest($2::uuid[]) AS w(id)
    JOIN cloud_store s ON s.tenant_id = $1 AND s.organization_id = w.id AND s.closed_at IS NULL, LATERAL (
        SELECT l.id, l.origin, l.sku_id, s.organization_id AS seller_id, s.region_code, s.site_id
        FROM listing l
        WHERE l.tenant_id = $1 AND l.cloud_store_id = s.id AND l.status = 'LISTED' AND (l.origin = 'EXTERNAL' OR (
            SELECT true FROM assortment_sku i
            WHERE i.tenant_id = $1 AND i.sku_id = l.sku_id AND i.assortment_id = ANY (ARRAY(
                SELECT g.assortment_id FROM "authorization" g
                JOIN assortment m ON m.tenant_id = $1 AND m.id = g.assortment_id
                JOIN organization a ON a.tenant_id = $1 AND a.id = m.grantor_id AND a.status = 'ACTIVE'
                WHERE g.tenant_id = $1 AND g.grantee_id = w.id
                  AND g.valid_from <= now() AND (g.valid_until IS NULL OR g.valid_until > now())
            )) LIMIT 1
        ))
        ORDER BY l.position, l.id LIMIT $3
    ) l`,
  prices: `
    SELECT (
        SELECT f.unit_fen FROM price_list p
        JOIN price f ON f.tenant_id = $1 AND f.price_list_id = p.id AND f.sku_id = w.sku
        WHERE p.tenant_id = $1 AND p.seller_id = w.seller AND p.audience = 'CONSUMER'
          AND (p.scope = 'BASE' OR p.region_code = w.region OR p.site_id = w.site)
          AND f.min_qty <= 1 AND f.valid_from <= now() AND (f.valid_until IS NULL OR f.valid_until > now())
        ORDER BY p.scope = 'BASE', f.min_qty DESC, f.valid_from DESC, p.id LIMIT 1
    ) AS unit_fen
    FROM unnest($2::uuid[], $3::uuid[], $4::text[], $5::uuid[]) WITH ORDINALITY AS w(sku, seller, region, site, place)
    ORDER BY w.place`,
  sellable: `
    WITH here AS (
        SELECT (now() AT TIME ZONE time_zone)::date AS today FROM tenant WHERE id = $1
    ), reach AS MATERIALIZED (
        SELECT x.descendant_id AS store, array_agg(c.id) AS ids FROM organization_closure x
        JOIN pool_contribution c ON c.tenant_id = $1 AND c.visible_to_id = x.ancestor_id
            AND c.owner_id <> x.descendant_id
        JOIN organization a ON a.tenant_id = $1 AND a.id = c.owner_id AND a.status = 'ACTIVE'
        WHERE x.tenant_id = $1 AND x.descendant_id = ANY ($3::uuid[])
        GROUP BY x.descendant_id
    )
    SELECT coalesce((
        SELECT sum(greatest(free, 0)) FROM (
            SELECT coalesce(sum(s.on_hand - s.quarantined - s.reserved - s.allocated)
                            FILTER (WHERE t.expires_on IS NULL OR t.expires_on > (SELECT today FROM here)), 0)::bigint
                - coalesce(max(k.quantity), 0) AS free
            FROM stock s
            JOIN lot t ON t.tenant_id = $1 AND t.sku_id = s.sku_id AND t.id = s.lot_id
            LEFT JOIN safety_stock k ON k.tenant_id = $1 AND k.location_id = s.location_id AND k.sku_id = s.sku_id
                AND k.owner_id = s.owner_id
            WHERE s.tenant_id = $1 AND s.sku_id = w.sku AND s.owner_id = w.store
            GROUP BY s.location_id
        ) own
    ), 0) + coalesce((
        SELECT sum(units) FROM (
            SELECT least(greatest(max(free), 0),
                         sum(greatest(least((free + held) * share_bps / 10000, cap) - held, 0))) AS units
            FROM (
                SELECT c.location_id, c.owner_id, c.share_bps, o.cap, o.held, (
                    SELECT coalesce(sum(s.on_hand - s.quarantined - s.reserved - s.allocated) FILTER (
                        WHERE t.expires_on IS NULL OR t.expires_on > (SELECT today FROM here)
                    ), 0)::bigint
                    FROM stock s JOIN lot t ON t.tenant_id = $1 AND t.sku_id = s.sku_id AND t.id = s.lot_id
                    WHERE s.tenant_id = $1 AND s.location_id = c.location_id AND s.sku_id = w.sku
                      AND s.owner_id = c.owner_id
                ) - coalesce((
                    SELECT k.quantity FROM safety_stock k
                    WHERE k.tenant_id = $1 AND k.location_id = c.location_id AND k.sku_id = w.sku
                      AND k.owner_id = c.owner_id
                ), 0) AS free
                FROM pool_contribution_sku o JOIN pool_contribution c ON c.tenant_id = $1 AND c.id = o.contribution_id
                WHERE o.tenant_id = $1 AND o.sku_id = w.sku
                  AND o.contribution_id = ANY (coalesce((SELECT ids FROM reach r WHERE r.store = w.store), '{}'))
                OFFSET 0
            ) offered GROUP BY location_id, owner_id
        ) pooled
    ), 0) AS units
    FROM unnest($2::uuid[], $3::uuid[]) WITH ORDINALITY AS w(sku, store, place)
    ORDER BY w.place`,
};

// Named, so that the driver prepares each once for each connection.
export const statements = Object.fromEntries(Object.entries(RULES).map(([name, text]) => [name, { name, text }]));
