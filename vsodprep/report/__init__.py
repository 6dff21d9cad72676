"""The report: one static page and one table about everything below a results folder."""
