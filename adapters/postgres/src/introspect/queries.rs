//! The queries at the catalog. `$1` is an array of names, or NULL for all relations.
//!
//! Catalogs: <https://www.postgresql.org/docs/current/catalogs.html>; all columns used are there since version 13.

/// Relations of the target schema that are nobody else's: `c`.
macro_rules! own_relations {
    ($kinds:literal) => {
        concat!(
            " pg_catalog.pg_class AS c WHERE c.relkind IN (",
            $kinds,
            ") AND NOT c.relispartition
  AND c.relnamespace = (SELECT n.oid FROM pg_catalog.pg_namespace AS n WHERE n.nspname = current_schema())
  AND NOT EXISTS (SELECT 1 FROM pg_catalog.pg_depend AS x WHERE x.classid = 'pg_catalog.pg_class'::regclass
    AND x.objid = c.oid AND x.deptype = 'e')"
        )
    };
}

macro_rules! named {
    () => {
        " AND (CAST($1 AS text[]) IS NULL OR CAST(c.relname AS text) = ANY (CAST($1 AS text[])))"
    };
}

/// Constraints `k` as they were declared: a foreign key that points at a partitioned table has one more for each partition.
macro_rules! no_constraint_s_part {
    () => {
        " k.contype NOT IN ('t', 'n') AND k.conparentid = 0"
    };
}

/// The tables named, as `own`.
macro_rules! own_tables {
    () => {
        concat!(
            "WITH own AS MATERIALIZED (SELECT CAST(c.relname AS text) AS name, c.* FROM",
            own_relations!("'r', 'p'"),
            named!(),
            ") "
        )
    };
}

/// Name, whether it is a view, and a view's query.
pub(super) const RELATIONS: &str = concat!(
    "SELECT CAST(c.relname AS text), c.relkind IN ('v', 'm'),
  CASE WHEN c.relkind IN ('v', 'm') THEN pg_catalog.pg_get_viewdef(c.oid) END FROM",
    own_relations!("'r', 'p', 'f', 'v', 'm'"),
    " ORDER BY 1"
);

/// Name, comment, attributes.
pub(super) const TABLES: &str = concat!(
    own_tables!(),
    "SELECT own.name, pg_catalog.obj_description(own.oid, 'pg_class'), array_remove(ARRAY[
    CASE WHEN own.relkind = 'p' THEN 'partitioned: ' || pg_catalog.pg_get_partkeydef(own.oid) END,
    CASE WHEN own.relpersistence = 'u' THEN 'UNLOGGED' END,
    CASE WHEN own.relrowsecurity THEN 'row level security' END,
    CASE WHEN EXISTS (SELECT 1 FROM pg_catalog.pg_inherits AS h WHERE h.inhrelid = own.oid) THEN 'inherits' END,
    'WITH (' || array_to_string(own.reloptions, ', ') || ')'], NULL)
  || ARRAY(SELECT 'rule ' || to_json(CAST(r.rulename AS text)) || ': ' || pg_catalog.pg_get_ruledef(r.oid)
    FROM pg_catalog.pg_rewrite AS r WHERE r.ev_class = own.oid ORDER BY r.rulename)
FROM own"
);

/// Table, column, type, modifier, type as shown, NOT NULL, identity, generated, default, serial, comment, collation, domain.
pub(super) const COLUMNS: &str = concat!(
    own_tables!(),
    "SELECT own.name, CAST(a.attname AS text),
  CASE WHEN k.typnamespace = 'pg_catalog'::regnamespace THEN CAST(k.typname AS text)
       ELSE pg_catalog.format_type(a.atttypid, a.atttypmod) END,
  CASE WHEN t.typtype = 'd' THEN t.typtypmod ELSE a.atttypmod END,
  pg_catalog.format_type(a.atttypid, a.atttypmod), a.attnotnull, CAST(a.attidentity AS text), a.attgenerated <> '',
  pg_catalog.pg_get_expr(d.adbin, d.adrelid),
  EXISTS (SELECT 1 FROM pg_catalog.pg_depend AS x JOIN pg_catalog.pg_class AS s ON s.oid = x.objid AND s.relkind = 'S'
    WHERE x.refclassid = 'pg_catalog.pg_class'::regclass AND x.refobjid = own.oid AND x.refobjsubid = a.attnum
      AND x.classid = 'pg_catalog.pg_class'::regclass AND x.deptype = 'a'
      AND pg_catalog.pg_get_expr(d.adbin, d.adrelid) LIKE 'nextval(%'),
  pg_catalog.col_description(own.oid, a.attnum),
  (SELECT CAST(l.collname AS text) FROM pg_catalog.pg_collation AS l
    WHERE l.oid = a.attcollation AND a.attcollation <> t.typcollation),
  t.typtype = 'd'
FROM own JOIN pg_catalog.pg_attribute AS a ON a.attrelid = own.oid AND a.attnum > 0 AND NOT a.attisdropped
JOIN pg_catalog.pg_type AS t ON t.oid = a.atttypid
JOIN pg_catalog.pg_type AS k ON k.oid = CASE WHEN t.typtype = 'd' THEN t.typbasetype ELSE t.oid END
LEFT JOIN pg_catalog.pg_attrdef AS d ON d.adrelid = own.oid AND d.adnum = a.attnum
ORDER BY own.name, a.attnum"
);

/// Table, name, kind, columns, parent, parent's columns, ON DELETE, condition, definition, attributes.
pub(super) const CONSTRAINTS: &str = concat!(
    own_tables!(),
    "SELECT own.name, CAST(k.conname AS text), CAST(k.contype AS text),
  ARRAY(SELECT CAST(a.attname AS text) FROM unnest(k.conkey) WITH ORDINALITY AS u (number, place)
    JOIN pg_catalog.pg_attribute AS a ON a.attrelid = k.conrelid AND a.attnum = u.number ORDER BY u.place),
  CAST(p.relname AS text),
  ARRAY(SELECT CAST(a.attname AS text) FROM unnest(k.confkey) WITH ORDINALITY AS u (number, place)
    JOIN pg_catalog.pg_attribute AS a ON a.attrelid = k.confrelid AND a.attnum = u.number ORDER BY u.place),
  CAST(k.confdeltype AS text), pg_catalog.pg_get_expr(k.conbin, k.conrelid), pg_catalog.pg_get_constraintdef(k.oid),
  array_remove(ARRAY[
    CASE WHEN k.condeferrable THEN 'is DEFERRABLE' END,
    CASE WHEN NOT k.convalidated THEN 'is NOT VALID' END,
    CASE WHEN k.contype = 'f' AND k.confupdtype <> 'a' THEN 'has an ON UPDATE action' END,
    CASE WHEN k.contype = 'f' AND k.confdeltype = 'd' THEN 'has ON DELETE SET DEFAULT' END,
    CASE WHEN k.contype = 'f' AND pg_catalog.pg_get_constraintdef(k.oid) LIKE '%ON DELETE SET NULL (%' THEN 'sets only some columns to NULL' END,
    CASE WHEN k.contype = 'f' AND k.confmatchtype <> 's' THEN 'is MATCH FULL' END,
    CASE WHEN k.contype = 'c' AND k.connoinherit THEN 'is NO INHERIT' END,
    CASE WHEN k.contype = 'u' AND pg_catalog.pg_get_constraintdef(k.oid) LIKE 'UNIQUE NULLS NOT DISTINCT %' THEN 'is NULLS NOT DISTINCT' END,
    CASE WHEN k.contype IN ('p', 'u') AND i.indnatts <> i.indnkeyatts THEN 'includes further columns' END,
    CASE WHEN p.relnamespace <> own.relnamespace THEN 'refers to a table of another schema' END], NULL)
FROM own JOIN pg_catalog.pg_constraint AS k ON k.conrelid = own.oid AND",
    no_constraint_s_part!(),
    "
LEFT JOIN pg_catalog.pg_class AS p ON p.oid = k.confrelid
LEFT JOIN pg_catalog.pg_index AS i ON i.indexrelid = k.conindid
ORDER BY own.name, k.oid"
);

/// Table, name, unique, columns, whether each descends, predicate, definition, whether the model can hold it: not where an operator
/// class, a collation or a place for NULLs of its own is asked for.
pub(super) const INDEXES: &str = concat!(
    own_tables!(),
    "SELECT own.name, CAST(c.relname AS text), i.indisunique,
  ARRAY(SELECT CAST(a.attname AS text) FROM generate_series(1, i.indnkeyatts) AS u (place)
    JOIN pg_catalog.pg_attribute AS a ON a.attrelid = own.oid AND a.attnum = i.indkey[u.place - 1] ORDER BY u.place),
  ARRAY(SELECT CASE WHEN (i.indoption[u.place - 1] & 1) = 1 THEN 't' ELSE 'f' END
    FROM generate_series(1, i.indnkeyatts) AS u (place) ORDER BY u.place),
  pg_catalog.pg_get_expr(i.indpred, i.indrelid), pg_catalog.pg_get_indexdef(i.indexrelid, 0, true),
  i.indisvalid AND i.indexprs IS NULL AND i.indnatts = i.indnkeyatts AND m.amname = 'btree'
  AND COALESCE(pg_catalog.to_jsonb(i) ->> 'indnullsnotdistinct', 'false') = 'false'
  AND NOT EXISTS (SELECT 1 FROM generate_series(0, i.indnkeyatts - 1) AS u (place)
    JOIN pg_catalog.pg_opclass AS o ON o.oid = i.indclass[u.place]
    JOIN pg_catalog.pg_attribute AS a ON a.attrelid = own.oid AND a.attnum = i.indkey[u.place]
    WHERE NOT o.opcdefault OR i.indoption[u.place] NOT IN (0, 3) OR i.indcollation[u.place] <> a.attcollation)
FROM own JOIN pg_catalog.pg_index AS i ON i.indrelid = own.oid
JOIN pg_catalog.pg_class AS c ON c.oid = i.indexrelid JOIN pg_catalog.pg_am AS m ON m.oid = c.relam
WHERE NOT EXISTS (SELECT 1 FROM pg_catalog.pg_constraint AS k
  WHERE k.conrelid = own.oid AND k.conindid = i.indexrelid AND k.contype IN ('p', 'u', 'x'))
ORDER BY own.name, c.oid"
);

/// Table, name, the function's body, definition. A disabled one has no body: it does nothing.
pub(super) const TRIGGERS: &str = concat!(
    own_tables!(),
    "SELECT own.name, CAST(t.tgname AS text), CASE WHEN t.tgenabled <> 'D' THEN f.prosrc END,
  pg_catalog.pg_get_triggerdef(t.oid, true)
FROM own JOIN pg_catalog.pg_trigger AS t ON t.tgrelid = own.oid AND NOT t.tgisinternal
JOIN pg_catalog.pg_proc AS f ON f.oid = t.tgfoid
ORDER BY own.name, t.tgname"
);

/// Kind, name, table, definition: indexes and triggers of the relations, and views that read from them.
pub(super) const OBJECTS: &str = concat!(
    "WITH own AS MATERIALIZED (SELECT CAST(c.relname AS text) AS name, c.* FROM",
    own_relations!("'r', 'p', 'v', 'm'"),
    named!(),
    ") SELECT 'index', CAST(c.relname AS text), own.name, pg_catalog.pg_get_indexdef(i.indexrelid, 0, true)
FROM own JOIN pg_catalog.pg_index AS i ON i.indrelid = own.oid JOIN pg_catalog.pg_class AS c ON c.oid = i.indexrelid
WHERE NOT EXISTS (SELECT 1 FROM pg_catalog.pg_constraint AS k WHERE k.conindid = i.indexrelid AND k.contype IN ('p', 'u', 'x'))
UNION ALL SELECT 'trigger', CAST(t.tgname AS text), own.name, pg_catalog.pg_get_triggerdef(t.oid, true)
FROM own JOIN pg_catalog.pg_trigger AS t ON t.tgrelid = own.oid AND NOT t.tgisinternal
UNION ALL SELECT DISTINCT 'view', CAST(v.relname AS text), CAST(v.relname AS text),
  'CREATE VIEW ' || quote_ident(v.relname) || ' AS ' || pg_catalog.pg_get_viewdef(v.oid)
FROM own JOIN pg_catalog.pg_depend AS x ON x.refclassid = 'pg_catalog.pg_class'::regclass AND x.refobjid = own.oid
  AND x.classid = 'pg_catalog.pg_rewrite'::regclass
JOIN pg_catalog.pg_rewrite AS r ON r.oid = x.objid JOIN pg_catalog.pg_class AS v ON v.oid = r.ev_class
WHERE v.relkind IN ('v', 'm') ORDER BY 1, 3, 2"
);

/// Name, and one line of what it is, in an order that does not depend on when its parts came.
pub(super) const ECHO: &str = concat!(
    "WITH own AS MATERIALIZED (SELECT CAST(c.relname AS text) AS name, c.* FROM",
    own_relations!("'r', 'p', 'f', 'v', 'm'"),
    named!(),
    ") SELECT e.name, e.line FROM (
SELECT own.name, 1 AS part, CAST(0 AS bigint) AS place, concat_ws(' ', CAST(own.relkind AS text), CAST(own.relpersistence AS text),
    CASE WHEN own.relrowsecurity THEN 'secured' END, array_to_string(own.reloptions, ','),
    'comment ' || quote_literal(pg_catalog.obj_description(own.oid, 'pg_class'))) AS line FROM own
UNION ALL SELECT own.name, 2, a.attnum, concat_ws(' ', quote_ident(a.attname), pg_catalog.format_type(a.atttypid, a.atttypmod),
    CASE WHEN a.attnotnull THEN 'not null' END, CASE WHEN a.attidentity <> '' THEN 'identity ' || CAST(a.attidentity AS text) END,
    CASE WHEN a.attgenerated <> '' THEN 'generated' END, 'default ' || pg_catalog.pg_get_expr(d.adbin, d.adrelid),
    CASE WHEN a.attcollation <> t.typcollation THEN 'collation ' || CAST(CAST(a.attcollation AS regcollation) AS text) END,
    'comment ' || quote_literal(pg_catalog.col_description(own.oid, a.attnum)))
  FROM own JOIN pg_catalog.pg_attribute AS a ON a.attrelid = own.oid AND a.attnum > 0 AND NOT a.attisdropped
  JOIN pg_catalog.pg_type AS t ON t.oid = a.atttypid
  LEFT JOIN pg_catalog.pg_attrdef AS d ON d.adrelid = own.oid AND d.adnum = a.attnum
UNION ALL SELECT own.name, 3, 0, concat_ws(' ', quote_ident(k.conname), pg_catalog.pg_get_constraintdef(k.oid))
  FROM own JOIN pg_catalog.pg_constraint AS k ON k.conrelid = own.oid AND",
    no_constraint_s_part!(),
    "
UNION ALL SELECT own.name, 4, 0, concat_ws(' ', pg_catalog.pg_get_indexdef(i.indexrelid, 0, true), CASE WHEN NOT i.indisvalid THEN 'invalid' END)
  FROM own JOIN pg_catalog.pg_index AS i ON i.indrelid = own.oid
UNION ALL SELECT own.name, 5, 0, concat_ws(' ', pg_catalog.pg_get_triggerdef(t.oid, true), CAST(t.tgenabled AS text), quote_literal(f.prosrc))
  FROM own JOIN pg_catalog.pg_trigger AS t ON t.tgrelid = own.oid AND NOT t.tgisinternal
  JOIN pg_catalog.pg_proc AS f ON f.oid = t.tgfoid
UNION ALL SELECT own.name, 6, 0, pg_catalog.pg_get_ruledef(r.oid)
  FROM own JOIN pg_catalog.pg_rewrite AS r ON r.ev_class = own.oid AND r.rulename <> '_RETURN'
UNION ALL SELECT own.name, 7, 0, pg_catalog.pg_get_viewdef(own.oid) FROM own WHERE own.relkind IN ('v', 'm')
) AS e ORDER BY e.name, e.part, e.place, e.line"
);
