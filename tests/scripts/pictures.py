"""Pictures for the tests of example programs: PNG files of every kind, and two JPEG files."""
import base64
import pathlib
import struct
import zlib

GREY, RGB, PALETTE, GREY_ALPHA = 0, 2, 3, 4
CHANNELS = {GREY: 1, RGB: 3, PALETTE: 1, GREY_ALPHA: 2}

# 32 x 16 pixels, two squares side by side
CMYK_JPEG = base64.b64decode("""
/9j/7gAOQWRvYmUAZAAAAAAA/9sAQwANCQoLCggNCwoLDg4NDxMgFRMSEhMnHB4XIC4pMTAuKS0sMzpKPjM2RjcsLUBXQUZMTlJTUjI+WmFaUGBK
UVJP/8AAFAgAEAAgBEMRAE0RAFkRAEsRAP/EABcAAQEBAQAAAAAAAAAAAAAAAAMFBAb/xAAmEAABAgUDBAMBAAAAAAAAAAABAhEDBAUSEwAUUQYV
MUEkQmFD/9oADgRDAE0AWQBLAAA/AOHolHmK3OLlpVcJC0QzEJiEgMCB6B51w9Eo8xW5xctKrhIWiGYhMQkBgQPQPOuHolHmK3OLlpVcJC0QzEJi
EgMCB6B51w9Eo8xW5xctKrhIWiGYhMQkBgQPQPOlrvT83QsG7iQF57rcSiWZndwOdLXen5uhYN3EgLz3W4lEszO7gc6Wu9PzdCwbuJAXnutxKJZm
d3A50td6fm6Fg3cSAvPdbiUSzM7uBzqrS6bGqkyqBLqhpUlBWSskBnA9A86q0umxqpMqgS6oaVJQVkrJAZwPQPOqtLpsaqTKoEuqGlSUFZKyQGcD
0DzqrS6bGqkyqBLqhpUlBWSskBnA9A86Sq0iYpWLcLhKyvbjJPhuQOdJVaRMUrFuFwlZXtxknw3IHOkqtImKVi3C4Ssr24yT4bkDnSVWkTFKxbhc
JWV7cZJ8NyBzqN05WuxVCJNbfPfCMO2+1nILux41G6crXYqhEmtvnvhGHbfazkF3Y8ajdOVrsVQiTW3z3wjDtvtZyC7seNRunK12KoRJrb574Rh2
32s5Bd2PGtHU3UXf9t8Tb4L/AOl91zfgbxrR1N1F3/bfE2+C/wDpfdc34G8a0dTdRd/23xNvgv8A6X3XN+BvGtHU3UXf9t8Tb4L/AOl91zfgbxqj
Ran2qbXMYct0Motut9gv4PGqNFqfaptcxhy3Qyi2632C/g8ao0Wp9qm1zGHLdDKLbrfYL+DxqjRan2qbXMYct0Motut9gv4PGmrlZ7vg+PhxXfe5
3b8HGmrlZ7vg+PhxXfe53b8HGmrlZ7vg+PhxXfe53b8HGmrlZ7vg+PhxXfe53b8HGv/Z
""")
PROGRESSIVE_JPEG = base64.b64decode("""
/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDAA0JCgsKCA0LCgsODg0PEyAVExISEyccHhcgLikxMC4pLSwzOko+MzZGNywtQFdBRkxOUlNSMj5aYVpQ
YEpRUk//2wBDAQ4ODhMREyYVFSZPNS01T09PT09PT09PT09PT09PT09PT09PT09PT09PT09PT09PT09PT09PT09PT09PT09PT0//wgARCAAQACAD
ASIAAhEBAxEB/8QAFwAAAwEAAAAAAAAAAAAAAAAAAAIDBf/EABQBAQAAAAAAAAAAAAAAAAAAAAD/2gAMAwEAAhADEAAAAcNihdhz/8QAGRABAAMB
AQAAAAAAAAAAAAAAAwACBBMB/9oACAEBAAEFAhGzXfPYIR+rZSsUztwTTo7wU5Wdus//xAAUEQEAAAAAAAAAAAAAAAAAAAAQ/9oACAEDAQE/AT//
xAAUEQEAAAAAAAAAAAAAAAAAAAAQ/9oACAECAQE/AT//xAAdEAABBQADAQAAAAAAAAAAAAARAAECEiEiMVFh/9oACAEBAAY/AqxHR1NZ23xCITWG
+J5VOBR41H1WBxNxAX//xAAbEAADAQADAQAAAAAAAAAAAAAAAREhMUFxUf/aAAgBAQABPyFyajQNLdyhscjSumoN0HeLhYe9fq0u8qJYemu6f//a
AAwDAQACAAMAAAAQcA//xAAUEQEAAAAAAAAAAAAAAAAAAAAQ/9oACAEDAQE/ED//xAAUEQEAAAAAAAAAAAAAAAAAAAAQ/9oACAECAQE/ED//xAAe
EAEAAgICAwEAAAAAAAAAAAABABFBUTFhIXHR8f/aAAgBAQABPxBlvkpChDA7nd7k1VXdhuIUC1oVYYHcztvkXithuZofBWjd06n4dp0VxMvJ7gb4
dT65V10an//Z
""")


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def write_png(path, width, height, value, kind=GREY, depth=8, animated=False):
    """`value(x, y)` is a byte, or as many as the kind has channels; a palette has all greys."""
    rows = bytearray()
    for y in range(height):
        rows.append(0)
        for x in range(width):
            pixel = value(x, y)
            for byte in pixel if isinstance(pixel, tuple) else (pixel,) * CHANNELS[kind]:
                rows += bytes([byte]) * (depth // 8)
    data = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, kind, 0, 0, 0))
    if kind == PALETTE:
        data += chunk(b"PLTE", bytes(grey for grey in range(256) for _ in range(3)))
    if animated:
        data += chunk(b"acTL", struct.pack(">II", 2, 0))
    data += chunk(b"IDAT", zlib.compress(bytes(rows))) + chunk(b"IEND", b"")
    path = pathlib.Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)


def read_png(path):
    """Width, height, channels and, row after row, the bytes of an 8-bit PNG file that is not interlaced."""
    data = pathlib.Path(path).read_bytes()
    width, height, depth, kind = struct.unpack(">IIBB", data[16:26])
    assert depth == 8, depth
    packed, at = b"", 8
    while at < len(data):
        length, = struct.unpack(">I", data[at:at + 4])
        packed += data[at + 8:at + 8 + length] if data[at + 4:at + 8] == b"IDAT" else b""
        at += 12 + length
    raw, channels = zlib.decompress(packed), CHANNELS[kind]
    size, rows, above = width * channels, [], bytes(width * channels)
    for y in range(height):
        kind, row = raw[y * (size + 1)], bytearray(raw[y * (size + 1) + 1:(y + 1) * (size + 1)])
        for i in range(size):
            left, up = row[i - channels] if i >= channels else 0, above[i]
            corner = above[i - channels] if i >= channels else 0
            nearest = min((left, up, corner), key=lambda v: abs(left + up - corner - v))
            row[i] = (row[i] + (0, left, up, (left + up) // 2, nearest)[kind]) % 256
        rows.append(bytes(row))
        above = row
    return width, height, channels, rows
