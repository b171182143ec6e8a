-- Which programs may ask the API for what. Expand only.

CREATE TABLE api_key (
  tenant integer NOT NULL DEFAULT app_tenant(),
  id bigint GENERATED ALWAYS AS IDENTITY,
  name text NOT NULL,
  hint text NOT NULL,                         -- how the key begins, to know it by; empty where we did not make it
  key_hash text NOT NULL,                     -- SHA-256 of the key, which is kept nowhere
  permissions text[] NOT NULL
    CHECK (cardinality(permissions) > 0 AND permissions <@ ARRAY['read', 'signal', 'command', 'admin']),
  every_branch boolean NOT NULL,              -- else those of api_key_branch, and no branch where there is none
  made_at timestamptz NOT NULL,
  expires_at timestamptz,
  revoked_at timestamptz,
  last_used_at timestamptz,                   -- to the minute
  PRIMARY KEY (tenant, id)
);
CREATE UNIQUE INDEX one_key_of_a_name ON api_key (tenant, name) WHERE revoked_at IS NULL;
CREATE UNIQUE INDEX api_key_by_hash ON api_key (tenant, key_hash) WHERE revoked_at IS NULL;

CREATE TABLE api_key_branch (
  tenant integer NOT NULL DEFAULT app_tenant(),
  key_id bigint NOT NULL,
  branch_id bigint NOT NULL,
  PRIMARY KEY (tenant, key_id, branch_id),
  FOREIGN KEY (tenant, key_id) REFERENCES api_key (tenant, id),
  FOREIGN KEY (tenant, branch_id) REFERENCES branch (tenant, id)
);
