-- estimate bytes of tracks

-- 256 kilobits a second are 32 bytes a millisecond.

-- migrate:up
UPDATE track SET bytes = milliseconds * 32 WHERE bytes IS NULL;

-- migrate:down
UPDATE track SET bytes = NULL;
