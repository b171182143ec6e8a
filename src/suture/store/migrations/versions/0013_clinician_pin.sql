-- A clinician's PIN, and what she has opened with it and the link of a message. Expand only.

CREATE TABLE clinician_pin (
  tenant integer NOT NULL DEFAULT app_tenant(),
  clinician_id bigint NOT NULL,
  pin_hash text NOT NULL,                     -- Argon2id; the PIN itself is kept nowhere
  set_at timestamptz NOT NULL,
  set_by text NOT NULL,
  PRIMARY KEY (tenant, clinician_id),
  FOREIGN KEY (tenant, clinician_id) REFERENCES clinician (tenant, party_id)
);

CREATE TABLE wrong_pin (                      -- of each clinician, whatever link it came by
  tenant integer NOT NULL DEFAULT app_tenant(),
  id bigint GENERATED ALWAYS AS IDENTITY,
  clinician_id bigint NOT NULL,
  at timestamptz NOT NULL,
  PRIMARY KEY (tenant, id),
  FOREIGN KEY (tenant, clinician_id) REFERENCES clinician (tenant, party_id)
);
CREATE INDEX wrong_pin_by_clinician ON wrong_pin (tenant, clinician_id, at);

ALTER TABLE patient_token ADD COLUMN wrong_pins smallint NOT NULL DEFAULT 0;
ALTER TABLE patient_token ADD COLUMN ended_at timestamptz;   -- before its time: too many wrong PINs

CREATE TABLE day_pass (
  tenant integer NOT NULL DEFAULT app_tenant(),
  token_hash text NOT NULL,                   -- SHA-256 of a cookie
  link_hash text NOT NULL,                    -- the link that it was opened by: it opens nothing else
  clinician_id bigint NOT NULL,
  service_date date NOT NULL,
  made_at timestamptz NOT NULL,
  ends_at timestamptz NOT NULL,
  ended_at timestamptz,
  PRIMARY KEY (tenant, token_hash),
  FOREIGN KEY (tenant, clinician_id) REFERENCES clinician (tenant, party_id)
);
CREATE INDEX day_pass_by_clinician ON day_pass (tenant, clinician_id) WHERE ended_at IS NULL;
