-- load first tracks

-- migrate:up
INSERT INTO artist (artist_id, name) VALUES (1, 'AC/DC'), (2, 'Accept'), (3, 'Antônio Carlos Jobim');
INSERT INTO album (album_id, title, artist_id) VALUES
    (1, 'For Those About To Rock We Salute You', 1),
    (2, 'Balls to the Wall', 2),
    (3, 'Warner 25 Anos', 3);
INSERT INTO track (track_id, name, album_id, media_type_id, genre_id, composer, milliseconds, unit_price) VALUES
    (1, 'For Those About To Rock (We Salute You)', 1, 1, 1, 'Angus Young, Malcolm Young, Brian Johnson', 343719, 0.99),
    (2, 'Let''s Get It Up', 1, 1, 1, 'Angus Young, Malcolm Young, Brian Johnson', 233926, 0.99),
    (3, 'Balls to the Wall', 2, 2, 1, NULL, 342562, 0.99),
    (4, 'Águas De Março', 3, 1, 2, NULL, 213159, 1.99);
INSERT INTO playlist (playlist_id, name) VALUES (1, 'Music'), (2, 'On-The-Go 1');
INSERT INTO playlist_track (playlist_id, track_id) VALUES (1, 1), (1, 2), (1, 3), (1, 4), (2, 4);
INSERT INTO employee (employee_id, last_name, first_name, title, reports_to, birth_date, hire_date, email) VALUES
    (1, 'Adams', 'Andrew', 'General Manager', NULL, TIMESTAMP '1962-02-18 00:00:00', TIMESTAMP '2002-08-14 00:00:00', 'andrew@chinookcorp.com'),
    (2, 'Edwards', 'Nancy', 'Sales Manager', 1, TIMESTAMP '1958-12-08 00:00:00', TIMESTAMP '2002-05-01 00:00:00', 'nancy@chinookcorp.com'),
    (3, 'Peacock', 'Jane', 'Sales Support Agent', 2, TIMESTAMP '1973-08-29 00:00:00', TIMESTAMP '2002-04-01 00:00:00', 'jane@chinookcorp.com');
INSERT INTO customer (customer_id, first_name, last_name, company, city, country, email, support_rep_id) VALUES
    (1, 'Luís', 'Gonçalves', 'Embraer', 'São José dos Campos', 'Brazil', 'luisg@embraer.com.br', 3),
    (2, 'Leonie', 'Köhler', NULL, 'Stuttgart', 'Germany', 'leonekohler@surfeu.de', 3);
INSERT INTO invoice (invoice_id, customer_id, invoice_date, billing_city, billing_country, total) VALUES
    (1, 2, TIMESTAMP '2021-01-01 00:00:00', 'Stuttgart', 'Germany', 1.98),
    (2, 1, TIMESTAMP '2021-01-02 00:00:00', 'São José dos Campos', 'Brazil', 3.98);
INSERT INTO invoice_line (invoice_line_id, invoice_id, track_id, unit_price, quantity) VALUES
    (1, 1, 2, 0.99, 1), (2, 1, 3, 0.99, 1), (3, 2, 4, 1.99, 2);

-- migrate:down
DELETE FROM invoice_line WHERE invoice_line_id <= 3;
DELETE FROM invoice WHERE invoice_id <= 2;
DELETE FROM customer WHERE customer_id <= 2;
UPDATE employee SET reports_to = NULL WHERE employee_id <= 3;
DELETE FROM employee WHERE employee_id <= 3;
DELETE FROM playlist_track WHERE track_id <= 4;
DELETE FROM playlist WHERE playlist_id <= 2;
DELETE FROM track WHERE track_id <= 4;
DELETE FROM album WHERE album_id <= 3;
DELETE FROM artist WHERE artist_id <= 3;
