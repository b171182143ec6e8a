-- Who is asked to take what has no clinician, and what they say. Expand only.

CREATE TABLE offer (
  tenant integer NOT NULL DEFAULT app_tenant(),
  id bigint GENERATED ALWAYS AS IDENTITY,
  branch_id bigint NOT NULL,
  service_date date NOT NULL,
  visit_id bigint NOT NULL,
  position smallint NOT NULL,
  round smallint NOT NULL,
  mode text NOT NULL CHECK (mode IN ('sequential', 'broadcast', 'best_of_window')),
  state text NOT NULL CHECK (state IN ('pending', 'accepted', 'timeout', 'canceled')),
  by_person boolean NOT NULL DEFAULT false,   -- else it began by itself
  opens timestamptz NOT NULL,                 -- what is offered: the visit as it was then
  closes timestamptz NOT NULL,
  minutes integer NOT NULL,
  place_id bigint NOT NULL,
  opened_at timestamptz NOT NULL,
  expires_at timestamptz NOT NULL,
  decided_at timestamptz,
  PRIMARY KEY (tenant, id),
  UNIQUE (tenant, visit_id, position, round),
  FOREIGN KEY (tenant, branch_id) REFERENCES branch (tenant, id),
  FOREIGN KEY (tenant, visit_id) REFERENCES visit (tenant, id)
);
CREATE UNIQUE INDEX one_pending_offer ON offer (tenant, visit_id, position) WHERE state = 'pending';
CREATE INDEX offer_by_day ON offer (tenant, branch_id, service_date);

CREATE TABLE offer_candidate (
  tenant integer NOT NULL DEFAULT app_tenant(),
  offer_id bigint NOT NULL,
  clinician_id bigint NOT NULL,
  rank smallint NOT NULL,
  tier smallint NOT NULL DEFAULT 0,           -- of their on-call hours; 0: not on call
  starts_at timestamptz NOT NULL,             -- when they would begin
  why jsonb NOT NULL,
  state text NOT NULL CHECK (state IN ('pending', 'accepted', 'rejected', 'timeout', 'canceled', 'rescinded')),
  answered_at timestamptz,
  asked_at timestamptz NOT NULL,
  PRIMARY KEY (tenant, offer_id, clinician_id),
  FOREIGN KEY (tenant, offer_id) REFERENCES offer (tenant, id),
  FOREIGN KEY (tenant, clinician_id) REFERENCES clinician (tenant, party_id)
);
CREATE UNIQUE INDEX one_winner ON offer_candidate (tenant, offer_id) WHERE state = 'accepted';
CREATE INDEX offer_candidate_by_clinician ON offer_candidate (tenant, clinician_id, asked_at);

CREATE INDEX attempt_by_address ON message_attempt (tenant, addr_hash, started_at);
CREATE INDEX inbox_by_offer ON inbox (tenant, (body ->> 'offer_id')) WHERE kind = 'offer_answered';

ALTER TABLE exception_case ADD COLUMN ladder jsonb NOT NULL DEFAULT '[]';  -- what was tried, step by step

ALTER TABLE touch DROP CONSTRAINT touch_subject_check;
ALTER TABLE touch ADD CONSTRAINT touch_subject_check
  CHECK (subject IN ('visit', 'patient_day', 'clinician_day', 'inbound', 'case', 'offer'));

ALTER TABLE patient_token DROP CONSTRAINT patient_token_purpose_check,
  ADD CONSTRAINT patient_token_purpose_check
    CHECK (purpose IN ('visit_answer', 'patient_day', 'clinician_day', 'unsubscribe', 'offer'));
