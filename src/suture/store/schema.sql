-- tables
access_log.tenant integer not null default app_tenant()
access_log.id bigint not null identity
access_log.at timestamp with time zone not null default clock_timestamp()
access_log.actor text not null
access_log.route text not null
access_log.branch_id bigint
access_log.patient_ids bigint[] not null
access_log.reason text not null default ''::text
account.tenant integer not null default app_tenant()
account.id bigint not null identity
account.email text not null
account.name text not null
account.roles text[] not null
account.every_branch boolean not null
account.clinician_id bigint
account.password_hash text not null default ''::text
account.totp_secret text not null default ''::text
account.totp_step bigint not null default 0
account.issuer text not null default ''::text
account.subject text not null default ''::text
account.made_at timestamp with time zone not null
account.disabled_at timestamp with time zone
account_branch.tenant integer not null default app_tenant()
account_branch.account_id bigint not null
account_branch.branch_id bigint not null
address.tenant integer not null default app_tenant()
address.id bigint not null identity
address.party_id bigint not null
address.channel text not null
address.value text not null
address.value_hash text not null
agency.tenant integer not null
agency.name text not null
api_key.tenant integer not null default app_tenant()
api_key.id bigint not null identity
api_key.name text not null
api_key.hint text not null
api_key.key_hash text not null
api_key.permissions text[] not null
api_key.every_branch boolean not null
api_key.made_at timestamp with time zone not null
api_key.expires_at timestamp with time zone
api_key.revoked_at timestamp with time zone
api_key.last_used_at timestamp with time zone
api_key_branch.tenant integer not null default app_tenant()
api_key_branch.key_id bigint not null
api_key_branch.branch_id bigint not null
asked_back.tenant integer not null default app_tenant()
asked_back.inbound_id bigint not null
asked_back.kind text not null
asked_back.addr_hash text not null
asked_back.channel text not null
asked_back.answer text not null default ''::text
asked_back.prompts bigint[] not null default '{}'::bigint[]
asked_back.party_id bigint
asked_back.from_at timestamp with time zone
asked_back.until timestamp with time zone
asked_back.asked_at timestamp with time zone
asked_back.expires_at timestamp with time zone not null
asked_back.closed_at timestamp with time zone
assignment.tenant integer not null default app_tenant()
assignment.branch_id bigint not null
assignment.service_date date not null
assignment.visit_id bigint not null
assignment.position smallint not null
assignment.from_version integer not null
assignment.to_version integer
assignment.clinician_id bigint not null
assignment.route_order smallint not null
assignment.starts_at timestamp with time zone not null
assignment.ends_at timestamp with time zone not null
assignment.told_open timestamp with time zone not null
assignment.told_close timestamp with time zone not null
assignment.pinned boolean not null default false
assignment.source text not null default 'auto'::text
audit_row.tenant integer not null default app_tenant()
audit_row.id bigint not null identity
audit_row.at timestamp with time zone not null default clock_timestamp()
audit_row.xid xid8 not null default pg_current_xact_id()
audit_row.actor text not null
audit_row.code text not null
audit_row.subject_kind text not null
audit_row.subject_id bigint not null
audit_row.data jsonb not null default '{}'::jsonb
availability.tenant integer not null default app_tenant()
availability.id bigint not null identity
availability.clinician_id bigint not null
availability.starts_at timestamp with time zone not null
availability.ends_at timestamp with time zone not null
availability.kind text not null
availability.reason text not null default ''::text
availability.source text not null
availability.tier smallint not null default 1
branch.tenant integer not null default app_tenant()
branch.id bigint not null identity
branch.external_id text not null
branch.name text not null
branch.phone text not null
branch.tz text not null
branch.week_start smallint not null default 7
branch.place_id bigint not null
branch_dirty.tenant integer not null default app_tenant()
branch_dirty.branch_id bigint not null
branch_dirty.service_date date not null
branch_dirty.gen bigint not null default 1
branch_dirty.done bigint not null default 0
branch_dirty.since timestamp with time zone not null
branch_dirty.lease_until timestamp with time zone
branch_dirty.lease_no bigint not null default 0
branch_seq.tenant integer not null default app_tenant()
branch_seq.branch_id bigint not null
branch_seq.last bigint not null
clinician.tenant integer not null default app_tenant()
clinician.party_id bigint not null
clinician.branch_id bigint not null
clinician.role text not null
clinician.home_place_id bigint not null
clinician.max_weekly_min integer
clinician.languages text[] not null default '{}'::text[]
clinician.status text not null
clinician.traits jsonb not null default '{}'::jsonb
clinician_pin.tenant integer not null default app_tenant()
clinician_pin.clinician_id bigint not null
clinician_pin.pin_hash text not null
clinician_pin.set_at timestamp with time zone not null
clinician_pin.set_by text not null
configuration.tenant integer not null default app_tenant()
configuration.id bigint not null identity
configuration.hash text not null
configuration.name text not null
configuration.sources jsonb not null
configuration.entries integer not null
configuration.engine text not null
configuration.actor text not null
configuration.at timestamp with time zone not null
configuration.state text not null default 'draft'::text
configuration.kind text not null
configuration_activation.tenant integer not null default app_tenant()
configuration_activation.id bigint not null identity
configuration_activation.configuration_id bigint not null
configuration_activation.previous_id bigint
configuration_activation.cause text not null
configuration_activation.actor text not null
configuration_activation.at timestamp with time zone not null
confirmation.tenant integer not null default app_tenant()
confirmation.promise_id bigint not null
confirmation.participant text not null
confirmation.state text not null
confirmation.via text not null
confirmation.at timestamp with time zone not null
confirmation.other_time boolean not null default false
connection.tenant integer not null default app_tenant()
connection.id bigint not null identity
connection.name text not null
connection.provider text not null
connection.settings jsonb not null default '{}'::jsonb
connection.secret_env text not null default ''::text
connection.hook_id text not null
connection.active boolean not null default true
connection.failures integer not null default 0
connection.failing_since timestamp with time zone
connection.closed_until timestamp with time zone
connection.texts_until timestamp with time zone
consent.tenant integer not null default app_tenant()
consent.id bigint not null identity
consent.party_id bigint not null
consent.channel text not null
consent.granted boolean
consent.wording text not null default ''::text
consent.source text not null
consent.at timestamp with time zone not null
credential.tenant integer not null default app_tenant()
credential.clinician_id bigint not null
credential.code text not null
credential.jurisdiction text not null default ''::text
credential.number text not null default ''::text
credential.valid_from date
credential.valid_until date
credential.status text not null default 'active'::text
day_pass.tenant integer not null default app_tenant()
day_pass.token_hash text not null
day_pass.link_hash text not null
day_pass.clinician_id bigint not null
day_pass.service_date date not null
day_pass.made_at timestamp with time zone not null
day_pass.ends_at timestamp with time zone not null
day_pass.ended_at timestamp with time zone
decision.tenant integer not null default app_tenant()
decision.branch_id bigint not null
decision.service_date date not null
decision.version integer not null
decision.cause text not null
decision.signal_ids bigint[] not null
decision.input_sha text not null
decision.engine text not null
decision.seed bigint not null
decision.iterations integer not null
decision.patch_points jsonb not null default '[]'::jsonb
decision.rulebook_hash text not null
decision.travel_version text not null
decision.because text not null default ''::text
decision.hit jsonb not null default '[]'::jsonb
decision.score jsonb not null default '{}'::jsonb
decision.decide_cpu_ms double precision not null
decision.at timestamp with time zone not null
decision.why jsonb
demo_clock.tenant integer not null default app_tenant()
demo_clock.shown_at timestamp with time zone not null
demo_clock.real_at timestamp with time zone not null
demo_mark.tenant integer not null default app_tenant()
demo_mark.at timestamp with time zone not null
demo_quiet.tenant integer not null default app_tenant()
demo_quiet.party_id bigint not null
demo_quiet.at timestamp with time zone not null
disruption.tenant integer not null default app_tenant()
disruption.id bigint not null identity
disruption.branch_id bigint not null
disruption.starts_at timestamp with time zone not null
disruption.ends_at timestamp with time zone not null
disruption.percent integer
disruption.place_id bigint
disruption.postal_codes text[] not null default '{}'::text[]
disruption.source text not null
event.tenant integer not null default app_tenant()
event.branch_id bigint not null
event.seq bigint not null
event.xid xid8 not null default pg_current_xact_id()
event.service_date date
event.kind text not null
event.subject_id bigint not null
event.data jsonb not null
event.actor text not null
event.at timestamp with time zone not null
event.rulebook_hash text default active_configuration('rules'::text)
exception_case.tenant integer not null default app_tenant()
exception_case.id bigint not null identity
exception_case.branch_id bigint not null
exception_case.service_date date
exception_case.kind text not null
exception_case.subject_kind text not null
exception_case.subject_id bigint not null
exception_case.subject_position smallint not null default 0
exception_case.severity double precision not null
exception_case.band text not null
exception_case.reasons jsonb not null default '[]'::jsonb
exception_case.deadline_at timestamp with time zone
exception_case.state text not null default 'open'::text
exception_case.opened_version integer
exception_case.opened_at timestamp with time zone not null
exception_case.closed_at timestamp with time zone
exception_case.closed_because text
exception_case.rulebook_hash text default active_configuration('rules'::text)
exception_case.closed_why jsonb
exception_case.taken_by text
exception_case.taken_at timestamp with time zone
exception_case.snoozed_until timestamp with time zone
exception_case.critical_at timestamp with time zone
exception_case.ladder jsonb not null default '[]'::jsonb
failed_try.key_hash text not null
failed_try.at timestamp with time zone not null
hook_event.tenant integer not null default app_tenant()
hook_event.id bigint not null identity
hook_event.connection_id bigint not null
hook_event.kind text not null
hook_event.provider_key text not null
hook_event.body jsonb not null
hook_event.at timestamp with time zone not null
hook_event.read_at timestamp with time zone
hook_event.tries integer not null default 0
import_file.tenant integer not null default app_tenant()
import_file.import_id bigint not null
import_file.name text not null
import_file.sha256 text not null
import_file.rows integer not null
import_file.content bytea
import_run.tenant integer not null default app_tenant()
import_run.id bigint not null identity
import_run.branch_id bigint
import_run.source text not null
import_run.mode text not null
import_run.state text not null
import_run.why text not null default ''::text
import_run.diff jsonb not null default '[]'::jsonb
import_run.actor text not null
import_run.at timestamp with time zone not null
import_run.decided_by text
import_run.decided_at timestamp with time zone
import_run.reason text
import_run.would_remove jsonb
inbound.tenant integer not null default app_tenant()
inbound.id bigint not null identity
inbound.provider text not null
inbound.provider_msg_id text not null
inbound.from_hash text not null
inbound.body text not null
inbound.meaning text not null default ''::text
inbound.prompt_id bigint
inbound.action text not null default ''::text
inbound.at timestamp with time zone not null
inbound.channel text not null default 'sms'::text
inbox.tenant integer not null default app_tenant()
inbox.id bigint not null identity
inbox.branch_id bigint not null
inbox.service_date date not null
inbox.source text not null
inbox.source_id text not null
inbox.kind text not null
inbox.body jsonb not null
inbox.body_sha text not null
inbox.occurred_at timestamp with time zone not null
inbox.received_at timestamp with time zone not null
inbox.state text not null default 'new'::text
inbox.tries smallint not null default 0
inbox.handled_version integer
inbox_day.tenant integer not null default app_tenant()
inbox_day.inbox_id bigint not null
inbox_day.branch_id bigint not null
inbox_day.service_date date not null
message_attempt.tenant integer not null default app_tenant()
message_attempt.touch_id bigint not null
message_attempt.attempt_no smallint not null
message_attempt.provider text not null
message_attempt.request_sha text not null
message_attempt.started_at timestamp with time zone not null
message_attempt.outcome text
message_attempt.code text not null default ''::text
message_attempt.latency_ms integer
message_attempt.provider_sid text
message_attempt.policy_hash text default active_configuration('policy'::text)
message_attempt.sender_id bigint
message_attempt.told jsonb not null default '[]'::jsonb
message_attempt.addr_hash text not null default ''::text
message_attempt.early boolean not null default false
message_attempt.delivery text not null default ''::text
message_attempt.delivery_code text not null default ''::text
message_attempt.delivery_at timestamp with time zone
message_attempt.looked_up integer not null default 0
occupancy.tenant integer not null default app_tenant()
occupancy.layer text not null
occupancy.subject_id bigint not null
occupancy.position smallint not null
occupancy.clinician_id bigint not null
occupancy.busy tstzrange not null
occupancy.subject_rev integer not null
occupancy.plan_version integer not null
offer.tenant integer not null default app_tenant()
offer.id bigint not null identity
offer.branch_id bigint not null
offer.service_date date not null
offer.visit_id bigint not null
offer.position smallint not null
offer.round smallint not null
offer.mode text not null
offer.state text not null
offer.by_person boolean not null default false
offer.opens timestamp with time zone not null
offer.closes timestamp with time zone not null
offer.minutes integer not null
offer.place_id bigint not null
offer.opened_at timestamp with time zone not null
offer.expires_at timestamp with time zone not null
offer.decided_at timestamp with time zone
offer_candidate.tenant integer not null default app_tenant()
offer_candidate.offer_id bigint not null
offer_candidate.clinician_id bigint not null
offer_candidate.rank smallint not null
offer_candidate.tier smallint not null default 0
offer_candidate.starts_at timestamp with time zone not null
offer_candidate.why jsonb not null
offer_candidate.state text not null
offer_candidate.answered_at timestamp with time zone
offer_candidate.asked_at timestamp with time zone not null
oidc_request.tenant integer not null default app_tenant()
oidc_request.id bigint not null identity
oidc_request.state_hash text not null
oidc_request.browser_hash text not null
oidc_request.provider_id bigint not null
oidc_request.nonce text not null
oidc_request.verifier text not null
oidc_request.next_page text not null
oidc_request.is_shared boolean not null
oidc_request.made_at timestamp with time zone not null
open_prompt.tenant integer not null default app_tenant()
open_prompt.id bigint not null identity
open_prompt.addr_hash text not null
open_prompt.party_id bigint not null
open_prompt.promise_id bigint not null
open_prompt.asked_at timestamp with time zone not null
open_prompt.expires_at timestamp with time zone not null
open_prompt.closed_at timestamp with time zone
outreach.tenant integer not null default app_tenant()
outreach.on_hold boolean not null
outreach.cause text not null
outreach.since timestamp with time zone not null
outreach.data_until timestamp with time zone
outreach.awaits_import boolean not null default false
pair_rule.tenant integer not null default app_tenant()
pair_rule.patient_id bigint not null
pair_rule.clinician_id bigint not null
pair_rule.kind text not null
party.tenant integer not null default app_tenant()
party.id bigint not null identity
party.kind text not null
party.external_id text not null
party.family text not null
party.given text not null default ''::text
party.lang text not null default 'en'::text
party.tz text not null
patient.tenant integer not null default app_tenant()
patient.party_id bigint not null
patient.branch_id bigint not null
patient.place_id bigint not null
patient.status text not null
patient.gender_preference text
patient.traits jsonb not null default '{}'::jsonb
patient_token.token_hash text not null
patient_token.tenant integer not null default app_tenant()
patient_token.purpose text not null
patient_token.touch_id bigint not null
patient_token.party_id bigint not null
patient_token.visit_id bigint
patient_token.expires_at timestamp with time zone not null
patient_token.used_at timestamp with time zone
patient_token.addr_hash text not null default ''::text
patient_token.wrong_pins smallint not null default 0
patient_token.ended_at timestamp with time zone
place.tenant integer not null default app_tenant()
place.id bigint not null identity
place.owner_key text not null
place.name text not null default ''::text
place.lat double precision
place.lon double precision
place.tz text not null
place.line1 text not null default ''::text
place.line2 text not null default ''::text
place.city text not null default ''::text
place.state text not null default ''::text
place.postal_code text not null default ''::text
plan.tenant integer not null default app_tenant()
plan.branch_id bigint not null
plan.service_date date not null
plan.version integer not null
plan.base_version integer not null
plan.because text not null default ''::text
plan.actor text not null
plan.at timestamp with time zone not null
plan.rulebook_hash text default active_configuration('rules'::text)
plan.why jsonb
plan_head.tenant integer not null default app_tenant()
plan_head.branch_id bigint not null
plan_head.service_date date not null
plan_head.stage text not null
plan_head.version integer not null
plan_lease.tenant integer not null default app_tenant()
plan_lease.branch_id bigint not null
plan_lease.service_date date not null
plan_lease.lease_until timestamp with time zone not null
plan_lease.lease_no bigint not null default 1
promise.tenant integer not null default app_tenant()
promise.id bigint not null identity
promise.visit_id bigint not null
promise.party_id bigint not null
promise.seq integer not null
promise.visit_rev integer not null
promise.plan_version integer not null
promise.window_open timestamp with time zone not null
promise.window_close timestamp with time zone not null
promise.who_told text not null default ''::text
promise.asks boolean not null
promise.channel text not null
promise.touch_id bigint not null
promise.told_at timestamp with time zone not null
promise.supersedes bigint
prompt_promise.tenant integer not null default app_tenant()
prompt_promise.prompt_id bigint not null
prompt_promise.promise_id bigint not null
quarantine.tenant integer not null default app_tenant()
quarantine.id bigint not null identity
quarantine.file text not null
quarantine.line integer not null
quarantine.field text not null default ''::text
quarantine.code text not null
quarantine.reason text not null default ''::text
quarantine.raw text not null default ''::text
quarantine.at timestamp with time zone not null
quarantine.branch_id bigint
quarantine.subject text not null default ''::text
quarantine.mended_at timestamp with time zone
quarantine.why jsonb
recovery_code.tenant integer not null default app_tenant()
recovery_code.account_id bigint not null
recovery_code.code_hash text not null
recovery_code.used_at timestamp with time zone
sender.tenant integer not null default app_tenant()
sender.id bigint not null identity
sender.connection_id bigint not null
sender.channel text not null
sender.audience text not null
sender.address text not null
sender.per_second real not null default 1
sender.burst integer not null default 1
sender.tat timestamp with time zone not null default '-infinity'::timestamp with time zone
service.tenant integer not null default app_tenant()
service.code text not null
service.kind text not null
service.discipline text not null
service.visit_type text not null
service.roles text[] not null
service.duration_min integer not null
service.documentation_min integer not null default 0
session.tenant integer not null default app_tenant()
session.id bigint not null identity
session.token_hash text not null
session.account_id bigint not null
session.stage text not null
session.how text not null
session.agent text not null default ''::text
session.made_at timestamp with time zone not null
session.seen_at timestamp with time zone not null
session.idle_minutes integer not null
session.ends_at timestamp with time zone not null
session.ended_at timestamp with time zone
sign_in_group.tenant integer not null default app_tenant()
sign_in_group.provider_id bigint not null
sign_in_group.name text not null
sign_in_group.roles text[] not null
sign_in_group.every_branch boolean not null
sign_in_group_branch.tenant integer not null default app_tenant()
sign_in_group_branch.provider_id bigint not null
sign_in_group_branch.name text not null
sign_in_group_branch.branch_id bigint not null
sign_in_provider.tenant integer not null default app_tenant()
sign_in_provider.id bigint not null identity
sign_in_provider.name text not null
sign_in_provider.issuer text not null
sign_in_provider.client_id text not null
sign_in_provider.secret_env text not null
sign_in_provider.authorize_url text not null
sign_in_provider.token_url text not null
sign_in_provider.keys_url text not null
sign_in_provider.scope text not null
sign_in_provider.secret_in_body boolean not null
sign_in_provider.says_issuer boolean not null
sign_in_provider.trusts_second_factor boolean not null
sign_in_provider.group_claim text not null
sign_in_provider.active boolean not null default true
sign_in_provider.connected_at timestamp with time zone not null
suppression.tenant integer not null default app_tenant()
suppression.id bigint not null identity
suppression.addr_hash text not null
suppression.channel text not null
suppression.reason text not null
suppression.source text not null
suppression.at timestamp with time zone not null
suppression.lifted_at timestamp with time zone
test_recipient.tenant integer not null default app_tenant()
test_recipient.party_id bigint not null
touch.tenant integer not null default app_tenant()
touch.id bigint not null identity
touch.branch_id bigint not null
touch.service_date date not null
touch.subject text not null
touch.subject_id bigint not null
touch.subject_rev integer not null
touch.party_id bigint not null
touch.step text not null
touch.ordinal smallint not null default 0
touch.channel text not null
touch.priority smallint not null
touch.urgent boolean not null default false
touch.due_at timestamp with time zone not null
touch.not_after timestamp with time zone not null
touch.state text not null default 'planned'::text
touch.attempts smallint not null default 0
touch.lease_until timestamp with time zone
touch.idem_key uuid not null default gen_random_uuid()
touch.provider_sid text
touch.because text not null default ''::text
touch.planned_at timestamp with time zone not null
touch.sent_at timestamp with time zone
touch.gates jsonb not null default '[]'::jsonb
touch.policy_hash text default active_configuration('policy'::text)
touch.why jsonb
touch_case.tenant integer not null default app_tenant()
touch_case.touch_id bigint not null
touch_case.case_id bigint not null
touch_visit.tenant integer not null default app_tenant()
touch_visit.touch_id bigint not null
touch_visit.visit_id bigint not null
touch_visit.visit_rev integer not null
visit.tenant integer not null default app_tenant()
visit.id bigint not null identity
visit.external_id text not null
visit.branch_id bigint not null
visit.service_date date not null
visit.service_code text not null
visit.patient_id bigint
visit.place_id bigint not null
visit.earliest_start timestamp with time zone not null
visit.latest_start timestamp with time zone not null
visit.latest_end timestamp with time zone not null
visit.duration_min integer not null
visit.documentation_min integer not null default 0
visit.positions smallint not null default 1
visit.required_skills text[] not null default '{}'::text[]
visit.priority smallint not null default 1
visit.status text not null
visit.held boolean not null default false
visit.cancelled_by text
visit.cancel_reason text
visit.cancelled_at timestamp with time zone
visit.done_by bigint
visit.started_at timestamp with time zone
visit.ended_at timestamp with time zone
visit.expected_end timestamp with time zone
visit.rev integer not null default 1
visit.visit_rev integer not null default 1
visit.source_updated_at timestamp with time zone
visit.unclear text[] not null default '{}'::text[]
visit.held_at timestamp with time zone
visit.expected_start timestamp with time zone
visit.gate text not null default 'open'::text
visit.gate_else text not null default ''::text
visit.answer_by timestamp with time zone
visit.late_from timestamp with time zone
visit.late_by bigint
visit_order.tenant integer not null default app_tenant()
visit_order.id bigint not null identity
visit_order.external_id text not null
visit_order.patient_id bigint not null
visit_order.discipline text not null
visit_order.service_code text
visit_order.frequency text not null
visit_order.start_date date not null
visit_order.end_date date
visit_order.status text not null
welcome_link.tenant integer not null default app_tenant()
welcome_link.token_hash text not null
welcome_link.account_id bigint
welcome_link.made_at timestamp with time zone not null
welcome_link.expires_at timestamp with time zone not null
welcome_link.used_at timestamp with time zone
whose.hash text not null
whose.tenant integer not null default app_tenant()
wrong_pin.tenant integer not null default app_tenant()
wrong_pin.id bigint not null identity
wrong_pin.clinician_id bigint not null
wrong_pin.at timestamp with time zone not null

-- views
rulebook.tenant integer
rulebook.id bigint
rulebook.kind text default 'rules'::text
rulebook.hash text
rulebook.name text
rulebook.sources jsonb
rulebook.rules integer
rulebook.engine text
rulebook.actor text
rulebook.at timestamp with time zone
rulebook.state text
rulebook_activation.tenant integer
rulebook_activation.id bigint
rulebook_activation.rulebook_id bigint
rulebook_activation.previous_id bigint
rulebook_activation.cause text
rulebook_activation.actor text
rulebook_activation.at timestamp with time zone

-- constraints
access_log: CHECK ((cardinality(patient_ids) > 0))
access_log: PRIMARY KEY (tenant, id)
account: CHECK (((cardinality(roles) > 0) AND (roles <@ ARRAY['coordinator'::text, 'lead'::text, 'supervisor'::text, 'clinician'::text, 'admin'::text, 'privacy'::text, 'ops'::text])))
account: CHECK ((email = lower(email)))
account: FOREIGN KEY (tenant, clinician_id) REFERENCES clinician(tenant, party_id)
account: PRIMARY KEY (tenant, id)
account: UNIQUE (tenant, email)
account_branch: FOREIGN KEY (tenant, account_id) REFERENCES account(tenant, id)
account_branch: FOREIGN KEY (tenant, branch_id) REFERENCES branch(tenant, id)
account_branch: PRIMARY KEY (tenant, account_id, branch_id)
address: CHECK ((channel = ANY (ARRAY['sms'::text, 'email'::text, 'push'::text, 'voice'::text])))
address: FOREIGN KEY (tenant, party_id) REFERENCES party(tenant, id)
address: PRIMARY KEY (tenant, id)
address: UNIQUE (tenant, party_id, channel)
agency: PRIMARY KEY (tenant)
api_key: CHECK (((cardinality(permissions) > 0) AND (permissions <@ ARRAY['read'::text, 'signal'::text, 'command'::text, 'admin'::text])))
api_key: PRIMARY KEY (tenant, id)
api_key_branch: FOREIGN KEY (tenant, branch_id) REFERENCES branch(tenant, id)
api_key_branch: FOREIGN KEY (tenant, key_id) REFERENCES api_key(tenant, id)
api_key_branch: PRIMARY KEY (tenant, key_id, branch_id)
asked_back: CHECK ((kind = ANY (ARRAY['which'::text, 'call_out'::text])))
asked_back: FOREIGN KEY (tenant, inbound_id) REFERENCES inbound(tenant, id)
asked_back: FOREIGN KEY (tenant, party_id) REFERENCES party(tenant, id)
asked_back: PRIMARY KEY (tenant, inbound_id)
assignment: CHECK (((starts_at < ends_at) AND (told_open <= told_close)))
assignment: CHECK ((source = ANY (ARRAY['auto'::text, 'human'::text])))
assignment: CHECK ((to_version > from_version))
assignment: FOREIGN KEY (tenant, branch_id, service_date, from_version) REFERENCES plan(tenant, branch_id, service_date, version)
assignment: FOREIGN KEY (tenant, clinician_id) REFERENCES clinician(tenant, party_id)
assignment: FOREIGN KEY (tenant, visit_id) REFERENCES visit(tenant, id)
assignment: PRIMARY KEY (tenant, branch_id, service_date, visit_id, "position", from_version)
audit_row: PRIMARY KEY (tenant, id)
availability: CHECK (((tier >= 1) AND (tier <= 9)))
availability: CHECK ((kind = ANY (ARRAY['available'::text, 'preferred'::text, 'on_call'::text, 'unavailable'::text])))
availability: CHECK ((starts_at < ends_at))
availability: FOREIGN KEY (tenant, clinician_id) REFERENCES clinician(tenant, party_id)
availability: PRIMARY KEY (tenant, id)
availability: UNIQUE (tenant, clinician_id, starts_at, ends_at, kind)
branch: CHECK (((week_start >= 1) AND (week_start <= 7)))
branch: FOREIGN KEY (tenant, place_id) REFERENCES place(tenant, id)
branch: PRIMARY KEY (tenant, id)
branch: UNIQUE (tenant, external_id)
branch_dirty: FOREIGN KEY (tenant, branch_id) REFERENCES branch(tenant, id)
branch_dirty: PRIMARY KEY (tenant, branch_id, service_date)
branch_seq: FOREIGN KEY (tenant, branch_id) REFERENCES branch(tenant, id)
branch_seq: PRIMARY KEY (tenant, branch_id)
clinician: CHECK ((max_weekly_min > 0))
clinician: CHECK ((role = ANY (ARRAY['RN'::text, 'LPN'::text, 'PT'::text, 'PTA'::text, 'OT'::text, 'COTA'::text, 'ST'::text, 'MSW'::text, 'HHA'::text])))
clinician: CHECK ((status = ANY (ARRAY['active'::text, 'leave'::text, 'terminated'::text, 'unclear'::text])))
clinician: FOREIGN KEY (tenant, branch_id) REFERENCES branch(tenant, id)
clinician: FOREIGN KEY (tenant, home_place_id) REFERENCES place(tenant, id)
clinician: FOREIGN KEY (tenant, party_id) REFERENCES party(tenant, id)
clinician: PRIMARY KEY (tenant, party_id)
clinician_pin: FOREIGN KEY (tenant, clinician_id) REFERENCES clinician(tenant, party_id)
clinician_pin: PRIMARY KEY (tenant, clinician_id)
configuration: CHECK ((hash ~ '^[0-9a-f]{64}$'::text))
configuration: CHECK ((kind = ANY (ARRAY['rules'::text, 'policy'::text, 'on_call'::text])))
configuration: CHECK ((state = ANY (ARRAY['draft'::text, 'active'::text, 'superseded'::text])))
configuration: PRIMARY KEY (tenant, id)
configuration: UNIQUE (tenant, kind, hash)
configuration_activation: CHECK ((cause = ANY (ARRAY['default'::text, 'first_start'::text, 'activate'::text, 'rollback'::text])))
configuration_activation: FOREIGN KEY (tenant, configuration_id) REFERENCES configuration(tenant, id)
configuration_activation: FOREIGN KEY (tenant, previous_id) REFERENCES configuration(tenant, id)
configuration_activation: PRIMARY KEY (tenant, id)
confirmation: CHECK ((participant = ANY (ARRAY['patient'::text, 'clinician'::text])))
confirmation: CHECK ((state = ANY (ARRAY['needs_action'::text, 'accepted'::text, 'declined'::text])))
confirmation: FOREIGN KEY (tenant, promise_id) REFERENCES promise(tenant, id)
confirmation: PRIMARY KEY (tenant, promise_id, participant)
connection: PRIMARY KEY (tenant, id)
connection: UNIQUE (hook_id)
connection: UNIQUE (tenant, name)
consent: CHECK ((channel = ANY (ARRAY['sms'::text, 'email'::text, 'push'::text, 'voice'::text])))
consent: FOREIGN KEY (tenant, party_id) REFERENCES party(tenant, id)
consent: PRIMARY KEY (tenant, id)
consent: UNIQUE (tenant, party_id, channel, at)
credential: FOREIGN KEY (tenant, clinician_id) REFERENCES clinician(tenant, party_id)
credential: PRIMARY KEY (tenant, clinician_id, code, jurisdiction, number)
day_pass: FOREIGN KEY (tenant, clinician_id) REFERENCES clinician(tenant, party_id)
day_pass: PRIMARY KEY (tenant, token_hash)
decision: CHECK ((cause = ANY (ARRAY['first_pass'::text, 'publish'::text, 'signals'::text])))
decision: FOREIGN KEY (tenant, branch_id, service_date, version) REFERENCES plan(tenant, branch_id, service_date, version)
decision: PRIMARY KEY (tenant, branch_id, service_date, version)
demo_clock: PRIMARY KEY (tenant)
demo_mark: PRIMARY KEY (tenant)
demo_quiet: FOREIGN KEY (tenant, party_id) REFERENCES party(tenant, id)
demo_quiet: PRIMARY KEY (tenant, party_id)
disruption: CHECK ((percent >= 100))
disruption: CHECK ((starts_at < ends_at))
disruption: FOREIGN KEY (tenant, branch_id) REFERENCES branch(tenant, id)
disruption: FOREIGN KEY (tenant, place_id) REFERENCES place(tenant, id)
disruption: PRIMARY KEY (tenant, id)
disruption: UNIQUE (tenant, branch_id, source)
event: FOREIGN KEY (tenant, branch_id) REFERENCES branch(tenant, id)
event: PRIMARY KEY (tenant, branch_id, seq)
exception_case: CHECK (((state = 'closed'::text) = (closed_at IS NOT NULL)))
exception_case: CHECK ((band = ANY (ARRAY['critical'::text, 'high'::text, 'medium'::text, 'low'::text])))
exception_case: CHECK ((state = ANY (ARRAY['open'::text, 'snoozed'::text, 'closed'::text])))
exception_case: FOREIGN KEY (tenant, branch_id) REFERENCES branch(tenant, id)
exception_case: PRIMARY KEY (tenant, id)
hook_event: CHECK ((kind = ANY (ARRAY['receipt'::text, 'text'::text, 'call'::text])))
hook_event: FOREIGN KEY (tenant, connection_id) REFERENCES connection(tenant, id)
hook_event: PRIMARY KEY (tenant, id)
hook_event: UNIQUE (tenant, connection_id, kind, provider_key)
import_file: FOREIGN KEY (tenant, import_id) REFERENCES import_run(tenant, id)
import_file: PRIMARY KEY (tenant, import_id, name)
import_run: CHECK ((mode = ANY (ARRAY['full'::text, 'delta'::text])))
import_run: CHECK ((state = ANY (ARRAY['applied'::text, 'held'::text, 'released'::text, 'discarded'::text])))
import_run: PRIMARY KEY (tenant, id)
inbound: PRIMARY KEY (tenant, id)
inbound: UNIQUE (tenant, provider, provider_msg_id)
inbox: CHECK ((state = ANY (ARRAY['new'::text, 'handled'::text, 'quarantined'::text])))
inbox: FOREIGN KEY (tenant, branch_id) REFERENCES branch(tenant, id)
inbox: PRIMARY KEY (tenant, id)
inbox: UNIQUE (tenant, source, source_id)
inbox_day: FOREIGN KEY (tenant, branch_id) REFERENCES branch(tenant, id)
inbox_day: FOREIGN KEY (tenant, inbox_id) REFERENCES inbox(tenant, id)
inbox_day: PRIMARY KEY (tenant, inbox_id, branch_id, service_date)
message_attempt: CHECK ((delivery = ANY (ARRAY[''::text, 'queued'::text, 'sending'::text, 'sent'::text, 'delivered'::text, 'failed'::text])))
message_attempt: CHECK ((outcome = ANY (ARRAY['accepted'::text, 'transient'::text, 'permanent'::text, 'unknown'::text, 'absent'::text])))
message_attempt: FOREIGN KEY (tenant, sender_id) REFERENCES sender(tenant, id)
message_attempt: FOREIGN KEY (tenant, touch_id) REFERENCES touch(tenant, id)
message_attempt: PRIMARY KEY (tenant, touch_id, attempt_no)
occupancy: CHECK (((NOT isempty(busy)) AND (NOT lower_inf(busy)) AND (NOT upper_inf(busy))))
occupancy: CHECK ((layer = ANY (ARRAY['visit'::text, 'shift'::text, 'time_off'::text])))
occupancy: FOREIGN KEY (tenant, clinician_id) REFERENCES clinician(tenant, party_id)
occupancy: PRIMARY KEY (tenant, layer, subject_id, "position")
occupancy: EXCLUDE USING gist (tenant WITH =, clinician_id WITH =, layer WITH =, busy WITH &&) DEFERRABLE INITIALLY DEFERRED
offer: CHECK ((mode = ANY (ARRAY['sequential'::text, 'broadcast'::text, 'best_of_window'::text])))
offer: CHECK ((state = ANY (ARRAY['pending'::text, 'accepted'::text, 'timeout'::text, 'canceled'::text])))
offer: FOREIGN KEY (tenant, branch_id) REFERENCES branch(tenant, id)
offer: FOREIGN KEY (tenant, visit_id) REFERENCES visit(tenant, id)
offer: PRIMARY KEY (tenant, id)
offer: UNIQUE (tenant, visit_id, "position", round)
offer_candidate: CHECK ((state = ANY (ARRAY['pending'::text, 'accepted'::text, 'rejected'::text, 'timeout'::text, 'canceled'::text, 'rescinded'::text])))
offer_candidate: FOREIGN KEY (tenant, clinician_id) REFERENCES clinician(tenant, party_id)
offer_candidate: FOREIGN KEY (tenant, offer_id) REFERENCES offer(tenant, id)
offer_candidate: PRIMARY KEY (tenant, offer_id, clinician_id)
oidc_request: FOREIGN KEY (tenant, provider_id) REFERENCES sign_in_provider(tenant, id)
oidc_request: PRIMARY KEY (tenant, id)
open_prompt: FOREIGN KEY (tenant, promise_id) REFERENCES promise(tenant, id)
open_prompt: PRIMARY KEY (tenant, id)
outreach: CHECK ((cause = ANY (ARRAY['new'::text, 'restored'::text, 'asked'::text])))
outreach: PRIMARY KEY (tenant)
pair_rule: CHECK ((kind = ANY (ARRAY['barred'::text, 'preferred'::text])))
pair_rule: FOREIGN KEY (tenant, clinician_id) REFERENCES clinician(tenant, party_id)
pair_rule: FOREIGN KEY (tenant, patient_id) REFERENCES patient(tenant, party_id)
pair_rule: PRIMARY KEY (tenant, patient_id, clinician_id, kind)
party: CHECK ((kind = ANY (ARRAY['patient'::text, 'clinician'::text, 'contact'::text])))
party: PRIMARY KEY (tenant, id)
party: UNIQUE (tenant, kind, external_id)
patient: CHECK ((status = ANY (ARRAY['active'::text, 'inpatient'::text, 'discharged'::text, 'deceased'::text, 'unclear'::text])))
patient: FOREIGN KEY (tenant, branch_id) REFERENCES branch(tenant, id)
patient: FOREIGN KEY (tenant, party_id) REFERENCES party(tenant, id)
patient: FOREIGN KEY (tenant, place_id) REFERENCES place(tenant, id)
patient: PRIMARY KEY (tenant, party_id)
patient_token: CHECK ((purpose = ANY (ARRAY['visit_answer'::text, 'patient_day'::text, 'clinician_day'::text, 'unsubscribe'::text, 'offer'::text])))
patient_token: FOREIGN KEY (tenant, touch_id) REFERENCES touch(tenant, id)
patient_token: PRIMARY KEY (token_hash)
place: CHECK (((lat >= ('-90'::integer)::double precision) AND (lat <= (90)::double precision)))
place: CHECK (((lon >= ('-180'::integer)::double precision) AND (lon <= (180)::double precision)))
place: PRIMARY KEY (tenant, id)
place: UNIQUE (tenant, owner_key)
plan: CHECK ((base_version = (version - 1)))
plan: CHECK ((version > 0))
plan: FOREIGN KEY (tenant, branch_id) REFERENCES branch(tenant, id)
plan: PRIMARY KEY (tenant, branch_id, service_date, version)
plan_head: CHECK ((stage = ANY (ARRAY['draft'::text, 'published'::text])))
plan_head: FOREIGN KEY (tenant, branch_id, service_date, version) REFERENCES plan(tenant, branch_id, service_date, version)
plan_head: PRIMARY KEY (tenant, branch_id, service_date, stage)
plan_lease: FOREIGN KEY (tenant, branch_id) REFERENCES branch(tenant, id)
plan_lease: PRIMARY KEY (tenant, branch_id, service_date)
promise: FOREIGN KEY (tenant, party_id) REFERENCES party(tenant, id)
promise: FOREIGN KEY (tenant, touch_id) REFERENCES touch(tenant, id)
promise: FOREIGN KEY (tenant, visit_id) REFERENCES visit(tenant, id)
promise: PRIMARY KEY (tenant, id)
promise: UNIQUE (tenant, visit_id, party_id, seq)
prompt_promise: FOREIGN KEY (tenant, promise_id) REFERENCES promise(tenant, id)
prompt_promise: FOREIGN KEY (tenant, prompt_id) REFERENCES open_prompt(tenant, id)
prompt_promise: PRIMARY KEY (tenant, prompt_id, promise_id)
quarantine: PRIMARY KEY (tenant, id)
recovery_code: FOREIGN KEY (tenant, account_id) REFERENCES account(tenant, id)
recovery_code: PRIMARY KEY (tenant, account_id, code_hash)
sender: CHECK ((audience = ANY (ARRAY['patients'::text, 'staff'::text, 'everyone'::text])))
sender: CHECK ((burst > 0))
sender: CHECK ((channel = ANY (ARRAY['sms'::text, 'email'::text, 'voice'::text])))
sender: CHECK ((per_second > (0)::double precision))
sender: FOREIGN KEY (tenant, connection_id) REFERENCES connection(tenant, id)
sender: PRIMARY KEY (tenant, id)
sender: UNIQUE (tenant, connection_id, channel, audience)
service: CHECK ((cardinality(roles) > 0))
service: CHECK ((discipline = ANY (ARRAY['SN'::text, 'PT'::text, 'OT'::text, 'ST'::text, 'MSW'::text, 'HHA'::text])))
service: CHECK ((documentation_min >= 0))
service: CHECK ((duration_min > 0))
service: CHECK ((kind = ANY (ARRAY['home_visit'::text, 'appointment'::text, 'open_shift'::text])))
service: PRIMARY KEY (tenant, code)
session: CHECK ((how = ANY (ARRAY['password'::text, 'provider'::text, 'demo'::text])))
session: CHECK ((stage = ANY (ARRAY['code'::text, 'set_up'::text, 'open'::text])))
session: FOREIGN KEY (tenant, account_id) REFERENCES account(tenant, id)
session: PRIMARY KEY (tenant, id)
sign_in_group: CHECK (((cardinality(roles) > 0) AND (roles <@ ARRAY['coordinator'::text, 'lead'::text, 'supervisor'::text, 'admin'::text, 'privacy'::text, 'ops'::text])))
sign_in_group: FOREIGN KEY (tenant, provider_id) REFERENCES sign_in_provider(tenant, id)
sign_in_group: PRIMARY KEY (tenant, provider_id, name)
sign_in_group_branch: FOREIGN KEY (tenant, branch_id) REFERENCES branch(tenant, id)
sign_in_group_branch: FOREIGN KEY (tenant, provider_id, name) REFERENCES sign_in_group(tenant, provider_id, name) ON DELETE CASCADE
sign_in_group_branch: PRIMARY KEY (tenant, provider_id, name, branch_id)
sign_in_provider: PRIMARY KEY (tenant, id)
sign_in_provider: UNIQUE (tenant, name)
suppression: CHECK ((reason = ANY (ARRAY['stop'::text, 'bounce'::text, 'wrong_person'::text, 'legal'::text])))
suppression: PRIMARY KEY (tenant, id)
test_recipient: FOREIGN KEY (tenant, party_id) REFERENCES party(tenant, id)
test_recipient: PRIMARY KEY (tenant, party_id)
touch: CHECK (((priority >= 0) AND (priority <= 3)))
touch: CHECK ((channel = ANY (ARRAY['sms'::text, 'email'::text, 'push'::text, 'voice'::text])))
touch: CHECK ((state = ANY (ARRAY['planned'::text, 'claimed'::text, 'sending'::text, 'sent'::text, 'superseded'::text, 'suppressed'::text, 'skipped'::text, 'expired'::text, 'failed'::text, 'unknown'::text])))
touch: CHECK ((subject = ANY (ARRAY['visit'::text, 'patient_day'::text, 'clinician_day'::text, 'inbound'::text, 'case'::text, 'offer'::text])))
touch: FOREIGN KEY (tenant, branch_id) REFERENCES branch(tenant, id)
touch: FOREIGN KEY (tenant, party_id) REFERENCES party(tenant, id)
touch: PRIMARY KEY (tenant, id)
touch: UNIQUE (tenant, subject, subject_id, subject_rev, party_id, step, ordinal)
touch_case: FOREIGN KEY (tenant, case_id) REFERENCES exception_case(tenant, id)
touch_case: FOREIGN KEY (tenant, touch_id) REFERENCES touch(tenant, id)
touch_case: PRIMARY KEY (tenant, touch_id, case_id)
touch_visit: FOREIGN KEY (tenant, touch_id) REFERENCES touch(tenant, id)
touch_visit: FOREIGN KEY (tenant, visit_id) REFERENCES visit(tenant, id)
touch_visit: PRIMARY KEY (tenant, touch_id, visit_id)
visit: CHECK (((earliest_start <= latest_start) AND (latest_start <= latest_end)))
visit: CHECK (((positions >= 1) AND (positions <= 9)))
visit: CHECK (((priority >= 1) AND (priority <= 3)))
visit: CHECK ((documentation_min >= 0))
visit: CHECK ((duration_min > 0))
visit: CHECK ((gate = ANY (ARRAY['open'::text, 'waits'::text, 'held'::text, 'released'::text, 'waitlist'::text])))
visit: CHECK ((status = ANY (ARRAY['requested'::text, 'scheduled'::text, 'confirmed'::text, 'en_route'::text, 'in_progress'::text, 'completed'::text, 'cancelled'::text, 'no_show'::text, 'missed'::text])))
visit: FOREIGN KEY (tenant, branch_id) REFERENCES branch(tenant, id)
visit: FOREIGN KEY (tenant, done_by) REFERENCES clinician(tenant, party_id)
visit: FOREIGN KEY (tenant, late_by) REFERENCES clinician(tenant, party_id)
visit: FOREIGN KEY (tenant, patient_id) REFERENCES patient(tenant, party_id)
visit: FOREIGN KEY (tenant, place_id) REFERENCES place(tenant, id)
visit: FOREIGN KEY (tenant, service_code) REFERENCES service(tenant, code)
visit: PRIMARY KEY (tenant, id)
visit: UNIQUE (tenant, external_id)
visit_order: CHECK ((discipline = ANY (ARRAY['SN'::text, 'PT'::text, 'OT'::text, 'ST'::text, 'MSW'::text, 'HHA'::text])))
visit_order: CHECK ((status = ANY (ARRAY['draft'::text, 'active'::text, 'held'::text, 'revoked'::text, 'completed'::text, 'void'::text])))
visit_order: FOREIGN KEY (tenant, patient_id) REFERENCES patient(tenant, party_id)
visit_order: FOREIGN KEY (tenant, service_code) REFERENCES service(tenant, code)
visit_order: PRIMARY KEY (tenant, id)
visit_order: UNIQUE (tenant, external_id)
welcome_link: FOREIGN KEY (tenant, account_id) REFERENCES account(tenant, id)
welcome_link: PRIMARY KEY (tenant, token_hash)
whose: PRIMARY KEY (hash, tenant)
wrong_pin: FOREIGN KEY (tenant, clinician_id) REFERENCES clinician(tenant, party_id)
wrong_pin: PRIMARY KEY (tenant, id)

-- indexes
CREATE INDEX access_log_by_time ON public.access_log USING btree (tenant, at)
CREATE UNIQUE INDEX access_log_pkey ON public.access_log USING btree (tenant, id)
CREATE UNIQUE INDEX account_branch_pkey ON public.account_branch USING btree (tenant, account_id, branch_id)
CREATE UNIQUE INDEX account_pkey ON public.account USING btree (tenant, id)
CREATE UNIQUE INDEX account_tenant_email_key ON public.account USING btree (tenant, email)
CREATE INDEX address_by_hash ON public.address USING btree (tenant, value_hash)
CREATE UNIQUE INDEX address_pkey ON public.address USING btree (tenant, id)
CREATE UNIQUE INDEX address_tenant_party_id_channel_key ON public.address USING btree (tenant, party_id, channel)
CREATE UNIQUE INDEX agency_pkey ON public.agency USING btree (tenant)
CREATE UNIQUE INDEX api_key_branch_pkey ON public.api_key_branch USING btree (tenant, key_id, branch_id)
CREATE INDEX api_key_by_any_hash ON public.api_key USING btree (tenant, key_hash)
CREATE UNIQUE INDEX api_key_by_hash ON public.api_key USING btree (tenant, key_hash) WHERE (revoked_at IS NULL)
CREATE UNIQUE INDEX api_key_pkey ON public.api_key USING btree (tenant, id)
CREATE INDEX asked_back_open ON public.asked_back USING btree (tenant, addr_hash) WHERE (closed_at IS NULL)
CREATE UNIQUE INDEX asked_back_pkey ON public.asked_back USING btree (tenant, inbound_id)
CREATE INDEX assignment_by_start ON public.assignment USING btree (tenant, starts_at) WHERE (to_version IS NULL)
CREATE UNIQUE INDEX assignment_current ON public.assignment USING btree (tenant, visit_id, "position") WHERE (to_version IS NULL)
CREATE UNIQUE INDEX assignment_pkey ON public.assignment USING btree (tenant, branch_id, service_date, visit_id, "position", from_version)
CREATE INDEX attempt_by_address ON public.message_attempt USING btree (tenant, addr_hash, started_at)
CREATE INDEX attempt_by_sid ON public.message_attempt USING btree (tenant, provider_sid) WHERE (provider_sid IS NOT NULL)
CREATE INDEX attempt_unknown ON public.message_attempt USING btree (tenant, started_at) WHERE (outcome = 'unknown'::text)
CREATE UNIQUE INDEX audit_row_pkey ON public.audit_row USING btree (tenant, id)
CREATE INDEX availability_by_time ON public.availability USING btree (tenant, starts_at, ends_at)
CREATE UNIQUE INDEX availability_pkey ON public.availability USING btree (tenant, id)
CREATE UNIQUE INDEX availability_tenant_clinician_id_starts_at_ends_at_kind_key ON public.availability USING btree (tenant, clinician_id, starts_at, ends_at, kind)
CREATE UNIQUE INDEX branch_dirty_pkey ON public.branch_dirty USING btree (tenant, branch_id, service_date)
CREATE UNIQUE INDEX branch_pkey ON public.branch USING btree (tenant, id)
CREATE UNIQUE INDEX branch_seq_pkey ON public.branch_seq USING btree (tenant, branch_id)
CREATE UNIQUE INDEX branch_tenant_external_id_key ON public.branch USING btree (tenant, external_id)
CREATE INDEX case_not_taken ON public.exception_case USING btree (tenant, critical_at) WHERE ((state = 'open'::text) AND (band = 'critical'::text) AND (taken_at IS NULL))
CREATE UNIQUE INDEX clinician_pin_pkey ON public.clinician_pin USING btree (tenant, clinician_id)
CREATE UNIQUE INDEX clinician_pkey ON public.clinician USING btree (tenant, party_id)
CREATE UNIQUE INDEX configuration_activation_pkey ON public.configuration_activation USING btree (tenant, id)
CREATE UNIQUE INDEX configuration_pkey ON public.configuration USING btree (tenant, id)
CREATE UNIQUE INDEX configuration_tenant_kind_hash_key ON public.configuration USING btree (tenant, kind, hash)
CREATE UNIQUE INDEX confirmation_pkey ON public.confirmation USING btree (tenant, promise_id, participant)
CREATE UNIQUE INDEX connection_hook_id_key ON public.connection USING btree (hook_id)
CREATE UNIQUE INDEX connection_pkey ON public.connection USING btree (tenant, id)
CREATE UNIQUE INDEX connection_tenant_name_key ON public.connection USING btree (tenant, name)
CREATE UNIQUE INDEX consent_pkey ON public.consent USING btree (tenant, id)
CREATE UNIQUE INDEX consent_tenant_party_id_channel_at_key ON public.consent USING btree (tenant, party_id, channel, at)
CREATE INDEX credential_by_end ON public.credential USING btree (tenant, valid_until) WHERE (status = 'active'::text)
CREATE UNIQUE INDEX credential_pkey ON public.credential USING btree (tenant, clinician_id, code, jurisdiction, number)
CREATE INDEX day_pass_by_clinician ON public.day_pass USING btree (tenant, clinician_id) WHERE (ended_at IS NULL)
CREATE UNIQUE INDEX day_pass_pkey ON public.day_pass USING btree (tenant, token_hash)
CREATE UNIQUE INDEX decision_pkey ON public.decision USING btree (tenant, branch_id, service_date, version)
CREATE UNIQUE INDEX demo_clock_pkey ON public.demo_clock USING btree (tenant)
CREATE UNIQUE INDEX demo_mark_pkey ON public.demo_mark USING btree (tenant)
CREATE UNIQUE INDEX demo_quiet_pkey ON public.demo_quiet USING btree (tenant, party_id)
CREATE INDEX disruption_by_time ON public.disruption USING btree (tenant, branch_id, starts_at, ends_at)
CREATE UNIQUE INDEX disruption_pkey ON public.disruption USING btree (tenant, id)
CREATE UNIQUE INDEX disruption_tenant_branch_id_source_key ON public.disruption USING btree (tenant, branch_id, source)
CREATE INDEX event_by_day ON public.event USING btree (tenant, branch_id, service_date, seq)
CREATE UNIQUE INDEX event_pkey ON public.event USING btree (tenant, branch_id, seq)
CREATE UNIQUE INDEX exception_case_pkey ON public.exception_case USING btree (tenant, id)
CREATE INDEX failed_try_by_age ON public.failed_try USING btree (at)
CREATE INDEX failed_try_by_key ON public.failed_try USING btree (key_hash, at)
CREATE UNIQUE INDEX hook_event_pkey ON public.hook_event USING btree (tenant, id)
CREATE UNIQUE INDEX hook_event_tenant_connection_id_kind_provider_key_key ON public.hook_event USING btree (tenant, connection_id, kind, provider_key)
CREATE INDEX hook_event_waiting ON public.hook_event USING btree (tenant, id) WHERE (read_at IS NULL)
CREATE UNIQUE INDEX import_file_pkey ON public.import_file USING btree (tenant, import_id, name)
CREATE UNIQUE INDEX import_run_pkey ON public.import_run USING btree (tenant, id)
CREATE INDEX inbound_by_number ON public.inbound USING btree (tenant, from_hash)
CREATE UNIQUE INDEX inbound_pkey ON public.inbound USING btree (tenant, id)
CREATE UNIQUE INDEX inbound_tenant_provider_provider_msg_id_key ON public.inbound USING btree (tenant, provider, provider_msg_id)
CREATE INDEX inbox_by_day ON public.inbox USING btree (tenant, branch_id, service_date)
CREATE INDEX inbox_by_offer ON public.inbox USING btree (tenant, ((body ->> 'offer_id'::text))) WHERE (kind = 'offer_answered'::text)
CREATE INDEX inbox_day_by_day ON public.inbox_day USING btree (tenant, branch_id, service_date)
CREATE UNIQUE INDEX inbox_day_pkey ON public.inbox_day USING btree (tenant, inbox_id, branch_id, service_date)
CREATE INDEX inbox_new ON public.inbox USING btree (tenant, branch_id, service_date) WHERE (state = 'new'::text)
CREATE UNIQUE INDEX inbox_pkey ON public.inbox USING btree (tenant, id)
CREATE UNIQUE INDEX inbox_tenant_source_source_id_key ON public.inbox USING btree (tenant, source, source_id)
CREATE INDEX message_attempt_by_time ON public.message_attempt USING btree (tenant, started_at)
CREATE UNIQUE INDEX message_attempt_pkey ON public.message_attempt USING btree (tenant, touch_id, attempt_no)
CREATE UNIQUE INDEX occupancy_pkey ON public.occupancy USING btree (tenant, layer, subject_id, "position")
CREATE INDEX offer_by_day ON public.offer USING btree (tenant, branch_id, service_date)
CREATE INDEX offer_candidate_by_clinician ON public.offer_candidate USING btree (tenant, clinician_id, asked_at)
CREATE UNIQUE INDEX offer_candidate_pkey ON public.offer_candidate USING btree (tenant, offer_id, clinician_id)
CREATE UNIQUE INDEX offer_pkey ON public.offer USING btree (tenant, id)
CREATE UNIQUE INDEX offer_tenant_visit_id_position_round_key ON public.offer USING btree (tenant, visit_id, "position", round)
CREATE UNIQUE INDEX oidc_request_by_state ON public.oidc_request USING btree (tenant, state_hash)
CREATE UNIQUE INDEX oidc_request_pkey ON public.oidc_request USING btree (tenant, id)
CREATE UNIQUE INDEX one_account_of_a_clinician ON public.account USING btree (tenant, clinician_id) WHERE (clinician_id IS NOT NULL)
CREATE UNIQUE INDEX one_account_of_a_subject ON public.account USING btree (tenant, issuer, subject) WHERE (subject <> ''::text)
CREATE UNIQUE INDEX one_active_of_a_kind ON public.configuration USING btree (tenant, kind) WHERE (state = 'active'::text)
CREATE UNIQUE INDEX one_active_sign_in_provider ON public.sign_in_provider USING btree (tenant) WHERE active
CREATE UNIQUE INDEX one_key_of_a_name ON public.api_key USING btree (tenant, name) WHERE (revoked_at IS NULL)
CREATE UNIQUE INDEX one_live_attempt ON public.message_attempt USING btree (tenant, touch_id) WHERE ((outcome IS NULL) OR (outcome = ANY (ARRAY['unknown'::text, 'accepted'::text])))
CREATE UNIQUE INDEX one_open_case ON public.exception_case USING btree (tenant, kind, subject_kind, subject_id, subject_position) WHERE (state <> 'closed'::text)
CREATE UNIQUE INDEX one_open_prompt ON public.open_prompt USING btree (tenant, party_id) WHERE (closed_at IS NULL)
CREATE UNIQUE INDEX one_pending_offer ON public.offer USING btree (tenant, visit_id, "position") WHERE (state = 'pending'::text)
CREATE INDEX one_place_at_a_time ON public.occupancy USING gist (tenant, clinician_id, layer, busy)
CREATE UNIQUE INDEX one_suppression ON public.suppression USING btree (tenant, addr_hash, channel, reason) WHERE (lifted_at IS NULL)
CREATE UNIQUE INDEX one_winner ON public.offer_candidate USING btree (tenant, offer_id) WHERE (state = 'accepted'::text)
CREATE INDEX open_prompt_by_addr ON public.open_prompt USING btree (tenant, addr_hash) WHERE (closed_at IS NULL)
CREATE UNIQUE INDEX open_prompt_pkey ON public.open_prompt USING btree (tenant, id)
CREATE UNIQUE INDEX outreach_pkey ON public.outreach USING btree (tenant)
CREATE UNIQUE INDEX pair_rule_pkey ON public.pair_rule USING btree (tenant, patient_id, clinician_id, kind)
CREATE UNIQUE INDEX party_pkey ON public.party USING btree (tenant, id)
CREATE UNIQUE INDEX party_tenant_kind_external_id_key ON public.party USING btree (tenant, kind, external_id)
CREATE UNIQUE INDEX patient_pkey ON public.patient USING btree (tenant, party_id)
CREATE UNIQUE INDEX patient_token_pkey ON public.patient_token USING btree (token_hash)
CREATE UNIQUE INDEX place_pkey ON public.place USING btree (tenant, id)
CREATE UNIQUE INDEX place_tenant_owner_key_key ON public.place USING btree (tenant, owner_key)
CREATE UNIQUE INDEX plan_head_pkey ON public.plan_head USING btree (tenant, branch_id, service_date, stage)
CREATE UNIQUE INDEX plan_lease_pkey ON public.plan_lease USING btree (tenant, branch_id, service_date)
CREATE UNIQUE INDEX plan_pkey ON public.plan USING btree (tenant, branch_id, service_date, version)
CREATE INDEX promise_by_touch ON public.promise USING btree (tenant, touch_id)
CREATE UNIQUE INDEX promise_pkey ON public.promise USING btree (tenant, id)
CREATE UNIQUE INDEX promise_tenant_visit_id_party_id_seq_key ON public.promise USING btree (tenant, visit_id, party_id, seq)
CREATE UNIQUE INDEX prompt_promise_pkey ON public.prompt_promise USING btree (tenant, prompt_id, promise_id)
CREATE INDEX quarantine_open ON public.quarantine USING btree (tenant, branch_id, file) WHERE (mended_at IS NULL)
CREATE UNIQUE INDEX quarantine_pkey ON public.quarantine USING btree (tenant, id)
CREATE UNIQUE INDEX recovery_code_pkey ON public.recovery_code USING btree (tenant, account_id, code_hash)
CREATE UNIQUE INDEX sender_pkey ON public.sender USING btree (tenant, id)
CREATE UNIQUE INDEX sender_tenant_connection_id_channel_audience_key ON public.sender USING btree (tenant, connection_id, channel, audience)
CREATE UNIQUE INDEX service_pkey ON public.service USING btree (tenant, code)
CREATE UNIQUE INDEX session_by_token ON public.session USING btree (tenant, token_hash)
CREATE INDEX session_of_account ON public.session USING btree (tenant, account_id) WHERE (ended_at IS NULL)
CREATE UNIQUE INDEX session_pkey ON public.session USING btree (tenant, id)
CREATE UNIQUE INDEX sign_in_group_branch_pkey ON public.sign_in_group_branch USING btree (tenant, provider_id, name, branch_id)
CREATE UNIQUE INDEX sign_in_group_pkey ON public.sign_in_group USING btree (tenant, provider_id, name)
CREATE UNIQUE INDEX sign_in_provider_pkey ON public.sign_in_provider USING btree (tenant, id)
CREATE UNIQUE INDEX sign_in_provider_tenant_name_key ON public.sign_in_provider USING btree (tenant, name)
CREATE UNIQUE INDEX suppression_pkey ON public.suppression USING btree (tenant, id)
CREATE UNIQUE INDEX test_recipient_pkey ON public.test_recipient USING btree (tenant, party_id)
CREATE INDEX touch_by_day ON public.touch USING btree (tenant, branch_id, service_date)
CREATE INDEX touch_by_party ON public.touch USING btree (tenant, party_id)
CREATE INDEX touch_case_by_case ON public.touch_case USING btree (tenant, case_id)
CREATE UNIQUE INDEX touch_case_pkey ON public.touch_case USING btree (tenant, touch_id, case_id)
CREATE INDEX touch_due ON public.touch USING btree (tenant, priority, due_at) WHERE (state = 'planned'::text)
CREATE INDEX touch_due_on_channel ON public.touch USING btree (tenant, channel, priority, due_at) WHERE (state = 'planned'::text)
CREATE INDEX touch_leased ON public.touch USING btree (tenant, lease_until) WHERE (state = ANY (ARRAY['claimed'::text, 'sending'::text]))
CREATE INDEX touch_of_day ON public.touch USING btree (tenant, service_date) WHERE (subject = 'clinician_day'::text)
CREATE INDEX touch_pending ON public.touch USING btree (tenant, subject, subject_id) WHERE (state = ANY (ARRAY['planned'::text, 'claimed'::text]))
CREATE UNIQUE INDEX touch_pkey ON public.touch USING btree (tenant, id)
CREATE UNIQUE INDEX touch_tenant_subject_subject_id_subject_rev_party_id_step_o_key ON public.touch USING btree (tenant, subject, subject_id, subject_rev, party_id, step, ordinal)
CREATE INDEX touch_visit_by_visit ON public.touch_visit USING btree (tenant, visit_id)
CREATE UNIQUE INDEX touch_visit_pkey ON public.touch_visit USING btree (tenant, touch_id, visit_id)
CREATE INDEX visit_answer_by ON public.visit USING btree (tenant, answer_by) WHERE (answer_by IS NOT NULL)
CREATE INDEX visit_by_day ON public.visit USING btree (tenant, branch_id, service_date)
CREATE INDEX visit_held_at ON public.visit USING btree (tenant, held_at) WHERE (held AND (held_at IS NOT NULL))
CREATE UNIQUE INDEX visit_order_pkey ON public.visit_order USING btree (tenant, id)
CREATE UNIQUE INDEX visit_order_tenant_external_id_key ON public.visit_order USING btree (tenant, external_id)
CREATE UNIQUE INDEX visit_pkey ON public.visit USING btree (tenant, id)
CREATE UNIQUE INDEX visit_tenant_external_id_key ON public.visit USING btree (tenant, external_id)
CREATE INDEX visit_under_way ON public.visit USING btree (tenant, started_at) WHERE (status = ANY (ARRAY['en_route'::text, 'in_progress'::text]))
CREATE UNIQUE INDEX welcome_link_pkey ON public.welcome_link USING btree (tenant, token_hash)
CREATE UNIQUE INDEX whose_pkey ON public.whose USING btree (hash, tenant)
CREATE INDEX wrong_pin_by_clinician ON public.wrong_pin USING btree (tenant, clinician_id, at)
CREATE UNIQUE INDEX wrong_pin_pkey ON public.wrong_pin USING btree (tenant, id)

-- functions
CREATE OR REPLACE FUNCTION public.active_configuration(of_kind text)
 RETURNS text
 LANGUAGE sql
 STABLE
AS $function$
  SELECT hash FROM configuration WHERE tenant = app_tenant() AND kind = of_kind AND state = 'active'
$function$

CREATE OR REPLACE FUNCTION public.app_tenant()
 RETURNS integer
 LANGUAGE sql
 STABLE
AS $function$ SELECT nullif(current_setting('app.tenant', true), '')::int $function$

CREATE OR REPLACE FUNCTION public.configuration_stays()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
BEGIN
  IF TG_OP = 'DELETE' THEN
    RAISE EXCEPTION 'a version of the configuration is never deleted';
  END IF;
  IF (to_jsonb(OLD) - 'state') IS DISTINCT FROM (to_jsonb(NEW) - 'state') THEN
    RAISE EXCEPTION 'a version of the configuration never changes';
  END IF;
  IF OLD.state <> NEW.state AND NEW.state = 'draft' THEN
    RAISE EXCEPTION 'a version that was in force is no draft again';
  END IF;
  RETURN NEW;
END $function$

CREATE OR REPLACE FUNCTION public.found_by(of_table regclass, of_column name, holds_hash boolean)
 RETURNS void
 LANGUAGE plpgsql
AS $function$
BEGIN
  EXECUTE format(
    'CREATE TRIGGER note_whose AFTER INSERT OR DELETE OR UPDATE OF %I ON %s
     FOR EACH ROW EXECUTE FUNCTION note_whose(%L, %L)', of_column, of_table, of_column, holds_hash);
  EXECUTE format(
    'INSERT INTO whose (hash, tenant) SELECT DISTINCT %s, tenant FROM %s WHERE %I IS NOT NULL ON CONFLICT DO NOTHING',
    format(CASE WHEN holds_hash THEN '%I' ELSE 'sha256_hex(%I)' END, of_column), of_table, of_column);
END $function$

CREATE OR REPLACE FUNCTION public.note_whose()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
DECLARE
  was text;
  is_now text;
  left_over boolean;
BEGIN
  IF TG_OP <> 'INSERT' THEN was := to_jsonb(OLD) ->> TG_ARGV[0]; END IF;
  IF TG_OP <> 'DELETE' THEN is_now := to_jsonb(NEW) ->> TG_ARGV[0]; END IF;
  IF was IS NOT DISTINCT FROM is_now THEN RETURN NULL; END IF;
  IF was IS NOT NULL THEN
    EXECUTE format('SELECT EXISTS (SELECT FROM %I WHERE tenant = $1 AND %I = $2)', TG_TABLE_NAME, TG_ARGV[0])
      INTO left_over USING OLD.tenant, was;
    IF NOT left_over THEN
      DELETE FROM whose
      WHERE tenant = OLD.tenant AND hash = CASE WHEN TG_ARGV[1]::boolean THEN was ELSE sha256_hex(was) END;
    END IF;
  END IF;
  IF is_now IS NOT NULL THEN
    INSERT INTO whose (hash, tenant)
    VALUES (CASE WHEN TG_ARGV[1]::boolean THEN is_now ELSE sha256_hex(is_now) END, NEW.tenant)
    ON CONFLICT DO NOTHING;
  END IF;
  RETURN NULL;
END $function$

CREATE OR REPLACE FUNCTION public.rev_guard()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
BEGIN
  IF NEW.rev <> OLD.rev + 1 THEN
    RAISE EXCEPTION 'lost update on %: row has rev %, the write says %', TG_TABLE_NAME, OLD.rev, NEW.rev
      USING ERRCODE = '40001';
  END IF;
  RETURN NEW;
END $function$

CREATE OR REPLACE FUNCTION public.seal_agencies()
 RETURNS void
 LANGUAGE plpgsql
AS $function$
DECLARE
  found record;
  append_only constant text[] := ARRAY['audit_row', 'access_log'];
  known_to_all constant text[] := ARRAY['agency', 'whose'];
  of_no_agency constant text[] := ARRAY['failed_try'];
BEGIN
  IF NOT has_schema_privilege('suture_app', 'public', 'USAGE') THEN
    GRANT USAGE ON SCHEMA public TO suture_app;
  END IF;
  FOR found IN
    SELECT c.oid, c.relname AS name, c.relkind AS kind, pg_get_userbyid(c.relowner) AS owner,
           c.relrowsecurity AND c.relforcerowsecurity AS sealed,
           EXISTS (SELECT FROM pg_attribute a
                   WHERE a.attrelid = c.oid AND a.attname = 'tenant' AND NOT a.attisdropped) AS of_agency,
           coalesce('security_invoker=true' = ANY (c.reloptions), false) AS for_invoker,
           ARRAY(SELECT polname FROM pg_policy p WHERE p.polrelid = c.oid) AS policies,
           ARRAY(SELECT x.privilege_type FROM aclexplode(c.relacl) x
                 WHERE x.grantee = 'suture_app'::regrole) AS granted
    FROM pg_class c
    WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p', 'v')
      AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = c.oid AND d.deptype = 'e')
    ORDER BY c.relname
  LOOP
    IF found.kind = 'v' THEN
      IF NOT found.for_invoker THEN  -- else a view reads with its owner's rights
        EXECUTE format('ALTER VIEW %I SET (security_invoker = true)', found.name);
      END IF;
    ELSIF found.of_agency THEN
      IF NOT found.sealed THEN
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY', found.name);
      END IF;
      IF NOT 'own_agency' = ANY (found.policies) THEN
        EXECUTE format('CREATE POLICY own_agency ON %I USING (tenant = (SELECT app_tenant()))
                        WITH CHECK (tenant = (SELECT app_tenant()))', found.name);
      END IF;
      IF NOT 'whole' = ANY (found.policies) THEN
        EXECUTE format('CREATE POLICY whole ON %I TO %I
                        USING ((SELECT current_setting(''app.whole'', true) = ''on''))', found.name, found.owner);
      END IF;
      IF found.name = ANY (known_to_all) AND NOT 'known_to_all' = ANY (found.policies) THEN
        EXECUTE format('CREATE POLICY known_to_all ON %I FOR SELECT USING (true)', found.name);
      END IF;
    END IF;
    IF NOT 'SELECT' = ANY (found.granted) THEN
      EXECUTE format('GRANT SELECT ON %I TO suture_app', found.name);
    END IF;
    IF (found.of_agency OR found.name = ANY (of_no_agency)) AND NOT 'INSERT' = ANY (found.granted) THEN
      EXECUTE format('GRANT INSERT ON %I TO suture_app', found.name);
      IF NOT found.name = ANY (append_only) THEN
        EXECUTE format('GRANT UPDATE, DELETE ON %I TO suture_app', found.name);
      END IF;
    END IF;
  END LOOP;
END $function$

CREATE OR REPLACE FUNCTION public.sha256_hex(value text)
 RETURNS text
 LANGUAGE sql
 IMMUTABLE
AS $function$ SELECT encode(sha256(convert_to(value, 'UTF8')), 'hex') $function$


-- sealed
access_log: enabled, forced
account: enabled, forced
account_branch: enabled, forced
address: enabled, forced
agency: enabled, forced
api_key: enabled, forced
api_key_branch: enabled, forced
asked_back: enabled, forced
assignment: enabled, forced
audit_row: enabled, forced
availability: enabled, forced
branch: enabled, forced
branch_dirty: enabled, forced
branch_seq: enabled, forced
clinician: enabled, forced
clinician_pin: enabled, forced
configuration: enabled, forced
configuration_activation: enabled, forced
confirmation: enabled, forced
connection: enabled, forced
consent: enabled, forced
credential: enabled, forced
day_pass: enabled, forced
decision: enabled, forced
demo_clock: enabled, forced
demo_mark: enabled, forced
demo_quiet: enabled, forced
disruption: enabled, forced
event: enabled, forced
exception_case: enabled, forced
failed_try: DISABLED
hook_event: enabled, forced
import_file: enabled, forced
import_run: enabled, forced
inbound: enabled, forced
inbox: enabled, forced
inbox_day: enabled, forced
message_attempt: enabled, forced
occupancy: enabled, forced
offer: enabled, forced
offer_candidate: enabled, forced
oidc_request: enabled, forced
open_prompt: enabled, forced
outreach: enabled, forced
pair_rule: enabled, forced
party: enabled, forced
patient: enabled, forced
patient_token: enabled, forced
place: enabled, forced
plan: enabled, forced
plan_head: enabled, forced
plan_lease: enabled, forced
promise: enabled, forced
prompt_promise: enabled, forced
quarantine: enabled, forced
recovery_code: enabled, forced
sender: enabled, forced
service: enabled, forced
session: enabled, forced
sign_in_group: enabled, forced
sign_in_group_branch: enabled, forced
sign_in_provider: enabled, forced
suppression: enabled, forced
test_recipient: enabled, forced
touch: enabled, forced
touch_case: enabled, forced
touch_visit: enabled, forced
visit: enabled, forced
visit_order: enabled, forced
welcome_link: enabled, forced
whose: enabled, forced
wrong_pin: enabled, forced

-- policies
access_log: own_agency for ALL using (tenant = ( SELECT app_tenant() AS app_tenant)) check (tenant = ( SELECT app_tenant() AS app_tenant))
access_log: whole for ALL using ( SELECT (current_setting('app.whole'::text, true) = 'on'::text)) check 
account: own_agency for ALL using (tenant = ( SELECT app_tenant() AS app_tenant)) check (tenant = ( SELECT app_tenant() AS app_tenant))
account: whole for ALL using ( SELECT (current_setting('app.whole'::text, true) = 'on'::text)) check 
account_branch: own_agency for ALL using (tenant = ( SELECT app_tenant() AS app_tenant)) check (tenant = ( SELECT app_tenant() AS app_tenant))
account_branch: whole for ALL using ( SELECT (current_setting('app.whole'::text, true) = 'on'::text)) check 
address: own_agency for ALL using (tenant = ( SELECT app_tenant() AS app_tenant)) check (tenant = ( SELECT app_tenant() AS app_tenant))
address: whole for ALL using ( SELECT (current_setting('app.whole'::text, true) = 'on'::text)) check 
agency: known_to_all for SELECT using true check 
agency: own_agency for ALL using (tenant = ( SELECT app_tenant() AS app_tenant)) check (tenant = ( SELECT app_tenant() AS app_tenant))
agency: whole for ALL using ( SELECT (current_setting('app.whole'::text, true) = 'on'::text)) check 
api_key: own_agency for ALL using (tenant = ( SELECT app_tenant() AS app_tenant)) check (tenant = ( SELECT app_tenant() AS app_tenant))
api_key: whole for ALL using ( SELECT (current_setting('app.whole'::text, true) = 'on'::text)) check 
api_key_branch: own_agency for ALL using (tenant = ( SELECT app_tenant() AS app_tenant)) check (tenant = ( SELECT app_tenant() AS app_tenant))
api_key_branch: whole for ALL using ( SELECT (current_setting('app.whole'::text, true) = 'on'::text)) check 
asked_back: own_agency for ALL using (tenant = ( SELECT app_tenant() AS app_tenant)) check (tenant = ( SELECT app_tenant() AS app_tenant))
asked_back: whole for ALL using ( SELECT (current_setting('app.whole'::text, true) = 'on'::text)) check 
assignment: own_agency for ALL using (tenant = ( SELECT app_tenant() AS app_tenant)) check (tenant = ( SELECT app_tenant() AS app_tenant))
assignment: whole for ALL using ( SELECT (current_setting('app.whole'::text, true) = 'on'::text)) check 
audit_row: own_agency for ALL using (tenant = ( SELECT app_tenant() AS app_tenant)) check (tenant = ( SELECT app_tenant() AS app_tenant))
audit_row: whole for ALL using ( SELECT (current_setting('app.whole'::text, true) = 'on'::text)) check 
availability: own_agency for ALL using (tenant = ( SELECT app_tenant() AS app_tenant)) check (tenant = ( SELECT app_tenant() AS app_tenant))
availability: whole for ALL using ( SELECT (current_setting('app.whole'::text, true) = 'on'::text)) check 
branch: own_agency for ALL using (tenant = ( SELECT app_tenant() AS app_tenant)) check (tenant = ( SELECT app_tenant() AS app_tenant))
branch: whole for ALL using ( SELECT (current_setting('app.whole'::text, true) = 'on'::text)) check 
branch_dirty: own_agency for ALL using (tenant = ( SELECT app_tenant() AS app_tenant)) check (tenant = ( SELECT app_tenant() AS app_tenant))
branch_dirty: whole for ALL using ( SELECT (current_setting('app.whole'::text, true) = 'on'::text)) check 
branch_seq: own_agency for ALL using (tenant = ( SELECT app_tenant() AS app_tenant)) check (tenant = ( SELECT app_tenant() AS app_tenant))
branch_seq: whole for ALL using ( SELECT (current_setting('app.whole'::text, true) = 'on'::text)) check 
clinician: own_agency for ALL using (tenant = ( SELECT app_tenant() AS app_tenant)) check (tenant = ( SELECT app_tenant() AS app_tenant))
clinician: whole for ALL using ( SELECT (current_setting('app.whole'::text, true) = 'on'::text)) check 
clinician_pin: own_agency for ALL using (tenant = ( SELECT app_tenant() AS app_tenant)) check (tenant = ( SELECT app_tenant() AS app_tenant))
clinician_pin: whole for ALL using ( SELECT (current_setting('app.whole'::text, true) = 'on'::text)) check 
configuration: own_agency for ALL using (tenant = ( SELECT app_tenant() AS app_tenant)) check (tenant = ( SELECT app_tenant() AS app_tenant))
configuration: whole for ALL using ( SELECT (current_setting('app.whole'::text, true) = 'on'::text)) check 
configuration_activation: own_agency for ALL using (tenant = ( SELECT app_tenant() AS app_tenant)) check (tenant = ( SELECT app_tenant() AS app_tenant))
configuration_activation: whole for ALL using ( SELECT (current_setting('app.whole'::text, true) = 'on'::text)) check 
confirmation: own_agency for ALL using (tenant = ( SELECT app_tenant() AS app_tenant)) check (tenant = ( SELECT app_tenant() AS app_tenant))
confirmation: whole for ALL using ( SELECT (current_setting('app.whole'::text, true) = 'on'::text)) check 
connection: own_agency for ALL using (tenant = ( SELECT app_tenant() AS app_tenant)) check (tenant = ( SELECT app_tenant() AS app_tenant))
connection: whole for ALL using ( SELECT (current_setting('app.whole'::text, true) = 'on'::text)) check 
consent: own_agency for ALL using (tenant = ( SELECT app_tenant() AS app_tenant)) check (tenant = ( SELECT app_tenant() AS app_tenant))
consent: whole for ALL using ( SELECT (current_setting('app.whole'::text, true) = 'on'::text)) check 
credential: own_agency for ALL using (tenant = ( SELECT app_tenant() AS app_tenant)) check (tenant = ( SELECT app_tenant() AS app_tenant))
credential: whole for ALL using ( SELECT (current_setting('app.whole'::text, true) = 'on'::text)) check 
day_pass: own_agency for ALL using (tenant = ( SELECT app_tenant() AS app_tenant)) check (tenant = ( SELECT app_tenant() AS app_tenant))
day_pass: whole for ALL using ( SELECT (current_setting('app.whole'::text, true) = 'on'::text)) check 
decision: own_agency for ALL using (tenant = ( SELECT app_tenant() AS app_tenant)) check (tenant = ( SELECT app_tenant() AS app_tenant))
decision: whole for ALL using ( SELECT (current_setting('app.whole'::text, true) = 'on'::text)) check 
demo_clock: own_agency for ALL using (tenant = ( SELECT app_tenant() AS app_tenant)) check (tenant = ( SELECT app_tenant() AS app_tenant))
demo_clock: whole for ALL using ( SELECT (current_setting('app.whole'::text, true) = 'on'::text)) check 
demo_mark: own_agency for ALL using (tenant = ( SELECT app_tenant() AS app_tenant)) check (tenant = ( SELECT app_tenant() AS app_tenant))
demo_mark: whole for ALL using ( SELECT (current_setting('app.whole'::text, true) = 'on'::text)) check 
demo_quiet: own_agency for ALL using (tenant = ( SELECT app_tenant() AS app_tenant)) check (tenant = ( SELECT app_tenant() AS app_tenant))
demo_quiet: whole for ALL using ( SELECT (current_setting('app.whole'::text, true) = 'on'::text)) check 
disruption: own_agency for ALL using (tenant = ( SELECT app_tenant() AS app_tenant)) check (tenant = ( SELECT app_tenant() AS app_tenant))
disruption: whole for ALL using ( SELECT (current_setting('app.whole'::text, true) = 'on'::text)) check 
event: own_agency for ALL using (tenant = ( SELECT app_tenant() AS app_tenant)) check (tenant = ( SELECT app_tenant() AS app_tenant))
event: whole for ALL using ( SELECT (current_setting('app.whole'::text, true) = 'on'::text)) check 
exception_case: own_agency for ALL using (tenant = ( SELECT app_tenant() AS app_tenant)) check (tenant = ( SELECT app_tenant() AS app_tenant))
exception_case: whole for ALL using ( SELECT (current_setting('app.whole'::text, true) = 'on'::text)) check 
hook_event: own_agency for ALL using (tenant = ( SELECT app_tenant() AS app_tenant)) check (tenant = ( SELECT app_tenant() AS app_tenant))
hook_event: whole for ALL using ( SELECT (current_setting('app.whole'::text, true) = 'on'::text)) check 
import_file: own_agency for ALL using (tenant = ( SELECT app_tenant() AS app_tenant)) check (tenant = ( SELECT app_tenant() AS app_tenant))
import_file: whole for ALL using ( SELECT (current_setting('app.whole'::text, true) = 'on'::text)) check 
import_run: own_agency for ALL using (tenant = ( SELECT app_tenant() AS app_tenant)) check (tenant = ( SELECT app_tenant() AS app_tenant))
import_run: whole for ALL using ( SELECT (current_setting('app.whole'::text, true) = 'on'::text)) check 
inbound: own_agency for ALL using (tenant = ( SELECT app_tenant() AS app_tenant)) check (tenant = ( SELECT app_tenant() AS app_tenant))
inbound: whole for ALL using ( SELECT (current_setting('app.whole'::text, true) = 'on'::text)) check 
inbox: own_agency for ALL using (tenant = ( SELECT app_tenant() AS app_tenant)) check (tenant = ( SELECT app_tenant() AS app_tenant))
inbox: whole for ALL using ( SELECT (current_setting('app.whole'::text, true) = 'on'::text)) check 
inbox_day: own_agency for ALL using (tenant = ( SELECT app_tenant() AS app_tenant)) check (tenant = ( SELECT app_tenant() AS app_tenant))
inbox_day: whole for ALL using ( SELECT (current_setting('app.whole'::text, true) = 'on'::text)) check 
message_attempt: own_agency for ALL using (tenant = ( SELECT app_tenant() AS app_tenant)) check (tenant = ( SELECT app_tenant() AS app_tenant))
message_attempt: whole for ALL using ( SELECT (current_setting('app.whole'::text, true) = 'on'::text)) check 
occupancy: own_agency for ALL using (tenant = ( SELECT app_tenant() AS app_tenant)) check (tenant = ( SELECT app_tenant() AS app_tenant))
occupancy: whole for ALL using ( SELECT (current_setting('app.whole'::text, true) = 'on'::text)) check 
offer: own_agency for ALL using (tenant = ( SELECT app_tenant() AS app_tenant)) check (tenant = ( SELECT app_tenant() AS app_tenant))
offer: whole for ALL using ( SELECT (current_setting('app.whole'::text, true) = 'on'::text)) check 
offer_candidate: own_agency for ALL using (tenant = ( SELECT app_tenant() AS app_tenant)) check (tenant = ( SELECT app_tenant() AS app_tenant))
offer_candidate: whole for ALL using ( SELECT (current_setting('app.whole'::text, true) = 'on'::text)) check 
oidc_request: own_agency for ALL using (tenant = ( SELECT app_tenant() AS app_tenant)) check (tenant = ( SELECT app_tenant() AS app_tenant))
oidc_request: whole for ALL using ( SELECT (current_setting('app.whole'::text, true) = 'on'::text)) check 
open_prompt: own_agency for ALL using (tenant = ( SELECT app_tenant() AS app_tenant)) check (tenant = ( SELECT app_tenant() AS app_tenant))
open_prompt: whole for ALL using ( SELECT (current_setting('app.whole'::text, true) = 'on'::text)) check 
outreach: own_agency for ALL using (tenant = ( SELECT app_tenant() AS app_tenant)) check (tenant = ( SELECT app_tenant() AS app_tenant))
outreach: whole for ALL using ( SELECT (current_setting('app.whole'::text, true) = 'on'::text)) check 
pair_rule: own_agency for ALL using (tenant = ( SELECT app_tenant() AS app_tenant)) check (tenant = ( SELECT app_tenant() AS app_tenant))
pair_rule: whole for ALL using ( SELECT (current_setting('app.whole'::text, true) = 'on'::text)) check 
party: own_agency for ALL using (tenant = ( SELECT app_tenant() AS app_tenant)) check (tenant = ( SELECT app_tenant() AS app_tenant))
party: whole for ALL using ( SELECT (current_setting('app.whole'::text, true) = 'on'::text)) check 
patient: own_agency for ALL using (tenant = ( SELECT app_tenant() AS app_tenant)) check (tenant = ( SELECT app_tenant() AS app_tenant))
patient: whole for ALL using ( SELECT (current_setting('app.whole'::text, true) = 'on'::text)) check 
patient_token: own_agency for ALL using (tenant = ( SELECT app_tenant() AS app_tenant)) check (tenant = ( SELECT app_tenant() AS app_tenant))
patient_token: whole for ALL using ( SELECT (current_setting('app.whole'::text, true) = 'on'::text)) check 
place: own_agency for ALL using (tenant = ( SELECT app_tenant() AS app_tenant)) check (tenant = ( SELECT app_tenant() AS app_tenant))
place: whole for ALL using ( SELECT (current_setting('app.whole'::text, true) = 'on'::text)) check 
plan: own_agency for ALL using (tenant = ( SELECT app_tenant() AS app_tenant)) check (tenant = ( SELECT app_tenant() AS app_tenant))
plan: whole for ALL using ( SELECT (current_setting('app.whole'::text, true) = 'on'::text)) check 
plan_head: own_agency for ALL using (tenant = ( SELECT app_tenant() AS app_tenant)) check (tenant = ( SELECT app_tenant() AS app_tenant))
plan_head: whole for ALL using ( SELECT (current_setting('app.whole'::text, true) = 'on'::text)) check 
plan_lease: own_agency for ALL using (tenant = ( SELECT app_tenant() AS app_tenant)) check (tenant = ( SELECT app_tenant() AS app_tenant))
plan_lease: whole for ALL using ( SELECT (current_setting('app.whole'::text, true) = 'on'::text)) check 
promise: own_agency for ALL using (tenant = ( SELECT app_tenant() AS app_tenant)) check (tenant = ( SELECT app_tenant() AS app_tenant))
promise: whole for ALL using ( SELECT (current_setting('app.whole'::text, true) = 'on'::text)) check 
prompt_promise: own_agency for ALL using (tenant = ( SELECT app_tenant() AS app_tenant)) check (tenant = ( SELECT app_tenant() AS app_tenant))
prompt_promise: whole for ALL using ( SELECT (current_setting('app.whole'::text, true) = 'on'::text)) check 
quarantine: own_agency for ALL using (tenant = ( SELECT app_tenant() AS app_tenant)) check (tenant = ( SELECT app_tenant() AS app_tenant))
quarantine: whole for ALL using ( SELECT (current_setting('app.whole'::text, true) = 'on'::text)) check 
recovery_code: own_agency for ALL using (tenant = ( SELECT app_tenant() AS app_tenant)) check (tenant = ( SELECT app_tenant() AS app_tenant))
recovery_code: whole for ALL using ( SELECT (current_setting('app.whole'::text, true) = 'on'::text)) check 
sender: own_agency for ALL using (tenant = ( SELECT app_tenant() AS app_tenant)) check (tenant = ( SELECT app_tenant() AS app_tenant))
sender: whole for ALL using ( SELECT (current_setting('app.whole'::text, true) = 'on'::text)) check 
service: own_agency for ALL using (tenant = ( SELECT app_tenant() AS app_tenant)) check (tenant = ( SELECT app_tenant() AS app_tenant))
service: whole for ALL using ( SELECT (current_setting('app.whole'::text, true) = 'on'::text)) check 
session: own_agency for ALL using (tenant = ( SELECT app_tenant() AS app_tenant)) check (tenant = ( SELECT app_tenant() AS app_tenant))
session: whole for ALL using ( SELECT (current_setting('app.whole'::text, true) = 'on'::text)) check 
sign_in_group: own_agency for ALL using (tenant = ( SELECT app_tenant() AS app_tenant)) check (tenant = ( SELECT app_tenant() AS app_tenant))
sign_in_group: whole for ALL using ( SELECT (current_setting('app.whole'::text, true) = 'on'::text)) check 
sign_in_group_branch: own_agency for ALL using (tenant = ( SELECT app_tenant() AS app_tenant)) check (tenant = ( SELECT app_tenant() AS app_tenant))
sign_in_group_branch: whole for ALL using ( SELECT (current_setting('app.whole'::text, true) = 'on'::text)) check 
sign_in_provider: own_agency for ALL using (tenant = ( SELECT app_tenant() AS app_tenant)) check (tenant = ( SELECT app_tenant() AS app_tenant))
sign_in_provider: whole for ALL using ( SELECT (current_setting('app.whole'::text, true) = 'on'::text)) check 
suppression: own_agency for ALL using (tenant = ( SELECT app_tenant() AS app_tenant)) check (tenant = ( SELECT app_tenant() AS app_tenant))
suppression: whole for ALL using ( SELECT (current_setting('app.whole'::text, true) = 'on'::text)) check 
test_recipient: own_agency for ALL using (tenant = ( SELECT app_tenant() AS app_tenant)) check (tenant = ( SELECT app_tenant() AS app_tenant))
test_recipient: whole for ALL using ( SELECT (current_setting('app.whole'::text, true) = 'on'::text)) check 
touch: own_agency for ALL using (tenant = ( SELECT app_tenant() AS app_tenant)) check (tenant = ( SELECT app_tenant() AS app_tenant))
touch: whole for ALL using ( SELECT (current_setting('app.whole'::text, true) = 'on'::text)) check 
touch_case: own_agency for ALL using (tenant = ( SELECT app_tenant() AS app_tenant)) check (tenant = ( SELECT app_tenant() AS app_tenant))
touch_case: whole for ALL using ( SELECT (current_setting('app.whole'::text, true) = 'on'::text)) check 
touch_visit: own_agency for ALL using (tenant = ( SELECT app_tenant() AS app_tenant)) check (tenant = ( SELECT app_tenant() AS app_tenant))
touch_visit: whole for ALL using ( SELECT (current_setting('app.whole'::text, true) = 'on'::text)) check 
visit: own_agency for ALL using (tenant = ( SELECT app_tenant() AS app_tenant)) check (tenant = ( SELECT app_tenant() AS app_tenant))
visit: whole for ALL using ( SELECT (current_setting('app.whole'::text, true) = 'on'::text)) check 
visit_order: own_agency for ALL using (tenant = ( SELECT app_tenant() AS app_tenant)) check (tenant = ( SELECT app_tenant() AS app_tenant))
visit_order: whole for ALL using ( SELECT (current_setting('app.whole'::text, true) = 'on'::text)) check 
welcome_link: own_agency for ALL using (tenant = ( SELECT app_tenant() AS app_tenant)) check (tenant = ( SELECT app_tenant() AS app_tenant))
welcome_link: whole for ALL using ( SELECT (current_setting('app.whole'::text, true) = 'on'::text)) check 
whose: known_to_all for SELECT using true check 
whose: own_agency for ALL using (tenant = ( SELECT app_tenant() AS app_tenant)) check (tenant = ( SELECT app_tenant() AS app_tenant))
whose: whole for ALL using ( SELECT (current_setting('app.whole'::text, true) = 'on'::text)) check 
wrong_pin: own_agency for ALL using (tenant = ( SELECT app_tenant() AS app_tenant)) check (tenant = ( SELECT app_tenant() AS app_tenant))
wrong_pin: whole for ALL using ( SELECT (current_setting('app.whole'::text, true) = 'on'::text)) check 

-- triggers
CREATE TRIGGER configuration_stays BEFORE DELETE OR UPDATE ON public.configuration FOR EACH ROW EXECUTE FUNCTION configuration_stays()
CREATE TRIGGER note_whose AFTER INSERT OR DELETE OR UPDATE OF token_hash ON public.patient_token FOR EACH ROW EXECUTE FUNCTION note_whose('token_hash', 't')
CREATE TRIGGER note_whose AFTER INSERT OR DELETE OR UPDATE OF key_hash ON public.api_key FOR EACH ROW EXECUTE FUNCTION note_whose('key_hash', 't')
CREATE TRIGGER note_whose AFTER INSERT OR DELETE OR UPDATE OF hook_id ON public.connection FOR EACH ROW EXECUTE FUNCTION note_whose('hook_id', 'f')
CREATE TRIGGER note_whose AFTER INSERT OR DELETE OR UPDATE OF token_hash ON public.session FOR EACH ROW EXECUTE FUNCTION note_whose('token_hash', 't')
CREATE TRIGGER note_whose AFTER INSERT OR DELETE OR UPDATE OF token_hash ON public.welcome_link FOR EACH ROW EXECUTE FUNCTION note_whose('token_hash', 't')
CREATE TRIGGER note_whose AFTER INSERT OR DELETE OR UPDATE OF state_hash ON public.oidc_request FOR EACH ROW EXECUTE FUNCTION note_whose('state_hash', 't')
CREATE TRIGGER note_whose AFTER INSERT OR DELETE OR UPDATE OF email ON public.account FOR EACH ROW EXECUTE FUNCTION note_whose('email', 'f')
CREATE TRIGGER visit_rev_guard BEFORE UPDATE ON public.visit FOR EACH ROW EXECUTE FUNCTION rev_guard()
