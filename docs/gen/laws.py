"""Write the reference page of the laws from the property-based tests."""

import ast
from pathlib import Path

import mkdocs_gen_files

PAGE = "reference/laws.md"
SPEC = Path("tests/spec")
HEAD = """# Laws

What always holds, for every input that the property-based tests can think of. They are the reference specification;
this page is written from them. Each sentence is the name of a test in `tests/spec/`.
"""


def laws(path: Path) -> list[str]:
    """Return the laws of one file as sentences, in the order of the file."""
    found = [node for node in ast.walk(ast.parse(path.read_text("utf-8"))) if isinstance(node, ast.FunctionDef)]
    tests = sorted((node.lineno, node) for node in found if node.name.startswith("test_"))
    return [sentence(node) for _, node in tests]


def sentence(node: ast.FunctionDef) -> str:
    """Return the name of a test as a sentence, with the first sentence of its docstring where there is one."""
    words = node.name.removeprefix("test_").replace("_", " ")
    doc = (ast.get_docstring(node) or "").split("\n\n")[0].replace("\n", " ")
    said = f"{words[0].upper()}{words[1:]}."
    return f"{said} {doc}".strip()


def title(path: Path) -> str:
    """Return the heading of one file."""
    return path.stem.removeprefix("test_").removesuffix("_spec").replace("_", " ").capitalize()


with mkdocs_gen_files.open(PAGE, "w") as page:
    page.write(HEAD)
    for each in sorted(SPEC.glob("test_*_spec.py")):
        listed = "\n".join(f"- {law}" for law in laws(each))
        page.write(f"\n## {title(each)}\n\n{listed}\n")
