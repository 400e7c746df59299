//! Migrating: sources, history, planning, applying, resuming.
