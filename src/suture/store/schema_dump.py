"""The schema as text, read from the catalog: the same on every PostgreSQL release, unlike pg_dump's."""

from sqlalchemy import Connection, text

_PARTS = (
    (
        "tables",
        """SELECT format('%s.%s %s%s%s', c.relname, a.attname, format_type(a.atttypid, a.atttypmod),
                  CASE WHEN a.attnotnull THEN ' not null' ELSE '' END,
                  CASE WHEN a.attidentity <> '' THEN ' identity'
                       WHEN d.adbin IS NOT NULL THEN ' default ' || pg_get_expr(d.adbin, d.adrelid) ELSE '' END)
           FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
           LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum
           WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r' AND a.attnum > 0 AND NOT a.attisdropped
             AND c.relname <> 'alembic_version'
           ORDER BY c.relname, a.attnum""",
    ),
    (
        "views",
        """SELECT format('%s.%s %s%s', c.relname, a.attname, format_type(a.atttypid, a.atttypmod),
                  ' default ' || pg_get_expr(d.adbin, d.adrelid))
           FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
           LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum
           WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'v' AND a.attnum > 0
           ORDER BY c.relname, a.attnum""",
    ),
    (
        "constraints",
        """SELECT format('%s: %s', c.relname, pg_get_constraintdef(o.oid))
           FROM pg_constraint o JOIN pg_class c ON c.oid = o.conrelid
           WHERE c.relnamespace = 'public'::regnamespace AND o.contype <> 'n' AND c.relname <> 'alembic_version'
           ORDER BY c.relname, o.contype, 1""",
    ),
    (
        "indexes",
        """SELECT indexdef FROM pg_indexes
           WHERE schemaname = 'public' AND tablename <> 'alembic_version' ORDER BY indexname""",
    ),
    (
        "functions",
        """SELECT pg_get_functiondef(p.oid) FROM pg_proc p
           WHERE p.pronamespace = 'public'::regnamespace
             AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = p.oid AND d.deptype = 'e')
           ORDER BY p.proname""",
    ),
    (
        "sealed",
        """SELECT format('%s: %s%s', relname, CASE WHEN relrowsecurity THEN 'enabled' ELSE 'DISABLED' END,
                  CASE WHEN relforcerowsecurity THEN ', forced' ELSE '' END)
           FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p')
             AND relname <> 'alembic_version'
           ORDER BY relname""",
    ),
    (
        "policies",
        """SELECT format('%s: %s for %s using %s check %s', tablename, policyname, cmd, qual, with_check)
           FROM pg_policies WHERE schemaname = 'public' ORDER BY tablename, policyname""",
    ),
    ("triggers", "SELECT pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal ORDER BY tgname"),
)


def dump_schema(conn: Connection) -> str:
    """Tables, views, constraints, indexes, functions, policies and triggers, one a line, in a stable order."""
    parts = [f"-- {name}\n" + "\n".join(conn.execute(text(sql)).scalars()) for name, sql in _PARTS]
    return "\n\n".join(parts) + "\n"
