-- add bytes column to track

-- migrate:up
ALTER TABLE track ADD COLUMN bytes INTEGER;
