-- lengthen email of users

-- Posts and comments point at users, and a view reads it: SQLite builds the table anew and keeps all of them.

-- migrate:up
ALTER TABLE users ALTER COLUMN email SET DATA TYPE VARCHAR(320);
