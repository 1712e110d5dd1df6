"""The official SDK as most people write it: one loop after another over typed models."""

from openai import OpenAI
from sdk_rows import admin_key, api_key, days, invite, member, project, service_account, user
from target import BASE_URL, JOB, KEY, LARGEST, ORGANIZATION, SINCE, Target, finished

target = Target()
client = OpenAI(admin_api_key=KEY, organization=ORGANIZATION, base_url=BASE_URL)
organization = client.admin.organization
for users in organization.users.list(limit=LARGEST).iter_pages():
    target.write("users", map(user, users.data))
for invites in organization.invites.list(limit=LARGEST).iter_pages():
    target.write("invites", map(invite, invites.data))
for projects in organization.projects.list(limit=LARGEST, include_archived=True).iter_pages():
    target.write("projects", map(project, projects.data))
    for row in projects.data:
        if row.status != "archived":
            for members in organization.projects.users.list(row.id, limit=LARGEST).iter_pages():
                target.write("members", [member(one, row.id) for one in members.data])
            if "api_keys" in JOB.lists:
                for some in organization.projects.service_accounts.list(row.id, limit=LARGEST).iter_pages():
                    target.write("service_accounts", [service_account(one, row.id) for one in some.data])
                keys = organization.projects.api_keys.list(row.id, limit=LARGEST, owner_project_access="any")
                for page in keys.iter_pages():
                    target.write("api_keys", [api_key(one, row.id) for one in page.data])
if "admin_keys" in JOB.lists:
    for page in organization.admin_api_keys.list(limit=LARGEST).iter_pages():
        target.write("admin_keys", map(admin_key, page.data))
for name, read in (("usage_completions", organization.usage.completions), ("costs", organization.usage.costs)):
    if name in JOB.lists:
        query, rows_of = days(JOB, SINCE, name)
        while True:
            buckets = read(**query)
            target.write(name, [row for day in buckets.data for row in rows_of(day)])
            if not buckets.has_more:
                break
            query["page"] = buckets.next_page
finished()
