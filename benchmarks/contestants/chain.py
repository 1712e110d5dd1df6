"""No contestant but the measure of one: the users' list page after page over a bare socket, and nothing else. The time
this takes is the longest chain *as served*, which no client that follows cursors can beat."""

import re
import socket
from urllib.parse import urlsplit

from target import BASE_URL, KEY, LARGEST, ORGANIZATION, finished

place = urlsplit(BASE_URL)
connection = socket.create_connection((place.hostname, place.port))
connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
cursor = ""
while True:
    connection.sendall(
        f"GET {place.path}/organization/users?limit={LARGEST}{cursor} HTTP/1.1\r\nHost: {place.netloc}\r\n"
        f"Authorization: Bearer {KEY}\r\nOpenAI-Organization: {ORGANIZATION}\r\n\r\n".encode()
    )
    answer = b""
    while b"\r\n\r\n" not in answer:
        answer += connection.recv(1 << 18)
    head, _, body = answer.partition(b"\r\n\r\n")
    length = re.search(rb"(?i)content-length: (\d+)", head)
    assert length, head
    while len(body) < int(length[1]):
        body += connection.recv(1 << 18)
    tail = re.search(rb'"last_id":"([^"]+)","has_more":true', body[-200:])
    if tail is None:
        break
    cursor = f"&after={tail[1].decode()}"
finished()
