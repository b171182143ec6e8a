-- Versions of the rulebook, and its name on whatever was decided under it. Expand only: older code goes on working.

CREATE TABLE rulebook (
  tenant int NOT NULL DEFAULT app_tenant(),
  id bigint GENERATED ALWAYS AS IDENTITY,
  hash text NOT NULL CHECK (hash ~ '^[0-9a-f]{64}$'),
  name text NOT NULL,
  sources jsonb NOT NULL,                         -- [{name, text}]: its files and the packs they name
  rules int NOT NULL,
  engine text NOT NULL,
  actor text NOT NULL,
  at timestamptz NOT NULL,
  state text NOT NULL DEFAULT 'draft' CHECK (state IN ('draft', 'active', 'superseded')),
  PRIMARY KEY (tenant, id),
  UNIQUE (tenant, hash)
);
CREATE UNIQUE INDEX one_active_rulebook ON rulebook (tenant) WHERE state = 'active';

CREATE TABLE rulebook_activation (                -- every time a version came into force; rollback reads it
  tenant int NOT NULL DEFAULT app_tenant(),
  id bigint GENERATED ALWAYS AS IDENTITY,
  rulebook_id bigint NOT NULL,
  previous_id bigint,
  cause text NOT NULL CHECK (cause IN ('first_start', 'activate', 'rollback')),
  actor text NOT NULL,
  at timestamptz NOT NULL,
  PRIMARY KEY (tenant, id),
  FOREIGN KEY (tenant, rulebook_id) REFERENCES rulebook (tenant, id),
  FOREIGN KEY (tenant, previous_id) REFERENCES rulebook (tenant, id)
);

CREATE FUNCTION rulebook_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'DELETE' THEN
    RAISE EXCEPTION 'a rulebook version is never deleted';
  END IF;
  IF (to_jsonb(OLD) - 'state') IS DISTINCT FROM (to_jsonb(NEW) - 'state') THEN
    RAISE EXCEPTION 'a rulebook version never changes';
  END IF;
  IF OLD.state <> NEW.state AND NEW.state = 'draft' THEN
    RAISE EXCEPTION 'a rulebook version that was in force is no draft again';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER rulebook_stays BEFORE UPDATE OR DELETE ON rulebook FOR EACH ROW EXECUTE FUNCTION rulebook_stays();

CREATE FUNCTION active_rulebook() RETURNS text LANGUAGE sql STABLE AS $$
  SELECT hash FROM rulebook WHERE tenant = app_tenant() AND state = 'active'
$$;

-- The default names the version in force; a decision holds it while it writes (store.rulebooks.active).
ALTER TABLE plan ADD COLUMN rulebook_hash text;
ALTER TABLE plan ALTER COLUMN rulebook_hash SET DEFAULT active_rulebook();
ALTER TABLE exception_case ADD COLUMN rulebook_hash text;
ALTER TABLE exception_case ALTER COLUMN rulebook_hash SET DEFAULT active_rulebook();
ALTER TABLE event ADD COLUMN rulebook_hash text;
ALTER TABLE event ALTER COLUMN rulebook_hash SET DEFAULT active_rulebook();

-- Facts of people that rules read: {"gender": "F", "tags": ["student"], …}; a key that is absent is unknown.
ALTER TABLE clinician ADD COLUMN traits jsonb NOT NULL DEFAULT '{}';
ALTER TABLE patient ADD COLUMN traits jsonb NOT NULL DEFAULT '{}';
