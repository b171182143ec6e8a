-- The agency's own sign-in, by OpenID Connect. Expand only.

CREATE TABLE sign_in_provider (
  tenant integer NOT NULL DEFAULT app_tenant(),
  id bigint GENERATED ALWAYS AS IDENTITY,
  name text NOT NULL,                         -- as the button says it
  issuer text NOT NULL,                       -- what it calls itself, letter by letter
  client_id text NOT NULL,
  secret_env text NOT NULL,                   -- the environment variable that has the secret
  authorize_url text NOT NULL,                -- the rest by its own description, when it was connected
  token_url text NOT NULL,
  keys_url text NOT NULL,
  scope text NOT NULL,
  secret_in_body boolean NOT NULL,
  says_issuer boolean NOT NULL,               -- its answers name the issuer (RFC 9207)
  trusts_second_factor boolean NOT NULL,
  group_claim text NOT NULL,
  active boolean NOT NULL DEFAULT true,
  connected_at timestamptz NOT NULL,
  PRIMARY KEY (tenant, id),
  UNIQUE (tenant, name)
);
CREATE UNIQUE INDEX one_active_sign_in_provider ON sign_in_provider (tenant) WHERE active;

CREATE TABLE sign_in_group (                  -- what a group of the provider gives
  tenant integer NOT NULL DEFAULT app_tenant(),
  provider_id bigint NOT NULL,
  name text NOT NULL,
  roles text[] NOT NULL CHECK (cardinality(roles) > 0 AND roles <@ ARRAY[
    'coordinator', 'lead', 'supervisor', 'admin', 'privacy', 'ops']),
  every_branch boolean NOT NULL,              -- else those of sign_in_group_branch
  PRIMARY KEY (tenant, provider_id, name),
  FOREIGN KEY (tenant, provider_id) REFERENCES sign_in_provider (tenant, id)
);

CREATE TABLE sign_in_group_branch (
  tenant integer NOT NULL DEFAULT app_tenant(),
  provider_id bigint NOT NULL,
  name text NOT NULL,
  branch_id bigint NOT NULL,
  PRIMARY KEY (tenant, provider_id, name, branch_id),
  FOREIGN KEY (tenant, provider_id, name) REFERENCES sign_in_group (tenant, provider_id, name) ON DELETE CASCADE,
  FOREIGN KEY (tenant, branch_id) REFERENCES branch (tenant, id)
);

CREATE TABLE oidc_request (                   -- who is on the way to the provider; gone once they are back
  tenant integer NOT NULL DEFAULT app_tenant(),
  id bigint GENERATED ALWAYS AS IDENTITY,
  state_hash text NOT NULL,                   -- SHA-256, as is the next
  browser_hash text NOT NULL,                 -- of the cookie of the browser that was sent
  provider_id bigint NOT NULL,
  nonce text NOT NULL,
  verifier text NOT NULL,                     -- of PKCE
  next_page text NOT NULL,
  is_shared boolean NOT NULL,                 -- other people use that computer, too
  made_at timestamptz NOT NULL,
  PRIMARY KEY (tenant, id),
  FOREIGN KEY (tenant, provider_id) REFERENCES sign_in_provider (tenant, id)
);
CREATE UNIQUE INDEX oidc_request_by_state ON oidc_request (tenant, state_hash);
