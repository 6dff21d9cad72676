"""What a configuration makes and where it lies, for rules, report and planner alike; knows no rule."""
