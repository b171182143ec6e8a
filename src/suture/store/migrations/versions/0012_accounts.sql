-- Who may sign in, and as what. Expand only.

CREATE TABLE account (
  tenant integer NOT NULL DEFAULT app_tenant(),
  id bigint GENERATED ALWAYS AS IDENTITY,
  email text NOT NULL CHECK (email = lower(email)),
  name text NOT NULL,
  roles text[] NOT NULL CHECK (cardinality(roles) > 0 AND roles <@ ARRAY[
    'coordinator', 'lead', 'supervisor', 'clinician', 'admin', 'privacy', 'ops']),
  every_branch boolean NOT NULL,              -- else those of account_branch
  clinician_id bigint,                        -- whose own day it is
  password_hash text NOT NULL DEFAULT '',     -- argon2id; empty: none was chosen yet
  totp_secret text NOT NULL DEFAULT '',       -- empty: no second factor yet
  totp_step bigint NOT NULL DEFAULT 0,        -- the last time step whose code was used: each is good once
  issuer text NOT NULL DEFAULT '',            -- who signs them in, where it is not Suture; with what they are called there
  subject text NOT NULL DEFAULT '',
  made_at timestamptz NOT NULL,
  disabled_at timestamptz,
  PRIMARY KEY (tenant, id),
  UNIQUE (tenant, email),
  FOREIGN KEY (tenant, clinician_id) REFERENCES clinician (tenant, party_id)
);
CREATE UNIQUE INDEX one_account_of_a_clinician ON account (tenant, clinician_id) WHERE clinician_id IS NOT NULL;
CREATE UNIQUE INDEX one_account_of_a_subject ON account (tenant, issuer, subject) WHERE subject <> '';

CREATE TABLE account_branch (
  tenant integer NOT NULL DEFAULT app_tenant(),
  account_id bigint NOT NULL,
  branch_id bigint NOT NULL,
  PRIMARY KEY (tenant, account_id, branch_id),
  FOREIGN KEY (tenant, account_id) REFERENCES account (tenant, id),
  FOREIGN KEY (tenant, branch_id) REFERENCES branch (tenant, id)
);

CREATE TABLE recovery_code (                  -- each is good once, in place of a code of the second factor
  tenant integer NOT NULL DEFAULT app_tenant(),
  account_id bigint NOT NULL,
  code_hash text NOT NULL,                    -- SHA-256: codes are 50 random bits, and tries are limited
  used_at timestamptz,
  PRIMARY KEY (tenant, account_id, code_hash),
  FOREIGN KEY (tenant, account_id) REFERENCES account (tenant, id)
);

CREATE TABLE welcome_link (                   -- lets one person choose a password, once
  tenant integer NOT NULL DEFAULT app_tenant(),
  token_hash text NOT NULL,
  account_id bigint,                          -- none: the first start, and whoever opens it becomes the administrator
  made_at timestamptz NOT NULL,
  expires_at timestamptz NOT NULL,
  used_at timestamptz,
  PRIMARY KEY (tenant, token_hash),
  FOREIGN KEY (tenant, account_id) REFERENCES account (tenant, id)
);

CREATE TABLE session (
  tenant integer NOT NULL DEFAULT app_tenant(),
  id bigint GENERATED ALWAYS AS IDENTITY,
  token_hash text NOT NULL,                   -- SHA-256 of the cookie's value
  account_id bigint NOT NULL,
  stage text NOT NULL CHECK (stage IN ('code', 'set_up', 'open')),
  how text NOT NULL CHECK (how IN ('password', 'provider', 'demo')),
  agent text NOT NULL DEFAULT '',             -- what the browser says it is, to know a session by
  made_at timestamptz NOT NULL,
  seen_at timestamptz NOT NULL,               -- the last gesture
  idle_minutes integer NOT NULL,
  ends_at timestamptz NOT NULL,
  ended_at timestamptz,
  PRIMARY KEY (tenant, id),
  FOREIGN KEY (tenant, account_id) REFERENCES account (tenant, id)
);
CREATE UNIQUE INDEX session_by_token ON session (tenant, token_hash);
CREATE INDEX session_of_account ON session (tenant, account_id) WHERE ended_at IS NULL;

CREATE TABLE failed_try (                     -- guesses at passwords and codes; counted before it is known whose they are
  key_hash text NOT NULL,                     -- of an e-mail address, an address block or an account
  at timestamptz NOT NULL
);
CREATE INDEX failed_try_by_key ON failed_try (key_hash, at);
CREATE INDEX failed_try_by_age ON failed_try (at);
