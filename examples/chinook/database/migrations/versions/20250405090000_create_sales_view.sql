-- create sales view

-- migrate:up
CREATE VIEW sales AS
SELECT l.invoice_line_id, i.invoice_date, c.country, t.name AS track, g.name AS genre, l.unit_price, l.quantity
FROM invoice_line l
JOIN invoice i ON i.invoice_id = l.invoice_id
JOIN customer c ON c.customer_id = i.customer_id
JOIN track t ON t.track_id = l.track_id
LEFT JOIN genre g ON g.genre_id = t.genre_id;
