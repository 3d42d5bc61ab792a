"""Writes calls.c from libgan.h: a call of every public function from an array of arguments, and a table of the fields of
every public struct. A type that is not known here stops the build.

make_calls.py HEADER OUTPUT
"""
import re
import sys

# Of parameters and of fields, the kind and the member of `argument` that holds it.
KINDS = {
    'int64_t': ('INTEGER', 'integer'), 'uint64_t': ('BITS', 'integer'), 'size_t': ('BITS', 'integer'),
    'uint32_t': ('BITS32', 'integer'), 'int32_t': ('INTEGER32', 'integer'), 'int': ('INTEGER32', 'integer'),
    'gan_node': ('INTEGER32', 'integer'), 'bool': ('BOOL', 'integer'), 'uint8_t': ('BYTE', 'integer'),
    'char': ('BYTE', 'integer'),
    'float': ('FLOAT', 'number'), 'double': ('DOUBLE', 'number'), 'gan_shape': ('SHAPE', 'shape'),
    'gan_term': ('TERM', 'term'), 'gan_player': ('PLAYER', 'player'), 'gan_random_state': ('RANDOM_STATE', 'state'),
    'gan_dataset_cursor': ('CURSOR', 'cursor'), 'gan_fill_fn': ('FILL', 'fill'),
    'gan_reader': ('READER', 'reader'), 'gan_writer': ('WRITER', 'writer'),
    'gan_initializer': ('INITIALIZER', None), 'gan_allocator': ('OTHER', None),
}
RETURNS = {
    'gan_status': 'status', 'gan_layer *': 'layer', 'gan_term': 'term', 'gan_player': 'player', 'void': None,
    'const char *': 'text', 'int64_t': 'number', 'uint64_t': 'number', 'int': 'number', 'double': 'number',
    'gan_node': 'number', 'size_t': 'number', 'const void *': 'address', 'gan_reader': 'reader',
    'gan_writer': 'writer',
}


def without_comments(text):
    return re.sub(r'/\*.*?\*/', '', text, flags=re.S)


def split(declaration):
    """The type and the name of a parameter or field, and how many there are of it."""
    declaration = ' '.join(declaration.split())
    match = re.fullmatch(r'(.*?)(\w+)((?:\[\w+\])?)', declaration)
    return match.group(1).strip(), match.group(2), match.group(3)


class Header:
    def __init__(self, text):
        self.handles = set(re.findall(r'typedef struct (gan_\w+) \1;', text))
        self.enums = set(re.findall(r'typedef enum (\w+)', text))
        self.callbacks = set(re.findall(r'typedef [\w *]+\(\*(\w+)\)\(', text))
        self.functions = []
        for declaration in re.findall(r'^GAN_API\s+([^;]*?);', text, flags=re.S | re.M):
            match = re.fullmatch(r'(.*?)(gan_\w+)\((.*)\)', ' '.join(declaration.split()))
            parameters = [] if match.group(3) == 'void' else [split(p)[:2] for p in match.group(3).split(',')]
            self.functions.append((match.group(2), match.group(1).strip(), parameters))
        self.structs = []
        for name, body in re.findall(r'typedef struct (\w+) \{(.*?)\n\} \w+;', text, flags=re.S):
            fields = [split(f) for f in body.split(';') if f.strip() and '(*' not in f]
            self.structs.append((name, fields))

    def kind(self, type_name):
        if type_name in KINDS:
            return KINDS[type_name]
        if type_name in self.enums:
            return 'ENUM', 'integer'
        if type_name == 'const char *':
            return 'TEXT', 'pointer'
        if type_name.removeprefix('const ').removesuffix(' *') in self.handles:
            return 'HANDLE', 'pointer'
        if type_name.endswith('*'):
            constant = type_name.startswith('const ') or type_name.endswith('const *') or type_name == 'void *'
            return 'INPUT' if constant else 'OUTPUT', 'pointer'
        if type_name in self.callbacks:
            return 'OTHER', None
        sys.exit(f'make_calls.py does not know the type {type_name}')


def write_function(header, out, number, name, returns, parameters):
    arguments = []
    for i, (type_name, _) in enumerate(parameters):
        kind, member = header.kind(type_name)
        if not member:
            sys.exit(f'make_calls.py cannot pass {type_name}')
        cast = '' if member not in ('integer', 'number') else f'({type_name})'
        arguments.append(f'{cast}a[{i}].{member}')
    if returns not in RETURNS:
        sys.exit(f'make_calls.py does not know the result {returns}')
    call = f'{name}({", ".join(arguments)});'
    result = RETURNS[returns]
    if result:
        call = f'r->{result} = {"(double)" if result == "number" else ""}{call}'
    out.append(f'static void call_{number}(const argument *a, result *r)\n{{\n    (void)a;\n    (void)r;\n'
               f'    {call}\n}}\n')
    rows = [f'{{"{p}", "{t}", {header.kind(t)[0]}}}' for t, p in parameters] or ['{NULL, NULL, OTHER}']
    out.append(f'static const parameter parameters_{number}[] = {{{", ".join(rows)}}};\n')


def write_struct(header, out, name, fields):
    rows = []
    for type_name, field, array in fields:
        count = f'sizeof((({name} *)NULL)->{field}) / sizeof((({name} *)NULL)->{field}[0])' if array else '1'
        rows.append(f'{{"{field}", "{type_name}", {header.kind(type_name)[0]}, offsetof({name}, {field}), {count}}}')
    out.append(f'static const field fields_of_{name}[] = {{\n    ' + ',\n    '.join(rows) + '};\n')


def main():
    header = Header(without_comments(open(sys.argv[1], encoding='utf-8').read()))
    out = ['#include "torture/arguments.h"\n']
    for number, (name, returns, parameters) in enumerate(header.functions):
        write_function(header, out, number, name, returns, parameters)
    for name, fields in header.structs:
        write_struct(header, out, name, fields)
    out.append('const function functions[] = {')
    for number, (name, returns, parameters) in enumerate(header.functions):
        out.append(f'    {{"{name}", "{returns}", {len(parameters)}, parameters_{number}, call_{number}}},')
    out.append('    {NULL, NULL, 0, NULL, NULL}};\n\nconst structure structures[] = {')
    for name, fields in header.structs:
        out.append(f'    {{"{name}", sizeof({name}), {len(fields)}, fields_of_{name}}},')
    out.append('    {NULL, 0, 0, NULL}};')
    if not header.functions or not header.structs:
        sys.exit('no functions or no structs were found')
    with open(sys.argv[2], 'w', encoding='utf-8') as file:
        file.write('\n'.join(out) + '\n')


main()
