-- add slug column to posts

-- migrate:up
ALTER TABLE posts ADD COLUMN slug VARCHAR(250);
UPDATE posts SET slug = REPLACE(LOWER(title), ' ', '-') || '-' || CAST(id AS VARCHAR(20));

-- Rows were written here, so fastman derives no down by itself; this one says that they may go with the column.
-- migrate:down
ALTER TABLE posts DROP COLUMN slug;
