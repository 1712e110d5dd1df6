"""The official SDK as most people write it: one loop after another over typed models."""

from openai import OpenAI
from sdk_rows import invite, member, project, user
from target import BASE_URL, KEY, LARGEST, ORGANIZATION, Target, finished

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
finished()
