-- The first schema: people, demand, plans, signals, outreach, trail.
-- Every table has `tenant` leading its keys, filled from the transaction's setting app.tenant (unset: refused).
-- `rev` moves with every write of a row; `visit_rev` only when what a patient was or will be told changes.

CREATE EXTENSION IF NOT EXISTS btree_gist;

CREATE FUNCTION app_tenant() RETURNS int LANGUAGE sql STABLE AS
$$ SELECT nullif(current_setting('app.tenant', true), '')::int $$;

CREATE FUNCTION rev_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.rev <> OLD.rev + 1 THEN
    RAISE EXCEPTION 'lost update on %: row has rev %, the write says %', TG_TABLE_NAME, OLD.rev, NEW.rev
      USING ERRCODE = '40001';
  END IF;
  RETURN NEW;
END $$;

-- people and places ---------------------------------------------------------------------------------

CREATE TABLE agency (
  tenant int PRIMARY KEY,
  name text NOT NULL
);

CREATE TABLE place (
  tenant int NOT NULL DEFAULT app_tenant(),
  id bigint GENERATED ALWAYS AS IDENTITY,
  owner_key text NOT NULL,                        -- whose place it is: branch:…, site:…, patient:…, staff:…
  name text NOT NULL DEFAULT '',
  lat double precision NOT NULL CHECK (lat BETWEEN -90 AND 90),
  lon double precision NOT NULL CHECK (lon BETWEEN -180 AND 180),
  tz text NOT NULL,
  line1 text NOT NULL DEFAULT '', line2 text NOT NULL DEFAULT '', city text NOT NULL DEFAULT '',
  state text NOT NULL DEFAULT '', postal_code text NOT NULL DEFAULT '',
  PRIMARY KEY (tenant, id),
  UNIQUE (tenant, owner_key)
);

CREATE TABLE branch (
  tenant int NOT NULL DEFAULT app_tenant(),
  id bigint GENERATED ALWAYS AS IDENTITY,
  external_id text NOT NULL,
  name text NOT NULL,
  phone text NOT NULL,
  tz text NOT NULL,
  week_start smallint NOT NULL DEFAULT 7 CHECK (week_start BETWEEN 1 AND 7),    -- ISO: 1 Monday … 7 Sunday
  place_id bigint NOT NULL,
  PRIMARY KEY (tenant, id),
  UNIQUE (tenant, external_id),
  FOREIGN KEY (tenant, place_id) REFERENCES place (tenant, id)
);

CREATE TABLE party (
  tenant int NOT NULL DEFAULT app_tenant(),
  id bigint GENERATED ALWAYS AS IDENTITY,
  kind text NOT NULL CHECK (kind IN ('patient', 'clinician', 'contact')),
  external_id text NOT NULL,
  family text NOT NULL,
  given text NOT NULL DEFAULT '',
  lang text NOT NULL DEFAULT 'en',
  tz text NOT NULL,
  PRIMARY KEY (tenant, id),
  UNIQUE (tenant, kind, external_id)
);

CREATE TABLE patient (
  tenant int NOT NULL DEFAULT app_tenant(),
  party_id bigint NOT NULL,
  branch_id bigint NOT NULL,
  place_id bigint NOT NULL,
  status text NOT NULL CHECK (status IN ('active', 'inpatient', 'discharged', 'deceased')),
  gender_preference text,
  PRIMARY KEY (tenant, party_id),
  FOREIGN KEY (tenant, party_id) REFERENCES party (tenant, id),
  FOREIGN KEY (tenant, branch_id) REFERENCES branch (tenant, id),
  FOREIGN KEY (tenant, place_id) REFERENCES place (tenant, id)
);

CREATE TABLE clinician (
  tenant int NOT NULL DEFAULT app_tenant(),
  party_id bigint NOT NULL,
  branch_id bigint NOT NULL,
  role text NOT NULL CHECK (role IN ('RN', 'LPN', 'PT', 'PTA', 'OT', 'COTA', 'ST', 'MSW', 'HHA')),
  home_place_id bigint NOT NULL,
  max_weekly_min int CHECK (max_weekly_min > 0),
  languages text[] NOT NULL DEFAULT '{}',
  status text NOT NULL CHECK (status IN ('active', 'leave', 'terminated')),
  PRIMARY KEY (tenant, party_id),
  FOREIGN KEY (tenant, party_id) REFERENCES party (tenant, id),
  FOREIGN KEY (tenant, branch_id) REFERENCES branch (tenant, id),
  FOREIGN KEY (tenant, home_place_id) REFERENCES place (tenant, id)
);

CREATE TABLE credential (
  tenant int NOT NULL DEFAULT app_tenant(),
  clinician_id bigint NOT NULL,
  code text NOT NULL,
  jurisdiction text NOT NULL DEFAULT '',
  number text NOT NULL DEFAULT '',
  valid_from date,
  valid_until date,                               -- inclusive; null: nobody has verified it
  status text NOT NULL DEFAULT 'active',
  PRIMARY KEY (tenant, clinician_id, code, jurisdiction, number),
  FOREIGN KEY (tenant, clinician_id) REFERENCES clinician (tenant, party_id)
);

CREATE TABLE availability (
  tenant int NOT NULL DEFAULT app_tenant(),
  id bigint GENERATED ALWAYS AS IDENTITY,
  clinician_id bigint NOT NULL,
  starts_at timestamptz NOT NULL,
  ends_at timestamptz NOT NULL,
  kind text NOT NULL CHECK (kind IN ('available', 'preferred', 'on_call', 'unavailable')),
  reason text NOT NULL DEFAULT '',
  source text NOT NULL,                           -- file:<name> or signal:<id>
  PRIMARY KEY (tenant, id),
  UNIQUE (tenant, clinician_id, starts_at, ends_at, kind),
  CHECK (starts_at < ends_at),
  FOREIGN KEY (tenant, clinician_id) REFERENCES clinician (tenant, party_id)
);
CREATE INDEX availability_by_time ON availability (tenant, starts_at, ends_at);

CREATE TABLE pair_rule (
  tenant int NOT NULL DEFAULT app_tenant(),
  patient_id bigint NOT NULL,
  clinician_id bigint NOT NULL,
  kind text NOT NULL CHECK (kind IN ('barred', 'preferred')),
  PRIMARY KEY (tenant, patient_id, clinician_id, kind),
  FOREIGN KEY (tenant, patient_id) REFERENCES patient (tenant, party_id),
  FOREIGN KEY (tenant, clinician_id) REFERENCES clinician (tenant, party_id)
);

-- demand --------------------------------------------------------------------------------------------

CREATE TABLE service (
  tenant int NOT NULL DEFAULT app_tenant(),
  code text NOT NULL,
  kind text NOT NULL CHECK (kind IN ('home_visit', 'appointment', 'open_shift')),
  discipline text NOT NULL CHECK (discipline IN ('SN', 'PT', 'OT', 'ST', 'MSW', 'HHA')),
  visit_type text NOT NULL,
  roles text[] NOT NULL CHECK (cardinality(roles) > 0),
  duration_min int NOT NULL CHECK (duration_min > 0),
  documentation_min int NOT NULL DEFAULT 0 CHECK (documentation_min >= 0),
  PRIMARY KEY (tenant, code)
);

CREATE TABLE visit_order (
  tenant int NOT NULL DEFAULT app_tenant(),
  id bigint GENERATED ALWAYS AS IDENTITY,
  external_id text NOT NULL,
  patient_id bigint NOT NULL,
  discipline text NOT NULL CHECK (discipline IN ('SN', 'PT', 'OT', 'ST', 'MSW', 'HHA')),
  service_code text,
  frequency text NOT NULL,
  start_date date NOT NULL,
  end_date date,
  status text NOT NULL CHECK (status IN ('draft', 'active', 'held', 'revoked', 'completed', 'void')),
  PRIMARY KEY (tenant, id),
  UNIQUE (tenant, external_id),
  FOREIGN KEY (tenant, patient_id) REFERENCES patient (tenant, party_id),
  FOREIGN KEY (tenant, service_code) REFERENCES service (tenant, code)
);

CREATE TABLE visit (
  tenant int NOT NULL DEFAULT app_tenant(),
  id bigint GENERATED ALWAYS AS IDENTITY,
  external_id text NOT NULL,
  branch_id bigint NOT NULL,
  service_date date NOT NULL,                     -- local date of the branch
  service_code text NOT NULL,
  patient_id bigint,                              -- null only for an open shift
  place_id bigint NOT NULL,
  earliest_start timestamptz NOT NULL,
  latest_start timestamptz NOT NULL,
  latest_end timestamptz NOT NULL,
  duration_min int NOT NULL CHECK (duration_min > 0),
  documentation_min int NOT NULL DEFAULT 0 CHECK (documentation_min >= 0),
  positions smallint NOT NULL DEFAULT 1 CHECK (positions BETWEEN 1 AND 9),
  required_skills text[] NOT NULL DEFAULT '{}',
  priority smallint NOT NULL DEFAULT 1 CHECK (priority BETWEEN 1 AND 3),
  status text NOT NULL CHECK (status IN
    ('requested', 'scheduled', 'confirmed', 'en_route', 'in_progress', 'completed', 'cancelled', 'no_show', 'missed')),
  held boolean NOT NULL DEFAULT false,
  cancelled_by text, cancel_reason text, cancelled_at timestamptz,
  done_by bigint,
  started_at timestamptz, ended_at timestamptz, expected_end timestamptz,
  rev int NOT NULL DEFAULT 1,
  visit_rev int NOT NULL DEFAULT 1,
  source_updated_at timestamptz,
  PRIMARY KEY (tenant, id),
  UNIQUE (tenant, external_id),
  CHECK (earliest_start <= latest_start AND latest_start <= latest_end),
  FOREIGN KEY (tenant, branch_id) REFERENCES branch (tenant, id),
  FOREIGN KEY (tenant, service_code) REFERENCES service (tenant, code),
  FOREIGN KEY (tenant, patient_id) REFERENCES patient (tenant, party_id),
  FOREIGN KEY (tenant, place_id) REFERENCES place (tenant, id),
  FOREIGN KEY (tenant, done_by) REFERENCES clinician (tenant, party_id)
);
CREATE INDEX visit_by_day ON visit (tenant, branch_id, service_date);
CREATE TRIGGER visit_rev_guard BEFORE UPDATE ON visit FOR EACH ROW EXECUTE FUNCTION rev_guard();

CREATE TABLE quarantine (
  tenant int NOT NULL DEFAULT app_tenant(),
  id bigint GENERATED ALWAYS AS IDENTITY,
  file text NOT NULL,
  line int NOT NULL,
  field text NOT NULL DEFAULT '',
  code text NOT NULL,
  reason text NOT NULL,
  raw text NOT NULL DEFAULT '',
  at timestamptz NOT NULL,
  PRIMARY KEY (tenant, id)
);

-- plans ---------------------------------------------------------------------------------------------

CREATE TABLE plan (
  tenant int NOT NULL DEFAULT app_tenant(),
  branch_id bigint NOT NULL,
  service_date date NOT NULL,
  version int NOT NULL CHECK (version > 0),
  base_version int NOT NULL,
  because text NOT NULL,
  actor text NOT NULL,
  at timestamptz NOT NULL,
  PRIMARY KEY (tenant, branch_id, service_date, version),
  CHECK (base_version = version - 1),
  FOREIGN KEY (tenant, branch_id) REFERENCES branch (tenant, id)
);

CREATE TABLE plan_head (
  tenant int NOT NULL DEFAULT app_tenant(),
  branch_id bigint NOT NULL,
  service_date date NOT NULL,
  stage text NOT NULL CHECK (stage IN ('draft', 'published')),
  version int NOT NULL,
  PRIMARY KEY (tenant, branch_id, service_date, stage),
  FOREIGN KEY (tenant, branch_id, service_date, version) REFERENCES plan (tenant, branch_id, service_date, version)
);

CREATE TABLE decision (
  tenant int NOT NULL DEFAULT app_tenant(),
  branch_id bigint NOT NULL,
  service_date date NOT NULL,
  version int NOT NULL,
  cause text NOT NULL CHECK (cause IN ('first_pass', 'publish', 'signals')),
  signal_ids bigint[] NOT NULL,
  input_sha text NOT NULL,
  engine text NOT NULL,
  seed bigint NOT NULL,
  iterations int NOT NULL,
  patch_points jsonb NOT NULL DEFAULT '[]',
  rulebook_hash text NOT NULL,
  travel_version text NOT NULL,
  because text NOT NULL,
  hit jsonb NOT NULL DEFAULT '[]',                -- not-started positions that its signals left without somebody
  score jsonb NOT NULL DEFAULT '{}',
  decide_cpu_ms double precision NOT NULL,
  at timestamptz NOT NULL,
  PRIMARY KEY (tenant, branch_id, service_date, version),
  FOREIGN KEY (tenant, branch_id, service_date, version) REFERENCES plan (tenant, branch_id, service_date, version)
);

CREATE TABLE assignment (
  tenant int NOT NULL DEFAULT app_tenant(),
  branch_id bigint NOT NULL,
  service_date date NOT NULL,
  visit_id bigint NOT NULL,
  position smallint NOT NULL,
  from_version int NOT NULL,
  to_version int,                                 -- first version in which this row no longer holds; null: it holds
  clinician_id bigint NOT NULL,
  route_order smallint NOT NULL,
  starts_at timestamptz NOT NULL,
  ends_at timestamptz NOT NULL,
  told_open timestamptz NOT NULL,
  told_close timestamptz NOT NULL,
  pinned boolean NOT NULL DEFAULT false,
  source text NOT NULL DEFAULT 'auto' CHECK (source IN ('auto', 'human')),
  PRIMARY KEY (tenant, branch_id, service_date, visit_id, position, from_version),
  CHECK (to_version > from_version),
  CHECK (starts_at < ends_at AND told_open <= told_close),
  FOREIGN KEY (tenant, branch_id, service_date, from_version) REFERENCES plan (tenant, branch_id, service_date, version),
  FOREIGN KEY (tenant, visit_id) REFERENCES visit (tenant, id),
  FOREIGN KEY (tenant, clinician_id) REFERENCES clinician (tenant, party_id)
);
CREATE UNIQUE INDEX assignment_current ON assignment (tenant, visit_id, position) WHERE to_version IS NULL;

CREATE TABLE occupancy (
  tenant int NOT NULL DEFAULT app_tenant(),
  layer text NOT NULL CHECK (layer IN ('visit', 'shift', 'time_off')),
  subject_id bigint NOT NULL,
  position smallint NOT NULL,
  clinician_id bigint NOT NULL,
  busy tstzrange NOT NULL,
  subject_rev int NOT NULL,
  plan_version int NOT NULL,
  PRIMARY KEY (tenant, layer, subject_id, position),
  CHECK (NOT isempty(busy) AND NOT lower_inf(busy) AND NOT upper_inf(busy)),
  FOREIGN KEY (tenant, clinician_id) REFERENCES clinician (tenant, party_id),
  CONSTRAINT one_place_at_a_time EXCLUDE USING gist
    (tenant WITH =, clinician_id WITH =, layer WITH =, busy WITH &&) DEFERRABLE INITIALLY DEFERRED
);

CREATE TABLE exception_case (
  tenant int NOT NULL DEFAULT app_tenant(),
  id bigint GENERATED ALWAYS AS IDENTITY,
  branch_id bigint NOT NULL,
  service_date date,
  kind text NOT NULL,
  subject_kind text NOT NULL,
  subject_id bigint NOT NULL,
  subject_position smallint NOT NULL DEFAULT 0,
  severity double precision NOT NULL,
  band text NOT NULL CHECK (band IN ('critical', 'high', 'medium', 'low')),
  reasons jsonb NOT NULL DEFAULT '[]',
  deadline_at timestamptz,
  state text NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'snoozed', 'closed')),
  opened_version int,
  opened_at timestamptz NOT NULL,
  closed_at timestamptz,
  closed_because text,
  PRIMARY KEY (tenant, id),
  CHECK ((state = 'closed') = (closed_at IS NOT NULL)),
  FOREIGN KEY (tenant, branch_id) REFERENCES branch (tenant, id)
);
CREATE UNIQUE INDEX one_open_case ON exception_case (tenant, kind, subject_kind, subject_id, subject_position)
  WHERE state <> 'closed';

-- signals -------------------------------------------------------------------------------------------

CREATE TABLE inbox (
  tenant int NOT NULL DEFAULT app_tenant(),
  id bigint GENERATED ALWAYS AS IDENTITY,
  branch_id bigint NOT NULL,
  service_date date NOT NULL,
  source text NOT NULL,
  source_id text NOT NULL,
  kind text NOT NULL,
  body jsonb NOT NULL,
  body_sha text NOT NULL,
  occurred_at timestamptz NOT NULL,
  received_at timestamptz NOT NULL,
  state text NOT NULL DEFAULT 'new' CHECK (state IN ('new', 'handled', 'quarantined')),
  tries smallint NOT NULL DEFAULT 0,
  handled_version int,
  PRIMARY KEY (tenant, id),
  UNIQUE (tenant, source, source_id),
  FOREIGN KEY (tenant, branch_id) REFERENCES branch (tenant, id)
);
CREATE INDEX inbox_new ON inbox (tenant, branch_id, service_date) WHERE state = 'new';

CREATE TABLE branch_dirty (
  tenant int NOT NULL DEFAULT app_tenant(),
  branch_id bigint NOT NULL,
  service_date date NOT NULL,
  gen bigint NOT NULL DEFAULT 1,
  done bigint NOT NULL DEFAULT 0,
  since timestamptz NOT NULL,
  lease_until timestamptz,
  lease_no bigint NOT NULL DEFAULT 0,
  PRIMARY KEY (tenant, branch_id, service_date),
  FOREIGN KEY (tenant, branch_id) REFERENCES branch (tenant, id)
);

CREATE TABLE branch_seq (
  tenant int NOT NULL DEFAULT app_tenant(),
  branch_id bigint NOT NULL,
  last bigint NOT NULL,
  PRIMARY KEY (tenant, branch_id),
  FOREIGN KEY (tenant, branch_id) REFERENCES branch (tenant, id)
);

CREATE TABLE event (
  tenant int NOT NULL DEFAULT app_tenant(),
  branch_id bigint NOT NULL,
  seq bigint NOT NULL,
  xid xid8 NOT NULL DEFAULT pg_current_xact_id(),
  service_date date,
  kind text NOT NULL,
  subject_id bigint NOT NULL,
  data jsonb NOT NULL,
  actor text NOT NULL,
  at timestamptz NOT NULL,
  PRIMARY KEY (tenant, branch_id, seq),
  FOREIGN KEY (tenant, branch_id) REFERENCES branch (tenant, id)
);
CREATE INDEX event_by_day ON event (tenant, branch_id, service_date, seq);

-- outreach ------------------------------------------------------------------------------------------

CREATE TABLE address (
  tenant int NOT NULL DEFAULT app_tenant(),
  id bigint GENERATED ALWAYS AS IDENTITY,
  party_id bigint NOT NULL,
  channel text NOT NULL CHECK (channel IN ('sms', 'email', 'push', 'voice')),
  value text NOT NULL,
  value_hash text NOT NULL,                       -- SHA-256 of the normalised value: inbound numbers match by it
  PRIMARY KEY (tenant, id),
  UNIQUE (tenant, party_id, channel),
  FOREIGN KEY (tenant, party_id) REFERENCES party (tenant, id)
);
CREATE INDEX address_by_hash ON address (tenant, value_hash);

CREATE TABLE consent (                            -- append-only; the newest row of a party and channel wins
  tenant int NOT NULL DEFAULT app_tenant(),
  id bigint GENERATED ALWAYS AS IDENTITY,
  party_id bigint NOT NULL,
  channel text NOT NULL CHECK (channel IN ('sms', 'email', 'push', 'voice')),
  granted boolean NOT NULL,
  wording text NOT NULL DEFAULT '',
  source text NOT NULL,
  at timestamptz NOT NULL,
  PRIMARY KEY (tenant, id),
  UNIQUE (tenant, party_id, channel, at),
  FOREIGN KEY (tenant, party_id) REFERENCES party (tenant, id)
);

CREATE TABLE suppression (
  tenant int NOT NULL DEFAULT app_tenant(),
  id bigint GENERATED ALWAYS AS IDENTITY,
  addr_hash text NOT NULL,
  channel text NOT NULL,
  reason text NOT NULL CHECK (reason IN ('stop', 'bounce', 'wrong_person', 'legal')),
  source text NOT NULL,
  at timestamptz NOT NULL,
  lifted_at timestamptz,
  PRIMARY KEY (tenant, id)
);
CREATE UNIQUE INDEX one_suppression ON suppression (tenant, addr_hash, channel, reason) WHERE lifted_at IS NULL;

CREATE TABLE touch (
  tenant int NOT NULL DEFAULT app_tenant(),
  id bigint GENERATED ALWAYS AS IDENTITY,
  branch_id bigint NOT NULL,
  service_date date NOT NULL,
  subject text NOT NULL CHECK (subject IN ('visit', 'clinician_day', 'inbound')),
  subject_id bigint NOT NULL,
  subject_rev int NOT NULL,
  party_id bigint NOT NULL,
  step text NOT NULL,
  ordinal smallint NOT NULL DEFAULT 0,            -- fallback hop
  channel text NOT NULL CHECK (channel IN ('sms', 'email', 'push', 'voice')),
  priority smallint NOT NULL CHECK (priority BETWEEN 0 AND 3),
  urgent boolean NOT NULL DEFAULT false,
  due_at timestamptz NOT NULL,
  not_after timestamptz NOT NULL,
  state text NOT NULL DEFAULT 'planned' CHECK (state IN ('planned', 'claimed', 'sending', 'sent', 'superseded',
    'suppressed', 'skipped', 'expired', 'failed', 'unknown')),
  attempts smallint NOT NULL DEFAULT 0,
  lease_until timestamptz,
  idem_key uuid NOT NULL DEFAULT gen_random_uuid(),
  provider_sid text,
  because text NOT NULL DEFAULT '',
  planned_at timestamptz NOT NULL,
  sent_at timestamptz,
  gates jsonb NOT NULL DEFAULT '[]',              -- the trace of may_send
  PRIMARY KEY (tenant, id),
  UNIQUE (tenant, subject, subject_id, subject_rev, party_id, step, ordinal),
  FOREIGN KEY (tenant, branch_id) REFERENCES branch (tenant, id),
  FOREIGN KEY (tenant, party_id) REFERENCES party (tenant, id)
);
CREATE INDEX touch_due ON touch (tenant, priority, due_at) WHERE state = 'planned';
CREATE INDEX touch_pending ON touch (tenant, subject, subject_id) WHERE state IN ('planned', 'claimed');
CREATE INDEX touch_leased ON touch (tenant, lease_until) WHERE state IN ('claimed', 'sending');

CREATE TABLE message_attempt (
  tenant int NOT NULL DEFAULT app_tenant(),
  touch_id bigint NOT NULL,
  attempt_no smallint NOT NULL,
  provider text NOT NULL,
  request_sha text NOT NULL,
  started_at timestamptz NOT NULL,
  outcome text CHECK (outcome IN ('accepted', 'transient', 'permanent', 'unknown', 'absent')),
  code text NOT NULL DEFAULT '',
  latency_ms int,
  provider_sid text,
  PRIMARY KEY (tenant, touch_id, attempt_no),
  FOREIGN KEY (tenant, touch_id) REFERENCES touch (tenant, id)
);
CREATE UNIQUE INDEX one_live_attempt ON message_attempt (tenant, touch_id)
  WHERE outcome IS NULL OR outcome IN ('unknown', 'accepted');

CREATE TABLE promise (                            -- what was told; written when a message is SENT
  tenant int NOT NULL DEFAULT app_tenant(),
  id bigint GENERATED ALWAYS AS IDENTITY,
  visit_id bigint NOT NULL,
  party_id bigint NOT NULL,
  seq int NOT NULL,
  visit_rev int NOT NULL,
  plan_version int NOT NULL,
  window_open timestamptz NOT NULL,
  window_close timestamptz NOT NULL,
  who_told text NOT NULL DEFAULT '',
  asks boolean NOT NULL,
  channel text NOT NULL,
  touch_id bigint NOT NULL,
  told_at timestamptz NOT NULL,
  supersedes bigint,
  PRIMARY KEY (tenant, id),
  UNIQUE (tenant, visit_id, party_id, seq),
  FOREIGN KEY (tenant, visit_id) REFERENCES visit (tenant, id),
  FOREIGN KEY (tenant, party_id) REFERENCES party (tenant, id),
  FOREIGN KEY (tenant, touch_id) REFERENCES touch (tenant, id)
);

CREATE TABLE confirmation (
  tenant int NOT NULL DEFAULT app_tenant(),
  promise_id bigint NOT NULL,
  participant text NOT NULL CHECK (participant IN ('patient', 'clinician')),
  state text NOT NULL CHECK (state IN ('needs_action', 'accepted', 'declined')),
  via text NOT NULL,
  at timestamptz NOT NULL,
  PRIMARY KEY (tenant, promise_id, participant),
  FOREIGN KEY (tenant, promise_id) REFERENCES promise (tenant, id)
);

CREATE TABLE inbound (
  tenant int NOT NULL DEFAULT app_tenant(),
  id bigint GENERATED ALWAYS AS IDENTITY,
  provider text NOT NULL,
  provider_msg_id text NOT NULL,
  from_hash text NOT NULL,
  body text NOT NULL,
  meaning text NOT NULL DEFAULT '',
  prompt_id bigint,
  action text NOT NULL DEFAULT '',
  at timestamptz NOT NULL,
  PRIMARY KEY (tenant, id),
  UNIQUE (tenant, provider, provider_msg_id)
);

CREATE TABLE open_prompt (
  tenant int NOT NULL DEFAULT app_tenant(),
  id bigint GENERATED ALWAYS AS IDENTITY,
  addr_hash text NOT NULL,
  party_id bigint NOT NULL,
  promise_id bigint NOT NULL,
  asked_at timestamptz NOT NULL,
  expires_at timestamptz NOT NULL,
  closed_at timestamptz,
  PRIMARY KEY (tenant, id),
  FOREIGN KEY (tenant, promise_id) REFERENCES promise (tenant, id)
);
CREATE UNIQUE INDEX one_open_prompt ON open_prompt (tenant, party_id) WHERE closed_at IS NULL;
CREATE INDEX open_prompt_by_addr ON open_prompt (tenant, addr_hash) WHERE closed_at IS NULL;

CREATE TABLE patient_token (
  token_hash text PRIMARY KEY,                    -- SHA-256 of a random 128-bit token; global, names no tenant
  tenant int NOT NULL DEFAULT app_tenant(),
  purpose text NOT NULL CHECK (purpose IN ('visit_answer', 'clinician_day')),
  touch_id bigint NOT NULL,
  party_id bigint NOT NULL,
  visit_id bigint,
  expires_at timestamptz NOT NULL,
  used_at timestamptz,
  FOREIGN KEY (tenant, touch_id) REFERENCES touch (tenant, id)
);

-- trail ---------------------------------------------------------------------------------------------

CREATE TABLE audit_row (
  tenant int NOT NULL DEFAULT app_tenant(),
  id bigint GENERATED ALWAYS AS IDENTITY,
  at timestamptz NOT NULL DEFAULT clock_timestamp(),    -- true time, also in a demo
  xid xid8 NOT NULL DEFAULT pg_current_xact_id(),
  actor text NOT NULL,
  code text NOT NULL,
  subject_kind text NOT NULL,
  subject_id bigint NOT NULL,
  data jsonb NOT NULL DEFAULT '{}',
  PRIMARY KEY (tenant, id)
);

CREATE TABLE demo_clock (                         -- the demo's "now" runs beside the database's; absent in production
  tenant int PRIMARY KEY DEFAULT app_tenant(),
  shown_at timestamptz NOT NULL,                  -- demo time …
  real_at timestamptz NOT NULL                    -- … at this instant of the database's clock
);
