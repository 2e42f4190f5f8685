"""Feedback, class report, tables, exports: pure functions of records."""
