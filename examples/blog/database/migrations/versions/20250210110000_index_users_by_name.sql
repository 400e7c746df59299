-- index users by name

-- What it means on every engine.
-- migrate:up
CREATE INDEX ix_users_name ON users (name);

-- How SQLite does it: its own words, so that searching by name ignores case.
-- migrate:up sqlite
CREATE INDEX ix_users_name ON users (name COLLATE NOCASE);

-- migrate:down
DROP INDEX ix_users_name;
