#!/usr/bin/env python3
"""Checks what documents and comments name: names.py ROOT

- files, by their path, its end or their name alone, and what links lead to;
- gan_... and GAN_..., which code must have;
- sentences of errors in documents ("GAN_ERROR_SHAPE: layer 2 (dense): ..."), which the library must be able to say.

CHANGELOG.md is left out: it names what is gone.
"""
import pathlib
import re
import sys

FOLDERS = ("include", "lib", "examples", "tests", "pkgconfig", "amalgamation", "debian", "packaging", "docs", ".github")
SOURCES = {".c", ".h", ".cpp", ".hpp"}
FILE = re.compile(r"(?<![\w<./*-])(?:[\w.-]+/)*[\w-]+\.(?:c|h|cpp|hpp|md|sh|py|awk|ini|map)\b(?!\.)")
NAME = re.compile(r"\b(?:gan|GAN)_\w+\b(?!\*)")
COMMENT = re.compile(r"/\*.*?\*/|(?<!:)//[^\n]*", re.DOTALL)
STRING = re.compile(r'"(?:[^"\\\n]|\\.)*"')
FOREIGN = {"cblas.h", "libgan.c"}  # each BLAS has one; the amalgamation makes the other


def is_placeholder(name):
    """Whether a name stands for others: gan_noun_verb, gan_x_destroy, lib/layers/NAME.c."""
    return bool(re.search(r"(^|[_/])(NAME|noun|verb|[a-z])(_|\.|$)|^gan_name$|^gan_layer_kind$|_$", name))


def messages_of(text):
    """The clauses of the strings of a source, as patterns: %d and the like stand for anything."""
    text = re.sub(r'"\s*(?:PRI\w+\s*)?"', "", COMMENT.sub(" ", text))
    for literal in STRING.findall(text):
        for clause in clauses_of(literal[1:-1]):
            pattern = re.escape(clause)
            yield re.compile(re.sub(r"%(?:\\-|\d|\\.|\\\*|l|z|h)*[a-zA-Z]", ".+", pattern))


def clauses_of(sentence):
    """What stands between punctuation, if it is more than two words, which are then no name and no shape."""
    for clause in re.split(r"[:;,]", re.sub(r"\([^()]*\)", "%s", sentence)):
        if len(re.findall(r"\b[a-z]{2,}\b", clause)) > 2:
            yield clause.strip()


class Checker:
    def __init__(self, root):
        self.root = root
        files = [path for folder in FOLDERS for path in sorted((root / folder).rglob("*")) if path.is_file()]
        self.files = files + [path for path in sorted(root.iterdir()) if path.is_file()]
        self.paths = [f"/{path.relative_to(root)}" for path in self.files]
        self.documents = [path for path in self.files if path.suffix == ".md" and path.name != "CHANGELOG.md"]
        self.sources = {path: path.read_text() for path in files if path.suffix in SOURCES}
        code = [COMMENT.sub(" ", text) for text in self.sources.values()]
        code += [path.read_text() for path in self.files if path.name == "meson.build" or path.suffix in (".in", ".map")]
        self.names = {name for text in code for name in NAME.findall(text)}
        self.messages = [message for path, text in self.sources.items() if path.is_relative_to(root / "lib")
                         for message in messages_of(text)]
        self.failures = 0

    def complain(self, path, text, at, sentence):
        print(f"{path.relative_to(self.root)}:{text.count(chr(10), 0, at) + 1}: {sentence}")
        self.failures += 1

    def is_file(self, name):
        return any(path.endswith(f"/{name}") for path in self.paths)

    def is_name(self, name):
        return name in self.names or name.removesuffix("s") in self.names

    def check_names(self, path, text, start, part):
        for match in FILE.finditer(part):
            if not (is_placeholder(match[0]) or match[0] in FOREIGN or self.is_file(match[0])):
                self.complain(path, text, start + match.start(), f"there is no file {match[0]}")
        for match in NAME.finditer(part):
            if not (is_placeholder(match[0]) or self.is_name(match[0])):
                self.complain(path, text, start + match.start(), f"no code has {match[0]}")

    def check_document(self, path):
        text = path.read_text()
        self.check_names(path, text, 0, re.sub(r"https?://\S+", lambda url: " " * len(url[0]), text))
        for match in re.finditer(r"\]\(([^)#]+)(?:#[^)]*)?\)", text):
            if "://" not in match[1] and not (path.parent / match[1]).exists():
                self.complain(path, text, match.start(), f"the link leads to {match[1]}, which does not exist")
        for match in re.finditer(r"GAN_ERROR_\w+: (.*)", text):
            for clause in clauses_of(match[1]):
                if not any(message.fullmatch(clause) for message in self.messages):
                    self.complain(path, text, match.start(), f"no error says '{clause}'")

    def check(self):
        for path in self.documents:
            self.check_document(path)
        for path, text in self.sources.items():
            for comment in COMMENT.finditer(STRING.sub(lambda s: '"' + "x" * (len(s[0]) - 2) + '"', text)):
                self.check_names(path, text, comment.start(), comment[0])
        print(f"{len(self.documents)} documents and {len(self.sources)} sources, {self.failures} wrong names")
        return 0 if self.documents and self.names and self.messages and not self.failures else 1


if __name__ == "__main__":
    sys.exit(Checker(pathlib.Path(sys.argv[1]).resolve()).check())
