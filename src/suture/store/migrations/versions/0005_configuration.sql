-- One mechanism for all that an agency configures: versions of a kind, one of each kind in force. Stored rulebooks are
-- its first kind. Expand only: the old names remain as views, so older code goes on working; a later release drops them.

ALTER TABLE rulebook RENAME TO configuration;
ALTER TABLE configuration RENAME COLUMN rules TO entries;           -- its rules, or its settings
ALTER TABLE configuration ADD COLUMN kind text NOT NULL DEFAULT 'rules' CHECK (kind IN ('rules', 'policy'));
ALTER TABLE configuration ALTER COLUMN kind DROP DEFAULT;
ALTER TABLE configuration DROP CONSTRAINT rulebook_tenant_hash_key;
ALTER TABLE configuration ADD CONSTRAINT configuration_tenant_kind_hash_key UNIQUE (tenant, kind, hash);
ALTER INDEX rulebook_pkey RENAME TO configuration_pkey;
DROP INDEX one_active_rulebook;
CREATE UNIQUE INDEX one_active_of_a_kind ON configuration (tenant, kind) WHERE state = 'active';

ALTER TABLE rulebook_activation RENAME TO configuration_activation;
ALTER TABLE configuration_activation RENAME COLUMN rulebook_id TO configuration_id;
ALTER INDEX rulebook_activation_pkey RENAME TO configuration_activation_pkey;
ALTER TABLE configuration_activation DROP CONSTRAINT rulebook_activation_cause_check;
ALTER TABLE configuration_activation ADD CONSTRAINT configuration_activation_cause_check
  CHECK (cause IN ('default', 'first_start', 'activate', 'rollback'));  -- default: what comes with Suture

DROP TRIGGER rulebook_stays ON configuration;
DROP FUNCTION rulebook_stays();
CREATE FUNCTION configuration_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'DELETE' THEN
    RAISE EXCEPTION 'a version of the configuration is never deleted';
  END IF;
  IF (to_jsonb(OLD) - 'state') IS DISTINCT FROM (to_jsonb(NEW) - 'state') THEN
    RAISE EXCEPTION 'a version of the configuration never changes';
  END IF;
  IF OLD.state <> NEW.state AND NEW.state = 'draft' THEN
    RAISE EXCEPTION 'a version that was in force is no draft again';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER configuration_stays BEFORE UPDATE OR DELETE ON configuration
  FOR EACH ROW EXECUTE FUNCTION configuration_stays();

-- What older code reads and writes.
CREATE VIEW rulebook AS
  SELECT tenant, id, kind, hash, name, sources, entries AS rules, engine, actor, at, state
  FROM configuration WHERE kind = 'rules';
ALTER VIEW rulebook ALTER COLUMN kind SET DEFAULT 'rules';
CREATE VIEW rulebook_activation AS
  SELECT tenant, id, configuration_id AS rulebook_id, previous_id, cause, actor, at FROM configuration_activation;

-- The defaults name the version in force; whoever decides or sends holds it meanwhile (store.configuration.hold_active).
CREATE FUNCTION active_configuration(of_kind text) RETURNS text LANGUAGE sql STABLE AS $$
  SELECT hash FROM configuration WHERE tenant = app_tenant() AND kind = of_kind AND state = 'active'
$$;
ALTER TABLE plan ALTER COLUMN rulebook_hash SET DEFAULT active_configuration('rules');
ALTER TABLE exception_case ALTER COLUMN rulebook_hash SET DEFAULT active_configuration('rules');
ALTER TABLE event ALTER COLUMN rulebook_hash SET DEFAULT active_configuration('rules');
DROP FUNCTION active_rulebook();
ALTER TABLE touch ADD COLUMN policy_hash text;                      -- under which policy it was planned …
ALTER TABLE touch ALTER COLUMN policy_hash SET DEFAULT active_configuration('policy');
ALTER TABLE message_attempt ADD COLUMN policy_hash text;            -- … and under which one it left
ALTER TABLE message_attempt ALTER COLUMN policy_hash SET DEFAULT active_configuration('policy');
