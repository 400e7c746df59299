-- rename manager of employees

-- The column is part of a foreign key to its own table; the index keeps up by being made again under its new name.

-- migrate:up
DROP INDEX ix_employee_manager_id;
ALTER TABLE employee DROP CONSTRAINT fk_employee_manager_id;
ALTER TABLE employee RENAME COLUMN manager_id TO reports_to;
ALTER TABLE employee ADD FOREIGN KEY (reports_to) REFERENCES employee (employee_id);
CREATE INDEX ix_employee_reports_to ON employee (reports_to);
