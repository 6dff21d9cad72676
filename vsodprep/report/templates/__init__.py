"""The page's templates and style sheet; a package, so that a change of theirs counts in the report's fingerprint."""
