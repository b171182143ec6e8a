-- Reasons as JSON: {"code": …, "values": {…}}, or the sentence that was stored before. Expand only: the old columns stay
-- for older code, which goes on writing them; a later release drops them.

ALTER TABLE plan ADD COLUMN why jsonb;
ALTER TABLE plan ALTER COLUMN because SET DEFAULT '';
UPDATE plan SET why = to_jsonb(because);

ALTER TABLE decision ADD COLUMN why jsonb;
ALTER TABLE decision ALTER COLUMN because SET DEFAULT '';
UPDATE decision SET why = to_jsonb(because);

ALTER TABLE exception_case ADD COLUMN closed_why jsonb;
UPDATE exception_case SET closed_why = to_jsonb(closed_because) WHERE closed_because IS NOT NULL;

ALTER TABLE touch ADD COLUMN why jsonb;
UPDATE touch SET why = to_jsonb(because) WHERE because <> '';

ALTER TABLE quarantine ADD COLUMN why jsonb;
ALTER TABLE quarantine ALTER COLUMN reason SET DEFAULT '';
UPDATE quarantine SET why = to_jsonb(reason);

ALTER TABLE import_run ADD COLUMN would_remove jsonb;
UPDATE import_run SET would_remove = to_jsonb(why) WHERE why <> '';
