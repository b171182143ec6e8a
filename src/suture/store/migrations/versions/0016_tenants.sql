-- Agencies that share a database never see each other. Expand only.
--
-- A later migration that makes a table needs to do nothing: `store.migrate` calls seal_agencies() after the last one.

-- Whose a link, a key or another secret is, before it is known which agency to ask. Hashes only.
CREATE TABLE whose (
  hash text NOT NULL,                         -- SHA-256 of the secret, as hex
  tenant integer NOT NULL DEFAULT app_tenant(),
  PRIMARY KEY (hash, tenant)
);

CREATE FUNCTION sha256_hex(value text) RETURNS text LANGUAGE sql IMMUTABLE
AS $$ SELECT encode(sha256(convert_to(value, 'UTF8')), 'hex') $$;

-- Arguments: the column, and whether it holds the hash (else what is to be hashed).
CREATE FUNCTION note_whose() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  was text;
  is_now text;
  left_over boolean;
BEGIN
  IF TG_OP <> 'INSERT' THEN was := to_jsonb(OLD) ->> TG_ARGV[0]; END IF;
  IF TG_OP <> 'DELETE' THEN is_now := to_jsonb(NEW) ->> TG_ARGV[0]; END IF;
  IF was IS NOT DISTINCT FROM is_now THEN RETURN NULL; END IF;
  IF was IS NOT NULL THEN
    EXECUTE format('SELECT EXISTS (SELECT FROM %I WHERE tenant = $1 AND %I = $2)', TG_TABLE_NAME, TG_ARGV[0])
      INTO left_over USING OLD.tenant, was;
    IF NOT left_over THEN
      DELETE FROM whose
      WHERE tenant = OLD.tenant AND hash = CASE WHEN TG_ARGV[1]::boolean THEN was ELSE sha256_hex(was) END;
    END IF;
  END IF;
  IF is_now IS NOT NULL THEN
    INSERT INTO whose (hash, tenant)
    VALUES (CASE WHEN TG_ARGV[1]::boolean THEN is_now ELSE sha256_hex(is_now) END, NEW.tenant)
    ON CONFLICT DO NOTHING;
  END IF;
  RETURN NULL;
END $$;

-- For migrations: from now on the rows of a table are found by this column before their agency is known.
-- The column needs an index that begins with (tenant, the column), or with the column.
CREATE FUNCTION found_by(of_table regclass, of_column name, holds_hash boolean) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  EXECUTE format(
    'CREATE TRIGGER note_whose AFTER INSERT OR DELETE OR UPDATE OF %I ON %s
     FOR EACH ROW EXECUTE FUNCTION note_whose(%L, %L)', of_column, of_table, of_column, holds_hash);
  EXECUTE format(
    'INSERT INTO whose (hash, tenant) SELECT DISTINCT %s, tenant FROM %s WHERE %I IS NOT NULL ON CONFLICT DO NOTHING',
    format(CASE WHEN holds_hash THEN '%I' ELSE 'sha256_hex(%I)' END, of_column), of_table, of_column);
END $$;

SELECT found_by('patient_token', 'token_hash', true);
SELECT found_by('api_key', 'key_hash', true);
SELECT found_by('connection', 'hook_id', false);
SELECT found_by('session', 'token_hash', true);
SELECT found_by('welcome_link', 'token_hash', true);
SELECT found_by('oidc_request', 'state_hash', true);
SELECT found_by('account', 'email', false);
CREATE INDEX api_key_by_any_hash ON api_key (tenant, key_hash);

-- Row-level security on every table with a tenant, and what the runtime role may do. Does only what is missing.
--
-- `whole` lets the owner of the tables, and no one else, see all agencies where it says so (app.whole): migrations,
-- backups and restores. Without it an owner that is no superuser would copy, or change, nothing at all.
CREATE FUNCTION seal_agencies() RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  found record;
  append_only constant text[] := ARRAY['audit_row', 'access_log'];
  known_to_all constant text[] := ARRAY['agency', 'whose'];
  of_no_agency constant text[] := ARRAY['failed_try'];
BEGIN
  IF NOT has_schema_privilege('suture_app', 'public', 'USAGE') THEN
    GRANT USAGE ON SCHEMA public TO suture_app;
  END IF;
  FOR found IN
    SELECT c.oid, c.relname AS name, c.relkind AS kind, pg_get_userbyid(c.relowner) AS owner,
           c.relrowsecurity AND c.relforcerowsecurity AS sealed,
           EXISTS (SELECT FROM pg_attribute a
                   WHERE a.attrelid = c.oid AND a.attname = 'tenant' AND NOT a.attisdropped) AS of_agency,
           coalesce('security_invoker=true' = ANY (c.reloptions), false) AS for_invoker,
           ARRAY(SELECT polname FROM pg_policy p WHERE p.polrelid = c.oid) AS policies,
           ARRAY(SELECT x.privilege_type FROM aclexplode(c.relacl) x
                 WHERE x.grantee = 'suture_app'::regrole) AS granted
    FROM pg_class c
    WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p', 'v')
      AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = c.oid AND d.deptype = 'e')
    ORDER BY c.relname
  LOOP
    IF found.kind = 'v' THEN
      IF NOT found.for_invoker THEN  -- else a view reads with its owner's rights
        EXECUTE format('ALTER VIEW %I SET (security_invoker = true)', found.name);
      END IF;
    ELSIF found.of_agency THEN
      IF NOT found.sealed THEN
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY', found.name);
      END IF;
      IF NOT 'own_agency' = ANY (found.policies) THEN
        EXECUTE format('CREATE POLICY own_agency ON %I USING (tenant = (SELECT app_tenant()))
                        WITH CHECK (tenant = (SELECT app_tenant()))', found.name);
      END IF;
      IF NOT 'whole' = ANY (found.policies) THEN
        EXECUTE format('CREATE POLICY whole ON %I TO %I
                        USING ((SELECT current_setting(''app.whole'', true) = ''on''))', found.name, found.owner);
      END IF;
      IF found.name = ANY (known_to_all) AND NOT 'known_to_all' = ANY (found.policies) THEN
        EXECUTE format('CREATE POLICY known_to_all ON %I FOR SELECT USING (true)', found.name);
      END IF;
    END IF;
    IF NOT 'SELECT' = ANY (found.granted) THEN
      EXECUTE format('GRANT SELECT ON %I TO suture_app', found.name);
    END IF;
    IF (found.of_agency OR found.name = ANY (of_no_agency)) AND NOT 'INSERT' = ANY (found.granted) THEN
      EXECUTE format('GRANT INSERT ON %I TO suture_app', found.name);
      IF NOT found.name = ANY (append_only) THEN
        EXECUTE format('GRANT UPDATE, DELETE ON %I TO suture_app', found.name);
      END IF;
    END IF;
  END LOOP;
END $$;
