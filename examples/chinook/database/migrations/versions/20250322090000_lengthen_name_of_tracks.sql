-- lengthen name of tracks

-- Playlists and invoice lines point at tracks.

-- migrate:up
ALTER TABLE track ALTER COLUMN name SET DATA TYPE VARCHAR(200);
