-- Who was shown which patients. Expand only.

CREATE TABLE access_log (
  tenant integer NOT NULL DEFAULT app_tenant(),
  id bigint GENERATED ALWAYS AS IDENTITY,
  at timestamptz NOT NULL DEFAULT clock_timestamp(),    -- true time, also in a demo
  actor text NOT NULL,
  route text NOT NULL,                        -- a route's template or a command: no one's id
  branch_id bigint,                           -- where all of them are of one; no key: it would lock a row at each look
  patient_ids bigint[] NOT NULL CHECK (cardinality(patient_ids) > 0),    -- distinct, in order
  reason text NOT NULL DEFAULT '',
  PRIMARY KEY (tenant, id)
);
CREATE INDEX access_log_by_time ON access_log (tenant, at);
