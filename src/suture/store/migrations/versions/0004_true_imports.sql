-- True imports: what could not be read is kept beside whom it is about, and a change that is too large waits for a person.
-- Expand only: older code goes on working, and meets rows of the new kinds only once this release has written some.

-- a place without coordinates: its visits are kept, uncovered, until somebody looks it up
ALTER TABLE place ALTER COLUMN lat DROP NOT NULL, ALTER COLUMN lon DROP NOT NULL;

-- a status that could not be read fails closed: neither planned nor written to, and never valid
ALTER TABLE patient DROP CONSTRAINT patient_status_check,
  ADD CONSTRAINT patient_status_check CHECK (status IN ('active', 'inpatient', 'discharged', 'deceased', 'unclear'));
ALTER TABLE clinician DROP CONSTRAINT clinician_status_check,
  ADD CONSTRAINT clinician_status_check CHECK (status IN ('active', 'leave', 'terminated', 'unclear'));

-- a word on consent that could not be read is neither yes nor no, and so no consent until it is mended
ALTER TABLE consent ALTER COLUMN granted DROP NOT NULL;

-- columns of a visit that limit it and could not be read: it is not planned while any is named here
ALTER TABLE visit ADD COLUMN unclear text[] NOT NULL DEFAULT '{}';

-- what an import set aside stays on the board until a later file mends it
ALTER TABLE quarantine
  ADD COLUMN branch_id bigint,
  ADD COLUMN subject text NOT NULL DEFAULT '',    -- the id of the record that the row is about, as the file has it
  ADD COLUMN mended_at timestamptz;
CREATE INDEX quarantine_open ON quarantine (tenant, branch_id, file) WHERE mended_at IS NULL;

CREATE TABLE import_run (                         -- every import: applied, held for a person, released or discarded
  tenant int NOT NULL DEFAULT app_tenant(),
  id bigint GENERATED ALWAYS AS IDENTITY,
  branch_id bigint,                               -- none where the export names no branch that is known yet
  source text NOT NULL,                           -- the adapter's word, such as csv
  mode text NOT NULL CHECK (mode IN ('full', 'delta')),
  state text NOT NULL CHECK (state IN ('applied', 'held', 'released', 'discarded')),
  why text NOT NULL DEFAULT '',                   -- of a held one: what it would have taken away
  diff jsonb NOT NULL DEFAULT '[]',
  actor text NOT NULL,
  at timestamptz NOT NULL,
  decided_by text,
  decided_at timestamptz,
  reason text,
  PRIMARY KEY (tenant, id)
);

CREATE TABLE import_file (                        -- its files; the bytes only while they wait for a decision
  tenant int NOT NULL DEFAULT app_tenant(),
  import_id bigint NOT NULL,
  name text NOT NULL,
  sha256 text NOT NULL,
  rows int NOT NULL,
  content bytea,
  PRIMARY KEY (tenant, import_id, name),
  FOREIGN KEY (tenant, import_id) REFERENCES import_run (tenant, id)
);

-- a patient with several visits on one day hears of them in one message
ALTER TABLE touch DROP CONSTRAINT touch_subject_check,
  ADD CONSTRAINT touch_subject_check CHECK (subject IN ('visit', 'patient_day', 'clinician_day', 'inbound'));
ALTER TABLE patient_token DROP CONSTRAINT patient_token_purpose_check,
  ADD CONSTRAINT patient_token_purpose_check CHECK (purpose IN ('visit_answer', 'patient_day', 'clinician_day'));

CREATE TABLE touch_visit (                        -- the visits that a message about a patient's day spoke of when it left
  tenant int NOT NULL DEFAULT app_tenant(),
  touch_id bigint NOT NULL,
  visit_id bigint NOT NULL,
  visit_rev int NOT NULL,
  PRIMARY KEY (tenant, touch_id, visit_id),
  FOREIGN KEY (tenant, touch_id) REFERENCES touch (tenant, id),
  FOREIGN KEY (tenant, visit_id) REFERENCES visit (tenant, id)
);
CREATE INDEX touch_visit_by_visit ON touch_visit (tenant, visit_id);

CREATE TABLE prompt_promise (                     -- one question may ask about several visits of a day
  tenant int NOT NULL DEFAULT app_tenant(),
  prompt_id bigint NOT NULL,
  promise_id bigint NOT NULL,
  PRIMARY KEY (tenant, prompt_id, promise_id),
  FOREIGN KEY (tenant, prompt_id) REFERENCES open_prompt (tenant, id),
  FOREIGN KEY (tenant, promise_id) REFERENCES promise (tenant, id)
);

-- a text that nobody could read holds back what would be texted to its number
CREATE INDEX inbound_by_number ON inbound (tenant, from_hash);

-- whether the mail server answers is read from the newest attempts
CREATE INDEX message_attempt_by_time ON message_attempt (tenant, started_at);
