-- Those on call are called in an order. Expand only.

ALTER TABLE availability ADD COLUMN tier smallint NOT NULL DEFAULT 1    -- of on-call hours: 1 is called first
  CHECK (tier BETWEEN 1 AND 9);
