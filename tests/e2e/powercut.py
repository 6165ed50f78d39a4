# SPDX-License-Identifier: Apache-2.0
"""What a disk may hold after its power was cut: a model fed by cutio.so.

A Disk starts as a folder is, takes the records of a trace up to some moment
and then answers with one of the many states that the folder may be found in.
Durable is what a sync that has returned covered; of all else each 4 KiB page
is found as it was at any moment since its last sync, or as a mix of 512-byte
sectors of such moments; lengths are old or new; and of the changes to the
names in a folder since its last sync the first few are kept, as a journalling
file system does, or, with is_chaotic, any of them, as POSIX allows.
"""
import mmap
import os
import struct

PAGE, SECTOR = 4096, 512
TOP = struct.Struct("<QIIQ")
RECORD = struct.Struct("<IIQQQ")
CREATE, WRITE, RESIZE, BEGIN, DONE, RENAME, UNLINK, MKDIR, MAP = range(1, 10)
FIRST = 64  # offset of the first record


class Trace:
    """The file that cutio.so maps; position() is the moment that now is.
    Moments count from base on."""

    def __init__(self, path, size, base=0):
        self.base = base
        with open(path, "wb") as f:
            f.write(TOP.pack(FIRST, 0, 0, 0))
            f.truncate(size)
        os.chmod(path, 0o666)
        with open(path, "r+b") as f:
            self.map = mmap.mmap(f.fileno(), size)

    def position(self):
        return self.base + struct.unpack_from("<Q", self.map, 0)[0]

    def records(self):
        """Yields (end, kind, id, at, is_durable, data); at end it was there."""
        end, _, is_full, _ = TOP.unpack_from(self.map, 0)
        if is_full:
            raise AssertionError("the trace is full")
        at = FIRST
        while at < end:
            kind, n, ident, where, is_durable = RECORD.unpack_from(self.map, at)
            data = self.map[at + RECORD.size:at + RECORD.size + n]
            at += (RECORD.size + n + 7) & ~7
            yield self.base + at, kind, ident, where, is_durable, data

    def close(self):
        self.map.close()


class File:
    """Durable pages and length, and what happened to them since, in order."""

    def __init__(self, content=b""):
        self.durable = {i: content[i * PAGE:(i + 1) * PAGE].ljust(PAGE, b"\0")
                        for i in range((len(content) + PAGE - 1) // PAGE)}
        self.size = len(content)
        self.pages, self.sizes = {}, []  # page -> [(when, bytes)]; [(when, size)]
        self.shrunk = None  # when it last became shorter, if not yet synced
        self.is_mapped = False

    def page(self, i):
        versions = self.pages.get(i)
        return versions[-1][1] if versions else self.durable.get(i, bytes(PAGE))

    def length(self):
        return self.sizes[-1][1] if self.sizes else self.size

    def write(self, when, at, data):
        done = 0
        while done < len(data):
            i, off = divmod(at + done, PAGE)
            n = min(PAGE - off, len(data) - done)
            old = self.page(i)
            self.pages.setdefault(i, []).append((when, old[:off] + data[done:done + n] + old[off + n:]))
            done += n
        if at + len(data) > self.length():
            self.sizes.append((when, at + len(data)))

    def resize(self, when, size):
        old = self.length()
        if size < old:
            self.shrunk = when
            keep = size % PAGE
            for i in set(self.pages) | set(self.durable):
                if (i + 1) * PAGE > size:
                    head = self.page(i)[:keep] if i * PAGE < size else b""
                    self.pages.setdefault(i, []).append((when, head.ljust(PAGE, b"\0")))
        if size != old:
            self.sizes.append((when, size))

    def _harden(self, i, when):
        versions = self.pages[i]
        while versions and versions[0][0] < when:
            self.durable[i] = versions.pop(0)[1]
        if not versions:
            del self.pages[i]

    def sync(self, when):
        """All that happened before when is durable."""
        for i in list(self.pages):
            self._harden(i, when)
        while self.sizes and self.sizes[0][0] < when:
            self.size = self.sizes.pop(0)[1]
        if self.shrunk is not None and self.shrunk < when:
            self.shrunk = None

    def sync_range(self, at, n, when):
        """A write through O_DSYNC: its pages, and the length it needs."""
        for i in range(at // PAGE, (at + n - 1) // PAGE + 1):
            if i in self.pages:
                self._harden(i, when)
        self.size = max(self.size, at + n)

    def _choose(self, i, versions, rng, keep):
        old = self.durable.get(i, bytes(PAGE))
        states = [old] + [v for _, v in versions]
        if rng.random() >= keep:
            return old
        if rng.random() < 0.5:
            return states[-1]
        if rng.random() < 0.5:
            return rng.choice(states)
        return b"".join(rng.choice(states)[s:s + SECTOR] for s in range(0, PAGE, SECTOR))

    def cut(self, rng, keep):
        """One of the contents that may be found; keep: share of unsynced
        pages that reached the disk."""
        pages, sizes = self.pages, [s for _, s in self.sizes]
        if self.shrunk is not None and rng.random() < 0.5:  # the shortening did not get there, nor what followed
            pages = {i: [v for v in vs if v[0] < self.shrunk] for i, vs in pages.items()}
            sizes = [s for w, s in self.sizes if w < self.shrunk]
        elif self.shrunk is not None:
            sizes = [s for w, s in self.sizes if w >= self.shrunk]
        size = self.size
        if sizes and (self.shrunk is not None and pages is self.pages or rng.random() < max(keep, 0.1)):
            size = sizes[-1] if rng.random() < 0.5 else rng.choice(sizes)
        out = bytearray(size)
        for i, content in self.durable.items():
            out[i * PAGE:(i + 1) * PAGE] = content
        for i, versions in pages.items():
            if i * PAGE < size:
                end = max(len(out), (i + 1) * PAGE)
                out.extend(bytes(end - len(out)))
                out[i * PAGE:(i + 1) * PAGE] = self._choose(i, versions, rng, keep)
        del out[size:]
        out.extend(bytes(size - len(out)))
        return bytes(out)

    def whole(self):
        """As if all had been synced."""
        n = self.length()
        out = b"".join(self.page(i) for i in range((n + PAGE - 1) // PAGE))
        return out[:n]


class Folder:
    def __init__(self):
        self.durable = {}  # name -> File or Folder
        self.changes = []  # (when, {name: File, Folder or None})

    def now(self):
        out = dict(self.durable)
        for _, change in self.changes:
            out.update(change)
        return {n: x for n, x in out.items() if x is not None}

    def sync(self, when):
        while self.changes and self.changes[0][0] < when:
            self.durable.update(self.changes.pop(0)[1])

    def cut(self, rng, keep, is_chaotic):
        out = dict(self.durable)
        if is_chaotic:
            kept = [c for _, c in self.changes if rng.random() < keep]
        else:
            kept = [c for _, c in self.changes[:round(len(self.changes) * rng.random() ** (1 - keep))]] if keep else []
        for change in kept:
            out.update(change)
        return {n: x for n, x in out.items() if x is not None}


class Disk:
    """The folder at root, and what a trace did to it."""

    def __init__(self, root):
        self.root, self.by_id, self.begun = root.rstrip("/"), {}, {}
        self.folders = {self.root: Folder()}
        for path, folders, files in os.walk(self.root):
            here = self.folders[path]
            self.by_id[os.stat(path).st_ino] = here
            for name in folders:
                here.durable[name] = self.folders[path + "/" + name] = Folder()
            for name in files:
                with open(path + "/" + name, "rb") as f:
                    here.durable[name] = File(f.read())
                    self.by_id[os.fstat(f.fileno()).st_ino] = here.durable[name]

    def _place(self, path):
        folder, name = os.path.split(os.path.normpath(path))
        return self.folders[folder], name

    def take(self, record):
        """One record; returns the file that became durable with it."""
        end, kind, ident, at, is_durable, data = record
        if kind == CREATE:
            folder, name = self._place(data.decode())
            self.by_id[ident] = File()
            folder.changes.append((end, {name: self.by_id[ident]}))
        elif kind == MKDIR:
            path = os.path.normpath(data.decode())
            folder, name = self._place(path)
            self.by_id[ident] = self.folders[path] = Folder()
            folder.changes.append((end, {name: self.folders[path]}))
        elif kind == UNLINK:
            folder, name = self._place(data.decode())
            folder.changes.append((end, {name: None}))
        elif kind == RENAME:
            old, new = (self._place(p.decode()) for p in data.split(b"\0"))
            assert old[0] is new[0], "a rename across folders"
            old[0].changes.append((end, {old[1]: None, new[1]: old[0].now()[old[1]]}))
        elif kind == WRITE:
            f = self.by_id[ident]
            f.write(end, at, data)
            if is_durable:
                f.sync_range(at, len(data), end + 1)
                return f
        elif kind == RESIZE:
            self.by_id[ident].resize(end, at)
        elif kind == MAP:
            self.by_id[ident].is_mapped = True
        elif kind == BEGIN:
            self.begun[at] = end
        elif kind == DONE:
            self.by_id[ident].sync(self.begun.pop(at))
            return self.by_id[ident]
        return None

    def find(self, path):
        folder, name = self._place(self.root + "/" + path)
        return folder.now().get(name)

    def cut(self, rng):
        """{path: content, or None for a folder}, as the power's return may find it."""
        keep = rng.choice((0.0, 1.0, rng.random(), rng.random()))
        is_chaotic = rng.random() < 0.25
        out = {}
        self._cut(out, self.folders[self.root], "", rng, keep, is_chaotic)
        return out

    def _cut(self, out, folder, prefix, rng, keep, is_chaotic):
        todo = [(folder, prefix)]
        while todo:
            here, at = todo.pop()
            for name, x in sorted(here.cut(rng, keep, is_chaotic).items()):
                if isinstance(x, Folder):
                    out[at + name] = None
                    todo.append((x, at + name + "/"))
                else:
                    out[at + name] = x.cut(rng, keep)

    def adopt(self, when):
        """After a kill without a cut the next life goes on with what memory
        holds. Calls that were made but not written down are in it: they count
        as made at this moment."""
        self.begun = {}
        for path, folder in list(self.folders.items()):
            names = folder.now()
            there = set(os.listdir(path)) if os.path.isdir(path) else set()
            for name in sorted(there | set(names)):
                full = path + "/" + name
                if name not in there:
                    folder.changes.append((when, {name: None}))
                    continue
                if name not in names:
                    assert not os.path.isdir(full), "a folder was made and not written down: " + full
                    names[name] = File()
                    folder.changes.append((when, {name: names[name]}))
                if isinstance(names[name], File):
                    self._adopt_file(names[name], full, when)

    def _adopt_file(self, f, path, when):
        with open(path, "rb") as real:
            self.by_id[os.fstat(real.fileno()).st_ino] = f
            content = real.read()
        if len(content) != f.length():
            f.resize(when, len(content))
        for i in range((len(content) + PAGE - 1) // PAGE):
            part = content[i * PAGE:(i + 1) * PAGE]
            if f.page(i)[:len(part)] != part:
                f.write(when, i * PAGE, part)

    def differences(self):
        """Paths whose content on disk is not what the records say: what the
        shim has not seen. Files written through a map do not count."""
        wrong, todo = [], [(self.folders[self.root], self.root)]
        while todo:
            here, path = todo.pop()
            names = here.now()
            wrong += [path + "/" + n for n in set(os.listdir(path)) ^ set(names)]
            for name, x in names.items():
                full = path + "/" + name
                if isinstance(x, Folder):
                    todo.append((x, full))
                elif not x.is_mapped and os.path.exists(full):
                    with open(full, "rb") as f:
                        if f.read() != x.whole():
                            wrong.append(full)
        return wrong


def lay_out(root, state, uid, gid):
    """Makes the folder root what state says."""
    for path, folders, files in os.walk(root, topdown=False):
        for name in files:
            os.unlink(path + "/" + name)
        for name in folders:
            os.rmdir(path + "/" + name)
    for path in sorted(state):
        full = root + "/" + path
        if state[path] is None:
            os.mkdir(full, 0o700)
        else:
            with open(full, "wb") as f:
                f.write(state[path])
            os.chmod(full, 0o600)
        os.chown(full, uid, gid)
