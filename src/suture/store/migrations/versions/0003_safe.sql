-- The demo's mark, the hold on sending, and one plan of a branch-day at a time. Expand only: older code goes on working.

CREATE TABLE demo_mark (                          -- stands in a demo's database and in no agency's
  tenant int PRIMARY KEY DEFAULT app_tenant(),
  at timestamptz NOT NULL
);

-- Whether messages may leave. A backup leaves this table's rows out: an agency without a row is on hold, so whatever
-- came back from a backup, and however, sends nothing until a person releases it.
CREATE TABLE outreach (
  tenant int PRIMARY KEY DEFAULT app_tenant(),
  on_hold boolean NOT NULL,
  cause text NOT NULL CHECK (cause IN ('new', 'restored', 'asked')),  -- why it is, or last was, on hold
  since timestamptz NOT NULL,
  data_until timestamptz,                         -- restored: when the backup was made
  awaits_import boolean NOT NULL DEFAULT false    -- restored: no patient is written to before the next import
);

CREATE TABLE test_recipient (                     -- who may be written to while messages are on hold
  tenant int NOT NULL DEFAULT app_tenant(),
  party_id bigint NOT NULL,
  PRIMARY KEY (tenant, party_id),
  FOREIGN KEY (tenant, party_id) REFERENCES party (tenant, id)
);

CREATE TABLE plan_lease (                         -- who is planning a branch-day, outside any transaction
  tenant int NOT NULL DEFAULT app_tenant(),
  branch_id bigint NOT NULL,
  service_date date NOT NULL,
  lease_until timestamptz NOT NULL,
  lease_no bigint NOT NULL DEFAULT 1,
  PRIMARY KEY (tenant, branch_id, service_date),
  FOREIGN KEY (tenant, branch_id) REFERENCES branch (tenant, id)
);

CREATE INDEX touch_due_on_channel ON touch (tenant, channel, priority, due_at) WHERE state = 'planned';

INSERT INTO demo_mark (tenant, at) SELECT tenant, real_at FROM demo_clock;
-- An agency that has been sending goes on: an upgrade silences nobody.
INSERT INTO outreach (tenant, on_hold, cause, since) SELECT tenant, false, 'new', clock_timestamp() FROM agency;
