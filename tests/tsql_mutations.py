"""Changes of a script that mean the same in SQL Server: its answer must stay the same."""

import re
from collections.abc import Callable
from typing import NamedTuple

from leo_helpers.tsql import TSqlError
from leo_helpers.tsql.blocks import Block, If, Simple, While
from leo_helpers.tsql.lexer import Script
from leo_helpers.tsql.splitter import split

SIGN = re.compile(
    r"\s+|--[^\n]*|N?'(?:[^']|'')*'|\[(?:[^\]]|\]\])*\]|\"(?:[^\"]|\"\")*\""
    r"|0x[0-9a-f]*|[$£€¥]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d*)?"
    r"|[@#$]*[^\W\d][\w@#$]*|[@#]+[\w@#$]*|<=|>=|<>|!=|!<|!>|[-+*/%&|^]=|::|.",
    re.IGNORECASE | re.DOTALL,
)
GO = re.compile(r"(?im)^[ \t]*go[ \t]*\d*[ \t]*;?[ \t]*$")


def signs(text):
    """Cut a text into blanks, comments, texts, names, numbers and operators."""
    out, at = [], 0
    while at < len(text):
        if text.startswith("/*", at):
            end, depth = at + 2, 1
            while depth and end < len(text):
                step = {"/*": 1, "*/": -1}.get(text[end : end + 2], 0)
                depth, end = depth + step, end + (2 if step else 1)
        else:
            end = SIGN.match(text, at).end()
        out.append(text[at:end])
        at = end
    return out


def is_blank(sign):
    """Whether a sign is a blank or a comment."""
    return sign[0].isspace() or sign.startswith(("--", "/*"))


def is_word(sign):
    """Whether a sign is a word without quotes."""
    return bool(re.match(r"[@#$]*[^\W\d]|[@#]", sign)) and not sign.upper().startswith("N'")


def solid(text):
    """Return the signs of a text that are no blanks."""
    return [sign for sign in signs(text) if not is_blank(sign)]


def whole(text):
    """Whether every quote and comment is closed, and GO stands alone wherever it stands."""
    found = signs(text)
    gos = sum(sign.upper() == "GO" for sign in found)
    return (
        gos == len(GO.findall(text))
        and not {"'", '"', "["} & set(found)
        and all(sign.endswith("*/") for sign in found if sign.startswith("/*"))
    )


def batches(change):
    """Apply a change to each batch and leave the lines with GO as they are."""

    def changed(text, draw):
        ends = [*(m.span() for m in GO.finditer(text)), (len(text), len(text))]
        out, at = "", 0
        for start, end in ends:
            out += change(text[at:start], draw)
            out += f"\n{text[start:end]}\n" if end > start else ""
            at = end
        return out

    return changed


# Layout and spelling --------------------------------------------------------------------------

GAPS = (" ", "\n", "\t", "\r\n", "  ", "/**/", " /* a /* nested */ 'b */ ", " -- it's\n", "\u00a0")
#: Other spellings of operators and words.
SPELT = {
    "<>": "!=", "!=": "<>", "<=": "!>", ">=": "!<", "exec": "execute", "execute": "exec",
    "tran": "transaction", "int": "integer", "decimal": "numeric", "some": "any",
}  # fmt: skip


def apart(left, right):
    """Whether two signs stay two with nothing between them."""
    return (
        bool(left and right)
        and len(signs(left + right)) == 2
        and not ((left[-1].isalnum() or left[-1] in "_$#@") and right[0].isalnum())
        and "." not in (left[-1], right[0])
        and right[0] not in "$£€¥"
    )


def spaced(gap):
    """Return a change that puts other blanks between the signs."""

    def change(text, draw):
        words, out = solid(text), ""
        for left, right in zip(["", *words], [*words, ""], strict=True):
            out += gap(draw, not left or not right or apart(left, right)) + right
        return out

    return batches(change)


def each_sign(new):
    """Return a change that writes each sign anew."""
    return batches(lambda text, draw: "".join(new(sign, draw) for sign in signs(text)))


def cased(sign, draw):
    """Write a word in capitals, small letters or a mix."""
    ways = (str.upper, str.lower, str.swapcase, str.title)
    return draw.choice(ways)(sign) if is_word(sign) else sign


def respelt(sign, draw):
    """Write an operator or a word in its other spelling."""
    return draw.choice((sign, SPELT.get(sign.lower(), sign)))


def quoted(text, draw):
    """Put [ ] or quotes round the names of #tables, and of columns that follow a dot."""
    out, before = [], ""
    for sign in signs(text):
        name = is_word(sign) and (before == "." or sign[0] == "#") and sign[0] != "$"
        out.append(draw.choice(("[{}]", '"{}"', "{}")).format(sign) if name else sign)
        before = before if is_blank(sign) else sign
    return "".join(out)


# Statements -----------------------------------------------------------------------------------


def parts(batch):
    """Return the statements of a batch that are in no other, as (start, end, node)."""
    script = Script(batch)
    nodes = [node for part in split(script) for node in part.body]
    starts = [*(node.start for node in nodes), len(batch) + 1]
    out = []
    for node, after in zip(nodes, starts[1:], strict=True):
        held = [t for t in script.tokens if node.start <= t.start < after]
        while held[-1].text == ";":
            held.pop()
        out.append((node.start, held[-1].end + 1, node))
    return out


def ended(statement):
    """Write a statement so that it may stand anywhere: WITH and THROW need a ; before them."""
    before = ";" if re.match(r"(?i)with|throw", statement) else ""
    return before + statement + (";" if re.search(r"(?i)\bmerge\b", statement) else "")


def each_statement(new):
    """Return a change that writes each statement anew."""

    def change(batch, draw):
        out, at = "", 0
        for start, end, node in parts(batch):
            out += batch[at:start] + new(batch[start:end], node)
            at = end
        return out + batch[at:]

    return batches(change)


def inside(form):
    """Return a change that puts each statement inside another."""
    return each_statement(lambda statement, node: form.format(ended(statement)) + " ")


def executed(statement, node):
    """Put a statement that needs nothing of its batch into EXEC."""
    free = isinstance(node, Simple) and node.word in ("SELECT", "INSERT", "UPDATE", "DELETE")
    if not free or re.search(r"(?i)(?<!@)@\w|into\s+#", statement):
        return statement
    return "exec (N'{}')".format(statement.replace("'", "''"))


def plain_ends(nodes):
    """Yield where each plain statement ends, in blocks too."""
    for node in nodes:
        if isinstance(node, Simple):
            yield node.end
        elif isinstance(node, Block):
            yield from plain_ends(node.body)
        elif isinstance(node, If):
            yield from plain_ends([node.then, *([node.other] if node.other else [])])
        elif isinstance(node, While):
            yield from plain_ends([node.body])
        else:
            yield from plain_ends(node.body + node.catch)


def closed(batch, draw):
    """Put a semicolon behind every statement."""
    nodes = [node for part in split(Script(batch)) for node in part.body]
    for end in sorted(set(plain_ends(nodes)), reverse=True):
        batch = batch[:end] + draw.choice((";", " ;", ";;")) + batch[end:]
    return batch


def opened(batch, draw):
    """Take semicolons out where a word follows that begins a statement."""
    found = signs(batch)
    for i, sign in enumerate(found):
        after = next((s for s in found[i + 1 :] if not is_blank(s)), "select").lower()
        if sign == ";" and after in STARTS:
            found[i] = " "
    return "".join(found)


STARTS = {"select", "insert", "update", "delete", "create", "drop", "declare", "set", "if", "while",
          "begin", "print", "exec", "use"}  # fmt: skip


def apart_by_go(batch, draw):
    """Put GO between the statements."""
    return "\ngo\n".join(ended(batch[start:end]) for start, end, _ in parts(batch))


def renamed(pattern, new):
    """Return a change of names that no text may hold."""
    return lambda text, draw: re.sub(pattern, new, text)


# Queries --------------------------------------------------------------------------------------


class Cut(NamedTuple):
    """A script cut at its last query, and the types of the query's columns."""

    before: str
    query: str
    types: list


def cut(text, types):
    """Cut a script at its last statement, a SELECT without WITH, INTO, FOR or OPTION."""
    at = max((m.end() for m in GO.finditer(text)), default=0)
    found = parts(text[at:])
    if not found or not types or not isinstance(found[-1][2], Simple):
        return None
    start, end, node = found[-1]
    query, depth, top = text[at + start : at + end], 0, []
    for sign in signs(query):
        depth += (sign == "(") - (sign == ")")
        top.append("" if depth or is_blank(sign) else sign.lower())
    if node.word != "SELECT" or {"into", "for", "option", "="} & set(top) & {
        "into",
        "for",
        "option",
    }:
        return None
    if re.search(r"(?i)^select\s+@\w+\s*=", query):
        return None
    if "order" in top and not {"top", "offset"} & set(top):
        query = "".join(signs(query)[: top.index("order")])
    if "order" in top and {"union", "except", "intersect"} & set(top) and "top" in top:
        return None
    return Cut(text[: at + start], query.rstrip() + "\n", types)


def around(form):
    """Return a change that puts the last query inside another; each column is called c1, c2 ..."""

    def change(text, draw, types):
        found = cut(text, types)
        if found is None:
            return None
        names = [f"c{i}" for i in range(1, len(types) + 1)]
        columns = ", ".join(f"{n} {t}" for n, t in zip(names, types, strict=True))
        cased_ = ", ".join(f"case when 1 = 1 then {n} end" for n in names)
        most = ", ".join(f"max({n}) over (partition by mt_n)" for n in names)
        return found.before + form.format(
            q=found.query, names=", ".join(names), columns=columns, cased=cased_, most=most
        )

    return change


class Mutation(NamedTuple):
    """A change, and the scripts in which it would mean something else."""

    change: Callable
    unless: str = "(?!)"
    query: bool = False


MODULE = r"create\s+(or\s+alter\s+)?(view|schema|proc|function)"
STATE = rf"@@rowcount|rowcount_big|@@error|@@trancount|error_line|error_state|xact_|{MODULE}"
NAMED = r"tempdb|object_id|sys\.|information_schema|'[^']*#|schema|use |##|\[#|#drop|\bview\b"
UNTYPED = r"null\s+(as\s+\w+\s+)?(intersect|except|union)|sql_variant|xml"
LOOP = rf"{STATE}|\bbreak\b|\bcontinue\b"

MUTATIONS = {
    "layout": Mutation(
        spaced(lambda draw, free: "" if free and draw.random() < 0.5 else draw.choice(GAPS)),
        "error_line|ERROR_STATE|error_state",
    ),
    "tight": Mutation(spaced(lambda draw, free: "" if free else " "), "error_line|error_state"),
    "case": Mutation(
        each_sign(cased), r"save tran|unpivot|for\s+xml|sys\.|information_schema|_name"
    ),
    "spelling": Mutation(each_sign(respelt), "schema"),
    "quotes": Mutation(batches(quoted), r"\.(value|nodes|query)|quoted_identifier"),
    "semicolons": Mutation(batches(closed), "merge"),
    "no semicolons": Mutation(batches(opened), "merge|throw|return"),
    "BEGIN": Mutation(inside("begin {} end"), MODULE),
    "IF": Mutation(inside("if 1 = 1 begin {} end"), STATE),
    "IF EXISTS": Mutation(inside("if exists (select null) begin {} end"), STATE),
    "ELSE": Mutation(inside("if 1 = 0 print 'no' else begin {} end"), STATE),
    "WHILE": Mutation(inside("while 1 = 1 begin {} break end"), LOOP),
    "TRY": Mutation(inside("begin try {} end try begin catch; throw end catch"), STATE),
    "EXEC": Mutation(each_statement(executed), rf"{STATE}|scope_identity|error_proc|nestlevel"),
    "GO": Mutation(batches(apart_by_go), r"declare|return|xact_|error_line|error_state"),
    "own schema": Mutation(
        lambda text, draw: "create schema mt\ngo\n" + re.sub(r"(?<![\w.])#(\w+)", r"mt.\1", text),
        NAMED,
    ),
    "##temp": Mutation(renamed(r"(?<![\w.])#(\w+)", r"##\1"), NAMED),
    "derived": Mutation(around("select * from ({q}) as mt ({names})"), query=True),
    "WITH": Mutation(around(";with mt ({names}) as ({q}) select {names} from mt"), query=True),
    "APPLY": Mutation(
        around("select mt.* from (select 1 as one) o cross apply ({q}) mt ({names})"), query=True
    ),
    "outer join": Mutation(
        around("select mt.* from ({q}) mt ({names}) left join (select 1 as one) o on o.one = 2"),
        query=True,
    ),
    "INTO": Mutation(
        around("select * into #mt from ({q}) mt ({names})\nselect * from #mt"), UNTYPED, query=True
    ),
    "@table": Mutation(
        around("declare @mt table ({columns})\ninsert @mt {q}\nselect * from @mt"),
        UNTYPED,
        query=True,
    ),
    "CASE": Mutation(around("select {cased} from ({q}) mt ({names})"), UNTYPED, query=True),
    "OVER": Mutation(
        around(
            "select {most} from (select *, row_number() over (order by (select 1)) as mt_n "
            "from ({q}) i ({names})) mt"
        ),
        rf"{UNTYPED}|\bbit\b|uniqueidentifier",
        query=True,
    ),
}  # fmt: skip


def mutated(name, text, draw, types=()):
    """Return a script with a change, or None where it does not apply."""
    mutation = MUTATIONS[name]
    if re.search(mutation.unless, text, re.IGNORECASE) or not whole(text):
        return None
    try:
        done = mutation.change(text, draw, types) if mutation.query else mutation.change(text, draw)
    except TSqlError:
        return None  # it cannot be cut into statements
    return None if done == text else done
