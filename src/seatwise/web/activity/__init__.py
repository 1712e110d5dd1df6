"""Activity: what was done at the vendors, by their own audit logs. What operators did here is `web.auditlog`."""
