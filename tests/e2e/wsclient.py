# SPDX-License-Identifier: Apache-2.0
"""A WebSocket client that says what it is told to, right or wrong
(RFC 6455). For ordinary use the tests have ethers, viem and web3."""
import json
import os
import struct

from framing import Reader, Reply

TEXT, BINARY, CLOSE, PING, PONG = 1, 2, 8, 9, 10
KEY = "dGhlIHNhbXBsZSBub25jZQ=="
ACCEPT = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="  # RFC 6455 1.3


def handshake(path="/", headers=(), version="13", key=KEY):
    lines = ["GET %s HTTP/1.1" % path, "Host: localhost", "Connection: Upgrade", "Upgrade: websocket"]
    lines += ["Sec-WebSocket-Version: " + version] if version else []
    lines += ["Sec-WebSocket-Key: " + key] if key else []
    return "\r\n".join(lines + list(headers) + ["", ""]).encode()


def frame(data=b"", op=TEXT, fin=True, mask=None, bits=0):
    """One frame as a client sends it; bits go into its first byte."""
    mask = os.urandom(4) if mask is None else mask
    n = len(data)
    if n < 126:
        head = bytes([0x80 | n])
    elif n < 65536:
        head = struct.pack(">BH", 0x80 | 126, n)
    else:
        head = struct.pack(">BQ", 0x80 | 127, n)
    word = (mask * (n // 4 + 1))[:n]
    body = (int.from_bytes(data, "big") ^ int.from_bytes(word, "big")).to_bytes(n, "big")
    return bytes([op | (0x80 if fin else 0) | bits]) + head + mask + body


def closing(code=1000, reason=b""):
    return frame(struct.pack(">H", code) + reason, CLOSE)


class Ws:
    """One connection; what comes is (op, payload)."""

    def __init__(self, g, tls=False, path=None, headers=(), timeout=60):
        self.s = g.dial(tls, timeout)
        self.s.sendall(handshake(path or ("/rpc" if tls is True else "/"), headers))
        self.rd = Reader(self.s)
        self.reply = Reply.read(self.rd)

    def take(self, n):
        while len(self.rd.buf) < n:
            self.rd.more()
        got, self.rd.buf = self.rd.buf[:n], self.rd.buf[n:]
        return got

    def recv(self):
        """The next frame; ours are never fragmented nor masked."""
        a, b = self.take(2)
        assert a & 0xf0 == 0x80 and b < 128, (a, b)
        n = struct.unpack(">H", self.take(2))[0] if b == 126 else struct.unpack(">Q", self.take(8))[0] if b == 127 else b
        return a & 15, self.take(n)

    def recv_json(self):
        op, data = self.recv()
        assert op == TEXT, (op, data)
        return json.loads(data)

    def ask(self, doc):
        self.s.sendall(frame(doc if isinstance(doc, bytes) else json.dumps(doc).encode()))
        return self.recv_json()

    def rest(self):
        """All frames up to the end, and then the code of the close frame,
        None without one."""
        got, code = [], None
        try:
            while code is None:
                op, data = self.recv()
                if op == CLOSE:
                    code = struct.unpack(">H", data[:2])[0] if data else 1005
                else:
                    got.append((op, data))
            assert self.s.recv(1) == b"", "bytes behind the close frame"
        except (OSError, EOFError):
            pass
        return got, code

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.s.close()
