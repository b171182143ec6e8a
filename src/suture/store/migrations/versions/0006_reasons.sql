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
