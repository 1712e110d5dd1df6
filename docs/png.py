"""Makes a browser's screenshot small: at most 256 colors, packed tightly. Standard library only.

A page has few colors; the thousands in a screenshot are the soft edges of its letters, and no eye tells them from the
nearest of 256 that are well chosen.
"""

import struct
import zlib
from collections import Counter
from collections.abc import Iterator

SIGNATURE = b"\x89PNG\r\n\x1a\n"
Color = tuple[int, int, int]


def small(picture: bytes) -> bytes:
    """A PNG of at most 256 colors of an opaque 8-bit RGB or RGBA one, as browsers write them. Raises ValueError."""
    width, height, lines = _read(picture)
    palette, place = _chosen(Counter(pixel for line in lines for pixel in line))
    body = b"".join(b"\0" + bytes(place[pixel] for pixel in line) for line in lines)
    header = struct.pack(">IIBBBBB", width, height, 8, 3, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"PLTE", bytes(sum(palette, ()))), (b"IDAT", zlib.compress(body, 9)), (b"IEND", b""))
    return SIGNATURE + b"".join(_chunk(name, data) for name, data in chunks)


def _chosen(counts: Counter[Color]) -> tuple[list[Color], dict[Color, int]]:
    """The palette, and each color's place in it. Next comes always the color that most pixels miss the most."""
    palette: list[Color] = []
    far = dict.fromkeys(sorted(counts), (1 << 20, 0))
    while len(palette) < 256:
        new = max(far, key=lambda color: counts[color] * far[color][0])
        if not far[new][0]:
            break
        for color, (distance, _) in far.items():
            if (nearer := _distance(color, new)) < distance:
                far[color] = nearer, len(palette)
        palette.append(new)
    return palette, {color: number for color, (_, number) in far.items()}


def _distance(one: Color, other: Color) -> int:
    red, green, blue = one[0] - other[0], one[1] - other[1], one[2] - other[2]
    return red * red + green * green + blue * blue


def _chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def _read(picture: bytes) -> tuple[int, int, list[list[Color]]]:
    chunks = dict[bytes, bytes]()
    for name, data in _chunks(picture):
        chunks[name] = chunks.get(name, b"") + data
    width, height, depth, kind, _, _, interlaced = struct.unpack(">IIBBBBB", chunks[b"IHDR"])
    if depth != 8 or kind not in (2, 6) or interlaced:
        raise ValueError("only plain 8-bit RGB and RGBA pictures are read")
    step = 3 if kind == 2 else 4
    raw, above, lines = zlib.decompress(chunks[b"IDAT"]), bytes(width * step), []
    for start in range(0, len(raw), width * step + 1):
        above = _line(raw[start], bytearray(raw[start + 1 : start + 1 + width * step]), above, step)
        lines.append(list(zip(above[0::step], above[1::step], above[2::step], strict=True)))
    return width, height, lines


def _chunks(picture: bytes) -> Iterator[tuple[bytes, bytes]]:
    at = len(SIGNATURE)
    while at < len(picture):
        (length,) = struct.unpack_from(">I", picture, at)
        yield picture[at + 4 : at + 8], picture[at + 8 : at + 8 + length]
        at += length + 12


def _line(how: int, line: bytearray, above: bytes, step: int) -> bytes:
    """A line's bytes, with the differences that PNG stores (RFC 2083, 6) added up."""
    for i in range(len(line)):
        left, up = line[i - step] if i >= step else 0, above[i]
        if how == 1:
            add = left
        elif how == 2:
            add = up
        elif how == 3:
            add = (left + up) // 2
        elif how == 4:
            add = _nearest(left, up, above[i - step] if i >= step else 0)
        else:
            break
        line[i] = (line[i] + add) & 255
    return bytes(line)


def _nearest(left: int, up: int, corner: int) -> int:
    guess = left + up - corner
    return min((left, up, corner), key=lambda each: abs(guess - each))
