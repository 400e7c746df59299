-- create published posts view

-- migrate:up
CREATE VIEW published_posts AS
SELECT p.id, p.title, p.slug, p.created_at, u.name AS author
FROM posts p
JOIN users u ON u.id = p.author_id
WHERE p.published;
