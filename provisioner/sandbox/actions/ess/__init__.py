"""Auto Scaling (Ess 2014-08-28): groups, their configurations, rules, instances, activities and instance refreshes."""
