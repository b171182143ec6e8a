-- How providers are reached, who writes through them, and what they say afterwards. Expand only.

CREATE TABLE connection (
  tenant integer NOT NULL DEFAULT app_tenant(),
  id bigint GENERATED ALWAYS AS IDENTITY,
  name text NOT NULL,                        -- what people call it
  provider text NOT NULL,                    -- the adapter: 'twilio', 'smtp'
  settings jsonb NOT NULL DEFAULT '{}',      -- never a secret
  secret_env text NOT NULL DEFAULT '',       -- the environment variable that holds its secret
  hook_id text NOT NULL,                     -- what the provider's calls are addressed to; opaque
  active boolean NOT NULL DEFAULT true,
  failures integer NOT NULL DEFAULT 0,       -- one after the other, since `failing_since`
  failing_since timestamptz,
  closed_until timestamptz,                  -- its circuit is open: nothing leaves by it before
  texts_until timestamptz,                   -- until when its own list of texts that came in was read
  PRIMARY KEY (tenant, id),
  UNIQUE (tenant, name),
  UNIQUE (hook_id)
);

CREATE TABLE sender (
  tenant integer NOT NULL DEFAULT app_tenant(),
  id bigint GENERATED ALWAYS AS IDENTITY,
  connection_id bigint NOT NULL,
  channel text NOT NULL CHECK (channel IN ('sms', 'email', 'voice')),
  audience text NOT NULL CHECK (audience IN ('patients', 'staff', 'everyone')),
  address text NOT NULL,                     -- a number, a messaging service, a mailbox
  per_second real NOT NULL DEFAULT 1 CHECK (per_second > 0),   -- SMS: segments
  burst integer NOT NULL DEFAULT 1 CHECK (burst > 0),
  tat timestamptz NOT NULL DEFAULT '-infinity',                -- when what has left will have drained (GCRA)
  PRIMARY KEY (tenant, id),
  UNIQUE (tenant, connection_id, channel, audience),
  FOREIGN KEY (tenant, connection_id) REFERENCES connection (tenant, id)
) WITH (fillfactor = 50);

-- what is said to a person, and about a day, is found among millions
CREATE INDEX touch_by_party ON touch (tenant, party_id);
CREATE INDEX touch_by_day ON touch (tenant, branch_id, service_date);
CREATE INDEX promise_by_touch ON promise (tenant, touch_id);

ALTER TABLE message_attempt ADD COLUMN sender_id bigint;
ALTER TABLE message_attempt ADD FOREIGN KEY (tenant, sender_id) REFERENCES sender (tenant, id);
ALTER TABLE message_attempt ADD COLUMN told jsonb NOT NULL DEFAULT '[]';          -- what it promises if it arrived
ALTER TABLE message_attempt ADD COLUMN addr_hash text NOT NULL DEFAULT '';
ALTER TABLE message_attempt ADD COLUMN early boolean NOT NULL DEFAULT false;      -- outside the usual hours: to be audited
ALTER TABLE message_attempt ADD COLUMN delivery text NOT NULL DEFAULT ''
  CHECK (delivery IN ('', 'queued', 'sending', 'sent', 'delivered', 'failed'));   -- as receipts say, never backwards
ALTER TABLE message_attempt ADD COLUMN delivery_code text NOT NULL DEFAULT '';
ALTER TABLE message_attempt ADD COLUMN delivery_at timestamptz;
CREATE INDEX attempt_by_sid ON message_attempt (tenant, provider_sid) WHERE provider_sid IS NOT NULL;
CREATE INDEX attempt_unknown ON message_attempt (tenant, started_at) WHERE outcome = 'unknown';
ALTER TABLE message_attempt ADD COLUMN looked_up integer NOT NULL DEFAULT 0;      -- how often the provider was asked

-- what a provider called us about, kept once and read in batches
CREATE TABLE hook_event (
  tenant integer NOT NULL DEFAULT app_tenant(),
  id bigint GENERATED ALWAYS AS IDENTITY,
  connection_id bigint NOT NULL,
  kind text NOT NULL CHECK (kind IN ('receipt', 'text', 'call')),
  provider_key text NOT NULL,
  body jsonb NOT NULL,                       -- emptied once it was read
  at timestamptz NOT NULL,
  read_at timestamptz,
  tries integer NOT NULL DEFAULT 0,
  PRIMARY KEY (tenant, id),
  UNIQUE (tenant, connection_id, kind, provider_key),
  FOREIGN KEY (tenant, connection_id) REFERENCES connection (tenant, id)
);
CREATE INDEX hook_event_waiting ON hook_event (tenant, id) WHERE read_at IS NULL;

ALTER TABLE inbound ADD COLUMN channel text NOT NULL DEFAULT 'sms';
ALTER TABLE confirmation ADD COLUMN other_time boolean NOT NULL DEFAULT false;   -- declined, and another time would do

-- an e-mail carries a link that closes its address
ALTER TABLE patient_token DROP CONSTRAINT patient_token_purpose_check,
  ADD CONSTRAINT patient_token_purpose_check
    CHECK (purpose IN ('visit_answer', 'patient_day', 'clinician_day', 'unsubscribe'));
ALTER TABLE patient_token ADD COLUMN addr_hash text NOT NULL DEFAULT '';   -- where it went, of an 'unsubscribe'

-- a question back about a text that came in: which visit it means, whether someone truly calls out
CREATE TABLE asked_back (
  tenant integer NOT NULL DEFAULT app_tenant(),
  inbound_id bigint NOT NULL,                -- the text
  kind text NOT NULL CHECK (kind IN ('which', 'call_out')),
  addr_hash text NOT NULL,
  channel text NOT NULL,
  answer text NOT NULL DEFAULT '',           -- which: what the text answered
  prompts bigint[] NOT NULL DEFAULT '{}',    -- which: the open prompts it may have answered, as they are numbered
  party_id bigint,                           -- call_out: whose
  from_at timestamptz,                       -- call_out: the hours they would not work
  until timestamptz,
  asked_at timestamptz,                      -- when the question left; NULL: not yet
  expires_at timestamptz NOT NULL,
  closed_at timestamptz,
  PRIMARY KEY (tenant, inbound_id),
  FOREIGN KEY (tenant, inbound_id) REFERENCES inbound (tenant, id),
  FOREIGN KEY (tenant, party_id) REFERENCES party (tenant, id)
);
CREATE INDEX asked_back_open ON asked_back (tenant, addr_hash) WHERE closed_at IS NULL;

-- a visit under way that no one has checked out of is looked for every few seconds
CREATE INDEX visit_under_way ON visit (tenant, started_at) WHERE status IN ('en_route', 'in_progress');
