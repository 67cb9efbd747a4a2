"""oracle.py - what a stack of layers means: slow, obvious, by the book.

SPDX-License-Identifier: Apache-2.0

The book is layer.md of the OCI image specification, quoted where it is
followed ("Spec:"). Where it is silent the rule is ours ("Rule:"), from
doc/design/layer.md. Written to be read; nothing here is taken from src/layer.

There are two oracles. `apply` goes through each layer once, entry by entry.
`apply_whiteouts_first` does what the specification says word for word: all
whiteouts of a layer, then its entries. They must agree, unless the layer
does what the specification has no word for; `apply` notes that in `silent`.
"""
NAME_MAX = 255       # bytes of a component
PATH_MAX = 4096      # bytes of an entry's name
TARGET_MAX = 4095    # bytes of a symlink's target
LINKS_MAX = 40       # as path_resolution(7)
WH = b".wh."


class Refuse(Exception):
    """The image is to be refused; the text is part of the message."""


class Node:
    """What an inode is on disk. Names are in the directory that has them."""

    def __init__(self, kind, entry=None):
        self.kind = kind                # dir file sym fifo char block
        self.children = {} if kind == "dir" else None
        self.entry = entry              # None: implied, nobody described it
        self.parent = self              # of a directory

    @property
    def is_dir(self):
        return self.kind == "dir"


class Name:
    """An entry's name, taken apart."""

    def __init__(self, raw):
        # Rule: "/", "./", "//" and a slash at the end say nothing; all names
        # are below the root of the image.
        self.parts = [p for p in raw.split(b"/") if p not in (b"", b".")]
        if len(raw.rstrip(b"/.")) > PATH_MAX:
            raise Refuse("a path of")
        for part in self.parts:
            if part == b"..":
                raise Refuse("'..' in the name of an entry")
            if len(part) > NAME_MAX:
                raise Refuse("a name of")
        self.dirs, self.base = self.parts[:-1], (self.parts or [b""])[-1]
        # Rule: AUFS's own bookkeeping (".wh..wh.plnk/...") is no content.
        self.is_aufs = any(p.startswith(WH + WH) for p in self.dirs)
        for part in self.dirs:
            # Spec: "it is not possible to create a filesystem which has a
            # file or directory with a name beginning with .wh."
            if part.startswith(WH) and not part.startswith(WH + WH):
                raise Refuse("a whiteout, as a directory")

    def meaning(self):
        """("entry" | "opaque" | "ignore" | "whiteout", hidden name)"""
        base = self.base
        if not base.startswith(WH):
            return ("ignore" if self.is_aufs else "entry"), None
        if base[4:] in (b"", b".", b".."):
            raise Refuse("a whiteout of nothing")
        if self.is_aufs:
            return "ignore", None
        if base == WH + WH + b".opq":
            return "opaque", None
        if base.startswith(WH + WH):
            return "ignore", None
        return "whiteout", base[4:]


class Image:
    def __init__(self):
        self.root = Node("dir")
        # (directory, name) that earlier layers made and this one has not
        # said again.
        self.lower = set()
        self.silent = set()

    # --- names to nodes

    def walk(self, parts, make):
        """The directory that PARTS lead to, links followed inside the image.

        Rule: what is missing is made (MAKE), as a directory nobody described;
        else None. "..", of a link, stops at the root. A name that is there
        and is no directory is an error."""
        at, pending, links = self.root, list(parts), 0
        while pending:
            part = pending.pop(0)
            if part in (b"", b"."):
                continue
            if part == b"..":
                at = at.parent
                continue
            node = at.children.get(part)
            if node is None:
                if not make:
                    return None
                node = self.imply(at, part)
            if node.kind == "sym":
                links += 1
                if links > LINKS_MAX:
                    raise Refuse("more than 40 symlinks on the way")
                if node.entry.link.startswith(b"/"):
                    at = self.root
                pending = node.entry.link.split(b"/") + pending
            elif not node.is_dir:
                raise Refuse("is not a directory")
            else:
                at = node
        return at

    def has_link(self, parts):
        """Is there a link (or no directory) in PARTS?"""
        at = self.root
        for part in parts:
            at = at.children.get(part)
            if at is None or not at.is_dir:
                return at is not None
        return False

    def imply(self, at, part):
        if len(part) > NAME_MAX:
            raise Refuse("a name of")
        if part.startswith(WH):
            raise Refuse("a whiteout, as a directory")
        node = Node("dir")
        self.put(at, part, node)
        return node

    def put(self, at, name, node):
        at.children[name] = node
        self.lower.discard((at, name))
        if node.is_dir:
            node.parent = at

    # --- whiteouts

    def hide(self, at, name):
        """NAME and all below it, as far as lower layers made it.

        Spec: "Files that are present in the same layer as a whiteout file can
        only be hidden by whiteout files in subsequent layers."

        Rule: a directory that stays only because this layer put something
        into it is as if it had been removed, and then implied."""
        node = at.children.get(name)
        if node is None:
            return
        if node.is_dir:
            for child in list(node.children):
                self.hide(node, child)
        if (at, name) not in self.lower:
            return
        self.lower.discard((at, name))
        if node.is_dir and node.children:
            node.entry = None
        else:
            del at.children[name]

    def whiteout(self, name, what, hidden):
        # The specification has no word for links in names of entries. Rule:
        # they mean what they mean when the entry's turn comes.
        if self.has_link(name.dirs):
            self.silent.add("whiteout below a link or file")
        at = self.walk(name.dirs, make=False)
        if at is None:
            return
        # Spec: "all siblings are hidden in the lower layer", "including
        # sub-directories and all descendants".
        for child in list(at.children) if what == "opaque" else [hidden]:
            self.hide(at, child)

    # --- entries

    def hard_target(self, link):
        name = Name(link)
        at = self.walk(name.dirs, make=False)
        if not name.parts:
            raise Refuse("a directory" if link else "not in the image")
        node = at.children.get(name.base) if at else None
        if node is None:
            raise Refuse("which is not in the image")
        # Spec: "Hardlinks are possible with all file types except
        # directories."
        if node.is_dir:
            raise Refuse("a directory")
        if (at, name.base) in self.lower:
            # Spec: "Extracting a layer with hardlink references to files
            # outside of the layer may fail." Rule: it does not; what counts
            # is what is there when the link's turn comes.
            self.silent.add("hard link to a lower file")
        return at, name.base, node

    def hard(self, at, name, entry):
        to_at, to_name, node = self.hard_target(entry.link)
        if entry.data:
            raise Refuse("hard link with content")
        if (to_at, to_name) == (at, name):
            return                      # Rule: to itself: nothing to do
        old = at.children.get(name)
        while old is not None and to_at is not self.root:
            if to_at is old:
                raise Refuse("which it would replace")
            to_at = to_at.parent
        self.put(at, name, node)

    def entry(self, name, e):
        if not name.parts:
            # Rule: the root is a directory.
            if e.kind != "dir":
                raise Refuse("the root of the image is not a directory")
            self.root.entry = e
            return
        if self.has_link(name.dirs):
            self.silent.add("entry below a link or file")
        at = self.walk(name.dirs, make=True)
        old = at.children.get(name.base)
        if e.kind == "hard":
            self.hard(at, name.base, e)
        elif e.kind == "dir" and old is not None and old.is_dir:
            # Spec: "If the entry and the existing path are both directories,
            # then the existing path's attributes MUST be replaced".
            old.entry = e
            self.lower.discard((at, name.base))
        else:
            # Spec: "In all other cases": remove, then create.
            if e.kind == "sym" and not 0 < len(e.link) <= TARGET_MAX:
                raise Refuse("a symlink to a path of")
            kind = "file" if e.kind == "sparse" else e.kind
            self.put(at, name.base, Node(kind, e))

    # --- layers

    def begin(self):
        self.lower = set()
        pending = [self.root]
        while pending:
            at = pending.pop()
            for name, node in at.children.items():
                self.lower.add((at, name))
                if node.is_dir:
                    pending.append(node)

    def one(self, e):
        """Entry E of the layer that was begun."""
        name = Name(e.name)
        what, hidden = name.meaning()
        if what == "entry":
            self.entry(name, e)
        elif what != "ignore":
            self.whiteout(name, what, hidden)

    def apply(self, layers):
        """Every layer, entry by entry; (layer, entry) that is refused, its
        number from 1, and why, or None."""
        for i, layer in enumerate(layers, 1):
            self.begin()
            for e in layer.entries:
                try:
                    self.one(e)
                except Refuse as why:
                    return i, e, str(why)
        return None

    def hide_all(self, name, what, hidden):
        """A whiteout when only lower layers are there."""
        at = self.root
        for part in name.dirs:
            at = at.children.get(part)
            if at is None or not at.is_dir:
                return
        if what == "opaque":
            at.children.clear()
        else:
            at.children.pop(hidden, None)

    def apply_whiteouts_first(self, layers):
        """Spec: "is applied first, before creating the new version [...],
        regardless of the ordering in which the whiteout file was
        encountered"."""
        for i, layer in enumerate(layers, 1):
            pending = []
            for e in layer.entries:
                try:
                    name = Name(e.name)
                    what, hidden = name.meaning()
                except Refuse as why:
                    return i, e, str(why)
                if what == "entry":
                    pending.append((name, e))
                elif what != "ignore":
                    self.hide_all(name, what, hidden)
            for name, e in pending:
                try:
                    self.entry(name, e)
                except Refuse as why:
                    return i, e, str(why)
        return None
