-- What is watched: answers and check-ins that do not come, visits behind a gate, closures, critical cases nobody took.
-- Expand only.

ALTER TABLE visit ADD COLUMN held_at timestamptz;          -- since when it is on hold
ALTER TABLE visit ADD COLUMN expected_start timestamptz;   -- its clinician is late: when it begins at the earliest
ALTER TABLE visit ADD COLUMN gate text NOT NULL DEFAULT 'open'
  CHECK (gate IN ('open', 'waits', 'held', 'released', 'waitlist'));
ALTER TABLE visit ADD COLUMN gate_else text NOT NULL DEFAULT '';
ALTER TABLE visit ADD COLUMN answer_by timestamptz;        -- until when the patient's answer still helps
ALTER TABLE visit ADD COLUMN late_from timestamptz;        -- when it was planned to begin, before anyone was late
ALTER TABLE visit ADD COLUMN late_by bigint;               -- which of its clinicians that is
ALTER TABLE visit ADD FOREIGN KEY (tenant, late_by) REFERENCES clinician (tenant, party_id);
CREATE INDEX visit_answer_by ON visit (tenant, answer_by) WHERE answer_by IS NOT NULL;

CREATE INDEX assignment_by_start ON assignment (tenant, starts_at) WHERE to_version IS NULL;
CREATE INDEX touch_of_day ON touch (tenant, service_date) WHERE subject = 'clinician_day';

CREATE INDEX inbox_by_day ON inbox (tenant, branch_id, service_date);  -- what has come already about a visit or person

CREATE TABLE disruption (
  tenant integer NOT NULL DEFAULT app_tenant(),
  id bigint GENERATED ALWAYS AS IDENTITY,
  branch_id bigint NOT NULL,
  starts_at timestamptz NOT NULL,
  ends_at timestamptz NOT NULL,
  percent integer CHECK (percent >= 100),                  -- of the usual driving time; NULL: closed
  place_id bigint,                                         -- a site; else an area:
  postal_codes text[] NOT NULL DEFAULT '{}',               -- beginnings of postal codes; empty: the whole branch
  source text NOT NULL,
  PRIMARY KEY (tenant, id),
  UNIQUE (tenant, branch_id, source),
  FOREIGN KEY (tenant, branch_id) REFERENCES branch (tenant, id),
  FOREIGN KEY (tenant, place_id) REFERENCES place (tenant, id),
  CHECK (starts_at < ends_at)
);
CREATE INDEX disruption_by_time ON disruption (tenant, branch_id, starts_at, ends_at);

-- a signal about more than one branch-day: the others; inbox.branch_id and service_date are the first
CREATE TABLE inbox_day (
  tenant integer NOT NULL DEFAULT app_tenant(),
  inbox_id bigint NOT NULL,
  branch_id bigint NOT NULL,
  service_date date NOT NULL,
  PRIMARY KEY (tenant, inbox_id, branch_id, service_date),
  FOREIGN KEY (tenant, inbox_id) REFERENCES inbox (tenant, id),
  FOREIGN KEY (tenant, branch_id) REFERENCES branch (tenant, id)
);
CREATE INDEX inbox_day_by_day ON inbox_day (tenant, branch_id, service_date);

ALTER TABLE exception_case ADD COLUMN taken_by text;
ALTER TABLE exception_case ADD COLUMN taken_at timestamptz;
ALTER TABLE exception_case ADD COLUMN snoozed_until timestamptz;
ALTER TABLE exception_case ADD COLUMN critical_at timestamptz;    -- since when its band is critical
CREATE INDEX case_not_taken ON exception_case (tenant, critical_at)
  WHERE state = 'open' AND band = 'critical' AND taken_at IS NULL;
CREATE INDEX visit_held_at ON visit (tenant, held_at) WHERE held AND held_at IS NOT NULL;
CREATE INDEX credential_by_end ON credential (tenant, valid_until) WHERE status = 'active';

ALTER TABLE touch DROP CONSTRAINT touch_subject_check;
ALTER TABLE touch ADD CONSTRAINT touch_subject_check
  CHECK (subject IN ('visit', 'patient_day', 'clinician_day', 'inbound', 'case'));

-- a message to someone on call about more than one case: the others; touch.subject_id is the first
CREATE TABLE touch_case (
  tenant integer NOT NULL DEFAULT app_tenant(),
  touch_id bigint NOT NULL,
  case_id bigint NOT NULL,
  PRIMARY KEY (tenant, touch_id, case_id),
  FOREIGN KEY (tenant, touch_id) REFERENCES touch (tenant, id),
  FOREIGN KEY (tenant, case_id) REFERENCES exception_case (tenant, id)
);
CREATE INDEX touch_case_by_case ON touch_case (tenant, case_id);

ALTER TABLE configuration DROP CONSTRAINT configuration_kind_check;
ALTER TABLE configuration ADD CONSTRAINT configuration_kind_check CHECK (kind IN ('rules', 'policy', 'on_call'));

-- people of the played demo who do nothing from now on: a clinician who does not check in, a patient who does not answer
CREATE TABLE demo_quiet (
  tenant integer NOT NULL DEFAULT app_tenant(),
  party_id bigint NOT NULL,
  at timestamptz NOT NULL,
  PRIMARY KEY (tenant, party_id),
  FOREIGN KEY (tenant, party_id) REFERENCES party (tenant, id)
);
