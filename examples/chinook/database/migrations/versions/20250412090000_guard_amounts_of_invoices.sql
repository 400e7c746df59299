-- guard amounts of invoices

-- Both tables are read by a view, which stays.

-- migrate:up
ALTER TABLE invoice_line ADD CONSTRAINT ck_invoice_line_quantity CHECK (quantity > 0);
ALTER TABLE invoice_line ALTER COLUMN quantity SET DEFAULT 1;
ALTER TABLE invoice ALTER COLUMN total SET DEFAULT 0;
