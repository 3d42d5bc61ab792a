#!/usr/bin/env python3
"""Writes the whole library as two files, libgan.c and libgan.h, that build with a compiler alone:

    amalgamate.py FOLDER [DEPFILE]

The sources and their order are those of lib/*/meson.build. What is internal to a file stays so: a name that two files
use for things of their own gets the file's name in front, and its macros end with it. Kernels are written once for
each instruction set, in regions that compile for it.
"""
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
LIB = ROOT / 'lib'

TOKEN = re.compile(r'''
    (?P<space>\s+|\\\n) |
    (?P<comment>/\*.*?\*/|//[^\n]*) |
    (?P<string>"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*') |
    (?P<name>[A-Za-z_]\w*) |
    (?P<number>\.?\d(?:[eEpP][+-]|[\w.])*) |
    (?P<mark>\#\#|->|\.\.\.|.)''', re.X | re.S)
INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]+([<"])([^>"]+)[>"][^\n]*\n', re.M)

# Headers of C, and one of all systems, that some sources include only in some builds.
ALWAYS_THERE = {'errno.h', 'fenv.h', 'limits.h', 'setjmp.h', 'stdio.h', 'stdlib.h', 'string.h', 'time.h', 'unistd.h'}

# Of each instruction set the macros that say whether it is built, what gcc and clang are told, and which sources.
REGIONS = [
    ('baseline', None, None, 'isa_sources'),
    ('avx2', 'GAN_HAVE_AVX2', 'avx2,fma', 'isa_sources'),
    ('avx512', 'GAN_HAVE_AVX512', 'avx512f,avx512bw,avx512dq,avx512vl,avx2,fma', 'isa_sources'),
    ('simd128', 'GAN_HAVE_SIMD128', 'simd128', 'isa_sources'),
    ('bfloat16_baseline', 'GAN_HAVE_BFLOAT16', None, 'bfloat16_isa_sources'),
    ('bfloat16_avx512bf16', 'GAN_HAVE_AVX512BF16', 'avx512f,avx512bw,avx512dq,avx512vl,avx512bf16,avx2,fma',
     'bfloat16_isa_sources'),
    ('bfloat16_neonbf16', 'GAN_HAVE_NEONBF16', 'arch=armv8.2-a+bf16', 'bfloat16_isa_sources'),
]


def fast(what, isa=''):
    """Ends by 'pop', and begins again by 'push', the part that GAN_SMALL compiles for size. The baseline's kernels stay in
    it where there is a better level."""
    better = ' && !defined(GAN_HAVE_AVX2) && !defined(GAN_HAVE_SIMD128)' if isa.endswith('baseline') else ''
    push = 'push(__attribute__((minsize)), apply_to = function)'
    return ['#if defined(GAN_SMALL) && defined(__clang__)' + better,
            '#pragma clang attribute ' + (push if what == 'push' else what), '#endif']


def fail(sentence):
    sys.exit('amalgamate.py: ' + sentence)


# ---- Which sources there are ------------------------------------------------------------------------------------

def read_lists(folder, lists, kinds):
    """Follows subdir() in the files of Meson, and adds up their lists of sources."""
    text = re.sub(r'#[^\n]*', '', (folder / 'meson.build').read_text())
    part = re.compile(r"subdir\('([^']+)'\)|(\w+_sources) \+= files\(([^)]*?)\)|"
                      r"\['([^']+)', \[((?:'\w+'(?:, )?)+)\]\]")
    for match in part.finditer(text):
        subfolder, name, files, kind_file, kind_names = match.groups()
        if subfolder:
            read_lists(folder / subfolder, lists, kinds)
        elif kind_file:
            lists['gan_sources'].append(folder / kind_file)
            kinds += re.findall(r"'(\w+)'", kind_names)
        else:
            lists[name] += [folder / file for file in re.findall(r"'([^']+)'", files)]


def read_sources():
    lists = {name: [] for name in ('gan_sources', 'float_sources', 'isa_sources', 'bfloat16_isa_sources')}
    kinds = []
    read_lists(LIB, lists, kinds)
    listed = {file for files in lists.values() for file in files}
    for file in sorted(LIB.rglob('*.c')):
        if file not in listed:
            fail(f'{file} is in no list of sources of a meson.build')
    return lists, kinds


# ---- Names of a file's own ---------------------------------------------------------------------------------------

def tokens_of(text):
    """(kind, text, whether it is in a directive)"""
    directive, line_start, tokens = False, True, []
    for match in TOKEN.finditer(text):
        kind, value = match.lastgroup, match.group()
        if value == '#' and line_start:
            directive = True
        tokens.append((kind, value, directive))
        if kind == 'space' and '\n' in value and not value.startswith('\\'):
            directive, line_start = False, True
        elif kind not in ('space', 'comment'):
            line_start = False
    return tokens


def macros_of(text):
    return re.findall(r'^[ \t]*#[ \t]*define[ \t]+(\w+)', text, re.M)


def matching(marks, at):
    """The index of the bracket that closes the one at `at`."""
    depth = 0
    for i in range(at, len(marks)):
        depth += (marks[i] in '([{') - (marks[i] in ')]}')
        if depth == 0:
            return i
    fail('unbalanced brackets')
    return -1


def arguments_of(marks, at):
    """The marks of each argument in the brackets that open at `at`."""
    arguments, depth = [[]], 0
    for mark in marks[at + 1:matching(marks, at)]:
        if mark == ',' and depth == 0:
            arguments.append([])
            continue
        depth += (mark in '([{') - (mark in ')]}')
        arguments[-1].append(mark)
    return arguments


def declarations_of(text):
    """Declarations at the top level, without attributes, and without bodies but those of types."""
    marks = [value for kind, value, directive in tokens_of(text) if kind not in ('space', 'comment') and not directive]
    current, at = [], 0
    while at < len(marks):
        mark = marks[at]
        if mark == '__attribute__':
            at = matching(marks, at + 1)
        elif mark == '{':
            end = matching(marks, at)
            is_type = any(word in ('struct', 'union', 'enum') for word in current[-2:]) and '=' not in current
            if is_type:
                current += marks[at:end + 1]
            at = end
            if not is_type and '=' not in current:
                yield current
                current = []
        elif mark == ';':
            yield current
            current = []
        else:
            current.append(mark)
        at += 1


def declarators_of(marks):
    """The names that a declaration declares, which is without bodies."""
    names, depth, last, known = [], 0, None, False
    for i, mark in enumerate(marks + [';']):
        if depth == 0 and not known and mark in '([=;,':
            if mark == '(' and marks[i + 1:i + 2] == ['*']: # a pointer to a function
                last = next(word for word in marks[i + 2:] if re.match(r'[A-Za-z_]', word) and word != 'const')
            names.append(last)
            known = True
        if depth == 0 and mark == ',':
            known = False
        depth += (mark in '([') - (mark in ')]')
        if re.match(r'[A-Za-z_]', mark):
            last = mark
    return [name for name in names if name]


def own_names(text):
    """The names at the top level of a file that other files do not see."""
    names = set()
    for marks in declarations_of(text):
        plain, at = [], 0
        while at < len(marks):
            if marks[at] == '{':
                end = matching(marks, at)
                if marks[at - 1] not in ('struct', 'union', 'enum'):
                    names.add(marks[at - 1])
                if 'enum' in marks[max(at - 2, 0):at]:
                    depth = 0
                    for i in range(at, end):
                        if depth == 1 and marks[i - 1] in '{,' and marks[i] != ',':
                            names.add(marks[i])
                        depth += (marks[i] in '([{') - (marks[i] in ')]}')
                at = end
            else:
                plain.append(marks[at])
            at += 1
        for word in ('static', 'typedef'):
            if word in plain:
                names.update(declarators_of(plain[plain.index(word) + 1:]))
                break
    return names - set(macros_of(text)) - {'struct', 'union', 'enum'}


def made_by_macros(text, headers=()):
    """Names of functions that a macro, of the text or of headers, defines by its first argument as it is."""
    names = set()
    for match in re.finditer(r'#[ \t]*define[ \t]+(\w+)\((\w+)((?:[^\n\\]|\\\n|\\.)*)', '\n'.join([*headers, text])):
        macro, parameter, body = match.groups()
        if re.search(r'static[^(]*[ *]' + parameter + r'\(', body):
            names.update(re.findall(r'^' + macro + r'\((\w+)', text, re.M))
    return names


# ---- Renaming ----------------------------------------------------------------------------------------------------

def pasted_prefixes(text):
    """Tokens that a macro pastes something to: of wide_##name, wide_."""
    return set(re.findall(r'(?<![\w#])([a-z]\w*_)##', text))


def stringified(texts):
    """Macros that turn arguments into text, by themselves or by another macro, and the places of these arguments."""
    found, bodies = {}, []
    for match in re.finditer(r'#[ \t]*define[ \t]+(\w+)\(([^)]*)\)((?:[^\n\\]|\\\n|\\.)*)', '\n'.join(texts)):
        parameters = [name.strip() for name in match.group(2).split(',')]
        bodies.append((match.group(1), parameters, [mark for _, mark, _ in tokens_of(match.group(3)) if mark.strip()]))
        for name in re.findall(r'(?<!#)#[ \t]*(\w+)', match.group(3)):
            if name in parameters:
                found.setdefault(match.group(1), set()).add(parameters.index(name))
    before = None
    while before != sum(map(len, found.values())):
        before = sum(map(len, found.values()))
        for macro, parameters, body in bodies:
            for at, mark in enumerate(body):
                if mark not in found or body[at + 1:at + 2] != ['(']:
                    continue
                passed = arguments_of(body, at + 1)
                for place in set(found[mark]):
                    words = passed[place] if place < len(passed) else []
                    found.setdefault(macro, set()).update(parameters.index(word) for word in words if word in parameters)
    return {macro: places for macro, places in found.items() if places}


def renamed(text, names, prefix, all_stringified, where, region):
    """The text with prefix_name in place of each of the names, but for members of structs."""
    prefixes = pasted_prefixes(text) if region else set()
    tokens = tokens_of(text)
    solid = [i for i, token in enumerate(tokens) if token[0] not in ('space', 'comment')]
    place = {index: n for n, index in enumerate(solid)}
    out = [value for _, value, _ in tokens]
    structs, parameters, literal = [], set(), set()

    def near(index, step):
        n = place[index] + step
        return tokens[solid[n]][1] if 0 <= n < len(solid) else ''

    for index in solid:
        kind, value, directive = tokens[index]
        if value == 'define' and near(index, -1) == '#':
            definition = ''.join(out[index:]).split('\n', 1)[0]
            listed = re.match(r'define[ \t]+\w+\(([^)]*)\)', definition)
            parameters = set(re.findall(r'\w+', listed.group(1))) if listed else set()
        elif not directive:
            parameters = set()
        if value in ('{', '}') and not directive:
            if value == '{':
                structs.append(bool({near(index, -1), near(index, -2)} & {'struct', 'union'}))
            elif structs:
                structs.pop()
        if value in all_stringified and near(index, 1) == '(' and near(index, -1) != 'define':
            n, depth, argument = place[index] + 1, 0, 0
            while n < len(solid):
                mark = tokens[solid[n]][1]
                depth += (mark == '(') - (mark == ')')
                if depth == 0:
                    break
                argument += mark == ',' and depth == 1
                if argument in all_stringified[value]:
                    literal.add(solid[n])
                n += 1
        if kind != 'name':
            continue
        if region and near(index, 1) == '##' and near(index, -1) != '##' and value in parameters:
            out[index] = f'{prefix}_##{value}'
            continue
        is_own = value in names or any(value.startswith(pasted) for pasted in prefixes)
        if not is_own or near(index, -1) in ('.', '->'):
            continue
        if structs and structs[-1] and near(index, 1) in (';', ',', '[', ')', ':'):
            continue
        if index in literal:
            fail(f"{where}: '{value}', which other files also have, is turned into text by a macro; rename it there")
        out[index] = f'{prefix}_{value}'
    return ''.join(out)


# ---- Writing -----------------------------------------------------------------------------------------------------

class Amalgamation:
    def __init__(self):
        self.lists, kinds = read_sources()
        self.kinds = '#define GAN_LAYER_KINDS(X) ' + ' '.join(f'X({kind})' for kind in kinds) + '\n'
        self.headers = sorted(LIB.rglob('*.h'))
        self.texts = {file: file.read_text() for file in self.headers + sum(self.lists.values(), [])}
        self.plain = self.lists['gan_sources'] + self.lists['float_sources']
        self.stringified = stringified(self.texts.values())
        self.done, self.out = set(), []
        headers = ''.join(self.texts[file] for file in self.headers)
        public = set(re.findall(r'\bgan_\w+', headers)) # declared in a header, a struct may be defined in a source
        owners = {}
        for file in self.headers + self.plain:
            if not self.is_isa(file):
                names = own_names(self.texts[file])
                for name in names - public if file.suffix == '.c' else names:
                    owners.setdefault(name, []).append(file)
        self.clashes = {name for name, files in owners.items() if len(files) > 1}
        for name in sorted(self.clashes):
            suffixes = {file.suffix for file in owners[name]}
            if len(suffixes) == 2 or (name.startswith('gan_') and suffixes == {'.c'}):
                fail(f"'{name}' is declared in {' and '.join(str(file) for file in owners[name])}; rename one of them")

    @staticmethod
    def is_isa(file):
        return file.stem.endswith('_isa')

    def system_headers(self):
        """Those that every build includes: they come first, and the prologue has the others."""
        prologue = (ROOT / 'amalgamation' / 'prologue.c').read_text()
        found = set()
        for text in self.texts.values():
            depth = 0
            for line in text.split('\n'):
                if re.match(r'\s*#\s*if(?!ndef GAN_\w+_H$)', line):
                    depth += 1
                elif re.match(r'\s*#\s*endif', line):
                    depth -= 1
                match = INCLUDE.match(line + '\n')
                if match and match.group(1) == '<' and f'#include <{match.group(2)}>' not in prologue:
                    if depth > 0 and match.group(2) not in ALWAYS_THERE:
                        fail(f'<{match.group(2)}> is included in some builds only: amalgamation/prologue.c has to say in which')
                    found.add(match.group(2))
        return sorted(found)

    def with_headers(self, file, text, visit):
        """The text with what `visit` gives for each header of the library, and without others."""

        def put(match):
            if match.group(1) == '<':
                return ''
            if match.group(2) == 'libgan.h':
                return ''
            if match.group(2) == 'layers/layer_kinds.h':
                return self.kinds
            header = LIB / match.group(2)
            if header not in self.texts:
                fail(f'{file} includes {match.group(2)}, which is not in lib/')
            return visit(header)

        text = re.sub(r'^[ \t]*#(define|undef) _GNU_SOURCE[^\n]*\n', '', text, flags=re.M)
        return INCLUDE.sub(put, text)

    def plain_header(self, header):
        if self.is_isa(header) or header in self.done:
            return ''
        self.done.add(header)
        return self.with_headers(header, self.texts[header], self.plain_header)

    def plain_source(self, file):
        text = self.with_headers(file, self.texts[file], lambda header: '')
        before = self.collect_headers(file, self.plain_header)
        names = own_names(self.texts[file]) & self.clashes
        text = renamed(text, names, file.stem, self.stringified, file, False)
        return before + self.titled(file, text)

    def collect_headers(self, file, visit):
        return ''.join(visit(LIB / match.group(2)) for match in INCLUDE.finditer(self.texts[file])
                       if match.group(1) == '"' and match.group(2) not in ('libgan.h', 'layers/layer_kinds.h'))

    def titled(self, file, text):
        macros = sorted(set(macros_of(text)) - {'GAN_LAYER_KINDS'})
        undefined = ''.join(f'#undef {name}\n' for name in macros)
        return f'/* ==== {file.relative_to(ROOT)} ==== */\n{text}{undefined}\n'

    def region(self, isa, condition, target, sources):
        shared, done, out = {}, set(), []

        def guarded(header):
            """Writes the headers of instruction sets that have a guard, once a region; others are part of a source."""
            if header in done:
                return ''
            done.add(header)
            if header not in self.done and not self.is_isa(header):
                return self.plain_header(header)
            inner = self.collect_headers(header, guarded)
            if not self.is_isa(header) or '_H\n' not in self.texts[header][:2000]:
                return inner
            text = re.sub(r'^#(ifndef|define) GAN_\w+_ISA_H\n', '', self.texts[header], flags=re.M)
            text = re.sub(r'\n#endif\s*$', '\n', text)
            seen = [self.texts[other] for other in done if self.is_isa(other)]
            shared.update({name: True for name in own_names(text) | made_by_macros(text, seen)})
            text = self.with_headers(header, text, lambda _: '')
            return inner + renamed(text, set(shared), isa, self.stringified, header, True)

        for file in self.lists[sources]:
            out.append(self.collect_headers(file, guarded))
            names = own_names(self.texts[file]) | made_by_macros(self.texts[file])

            def inline(header):
                return self.texts[header] if self.is_isa(header) and header not in done_guarded else ''
            done_guarded = {header for header in done if '_H\n' in self.texts[header][:2000]}
            text = self.with_headers(file, self.texts[file], inline)
            text = renamed(text, names | own_names(text), f'{isa}_{file.stem}', self.stringified, file, True)
            text = renamed(text, set(shared), isa, self.stringified, file, False)
            out.append(self.titled(file, text))
        name = isa.replace('bfloat16_', '')
        begin = [f'#if defined({condition})'] if condition else []
        begin += fast('pop', isa)
        size = 64 if name.startswith('avx512') else 32 if name == 'avx2' else 16
        begin += [f'#define GAN_VECTOR_BYTES {size}']
        if name in ('avx512bf16', 'neonbf16'):
            begin += ['#define GAN_HAS_BFLOAT16_PRODUCTS']
        begin += [f'#define GAN_ISA {name}', '#if defined(__clang__)', '#pragma clang fp contract(fast)']
        if target:
            begin += [f'#pragma clang attribute push(__attribute__((target("{target}"))), apply_to = function)']
        begin += ['#elif defined(__GNUC__)', '#pragma GCC push_options',
                  '#pragma GCC optimize("O3", "fp-contract=fast", "no-math-errno", "no-trapping-math")']
        if target:
            wide = ',prefer-vector-width=512' if 'avx512' in target else ''
            begin += [f'#pragma GCC target("{target}{wide}")']
        begin += ['#endif']
        end = ['#undef GAN_ISA', '#undef GAN_VECTOR_BYTES', '#undef GAN_HAS_BFLOAT16_PRODUCTS', '#if defined(__clang__)'] + (['#pragma clang attribute pop'] if target else [])
        end += ['#pragma STDC FP_CONTRACT OFF', '#elif defined(__GNUC__)', '#pragma GCC pop_options', '#endif']
        end += fast('push', isa)
        end += ['#endif'] if condition else []
        if isa.startswith('bfloat16'):
            begin += ['#define GAN_BFLOAT16']
            end = ['#undef GAN_BFLOAT16'] + end
        return '\n'.join(begin) + '\n' + ''.join(out) + '\n'.join(end) + '\n\n'

    def write(self):
        prologue = (ROOT / 'amalgamation' / 'prologue.c').read_text()
        includes = ''.join(f'#include <{name}>\n' for name in self.system_headers())
        parts = [prologue.replace('/* SYSTEM HEADERS */\n', includes)]
        parts += ['\n'.join(fast('push')) + '\n']
        parts += [self.plain_source(file) for file in self.plain]
        parts += [self.region(*region) for region in REGIONS]
        parts += ['\n'.join(fast('pop')) + '\n', '#pragma GCC visibility pop\n']
        return re.sub(r'\n{3,}', '\n\n', ''.join(parts))


def main():
    if len(sys.argv) < 2 or sys.argv[1].startswith("-"):
        sys.exit("usage: amalgamate.py FOLDER [DEPENDENCIES]\nwrites FOLDER/libgan.c and FOLDER/libgan.h")
    folder = pathlib.Path(sys.argv[1])
    amalgamation = Amalgamation()
    text = amalgamation.write()
    folder.mkdir(parents=True, exist_ok=True)
    (folder / 'libgan.c').write_text(text)
    (folder / 'libgan.h').write_text((ROOT / 'include' / 'libgan.h').read_text())
    if len(sys.argv) > 2:
        needed = list(amalgamation.texts) + sorted(LIB.rglob('meson.build'))
        needed += [ROOT / 'include' / 'libgan.h', ROOT / 'amalgamation' / 'prologue.c']
        pathlib.Path(sys.argv[2]).write_text(
            f'{folder / "libgan.c"}: ' +
            ' '.join(str(file).replace(' ', '\\ ') for file in needed) + '\n')


if __name__ == '__main__':
    main()
