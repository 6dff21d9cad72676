"""The page's templates and its style sheet; a package, so that they install, and count when the report's code changes."""
