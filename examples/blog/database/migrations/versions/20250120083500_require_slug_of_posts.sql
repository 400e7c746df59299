-- require slug of posts

-- migrate:up
ALTER TABLE posts ALTER COLUMN slug SET NOT NULL;
ALTER TABLE posts ADD UNIQUE (slug);
