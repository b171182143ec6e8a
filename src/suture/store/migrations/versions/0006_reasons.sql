-- Reasons are a code with values (suture.words.reason); what was stored as a sentence becomes a JSON string, and is said
-- as it was written.

ALTER TABLE quarantine ALTER COLUMN reason TYPE jsonb USING to_jsonb(reason);
ALTER TABLE import_run ALTER COLUMN why DROP DEFAULT;
ALTER TABLE import_run ALTER COLUMN why TYPE jsonb USING to_jsonb(why);
ALTER TABLE import_run ALTER COLUMN why SET DEFAULT '""'::jsonb;
ALTER TABLE exception_case ALTER COLUMN closed_because TYPE jsonb USING to_jsonb(closed_because);
