"""The docs hold what they say: commands, settings, links, the tree, and two READMEs that are one."""

import re
import subprocess

import pytest

from mwaa_local.settings import ROOT

MAKEFILE = (ROOT / "Makefile").read_text()
TARGETS = re.findall(r"^([a-z-]+):.*## ", MAKEFILE, re.M)
SETTINGS_PAGE = (ROOT / "docs" / "settings.md").read_text()
# `make up WEB_PORT=8081`, in a code block or between backticks
COMMAND = re.compile(r"(?:^|`)(?:\$ )?make ([a-z-]+)((?: [A-Z][A-Z0-9_]*=(?:\"[^\"\n]*\"|[^\s`]*))*)", re.M)
LINK = re.compile(r"(?<!!)\[[^]]*\]\(([^)\s]+)\)")
IMAGE = re.compile(r"!\[([^]]*)\]\(([^)\s]+)\)")
READMES = ("README.md", "README.ko.md")


def pages():
    """Every Markdown file that is committed or about to be; what .gitignore names is nobody's page."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "*.md"],
        cwd=ROOT, capture_output=True, text=True, check=True,
    ).stdout.split()  # fmt: skip
    return sorted({name for name in listed if (ROOT / name).is_file()})


PAGES = pages()


def text_of(page):
    return (ROOT / page).read_text()


def blocks(text):
    """The fenced code blocks as (language, content)."""
    return re.findall(r"^```(\w*)\n(.*?)^```$", text, re.M | re.S)


def prose(text):
    """The text without its code, in which brackets and hashes mean something else."""
    return re.sub(r"`[^`\n]*`", lambda code: "x" * len(code[0]), re.sub(r"^```.*?^```$", "", text, flags=re.M | re.S))


def headings(text):
    return re.findall(r"^(#+) (.+)$", re.sub(r"^```.*?^```$", "", text, flags=re.M | re.S), re.M)


def anchors(text):
    """The anchors that a page's headings get: lower case, no punctuation, hyphens for spaces, numbered if repeated."""
    made = []
    for _, title in headings(text):
        bare = re.sub(r"\[([^]]*)\]\([^)]*\)", r"\1", title).replace("`", "")
        anchor = re.sub(r"[^\w\- ]", "", bare.lower()).replace(" ", "-")
        made.append(f"{anchor}-{made.count(anchor)}" if anchor in made else anchor)
    return set(made)


def links(page):
    return [*LINK.findall(prose(text_of(page))), *(target for _, target in IMAGE.findall(prose(text_of(page))))]


def commands():
    """(page, target, the settings it is given) of every make command in every page."""
    return [
        (page, target, re.findall(r" ([A-Z][A-Z0-9_]*)=", given))
        for page in PAGES
        for target, given in COMMAND.findall(text_of(page))
    ]


def test_there_are_pages_and_commands_to_judge():
    assert set(READMES) < set(PAGES) and len(PAGES) > 8
    assert len(commands()) > 50


@pytest.mark.parametrize("readme", READMES)
@pytest.mark.parametrize("target", TARGETS)
def test_the_readme_names_every_make_target(readme, target):
    assert target in {command for page, command, _ in commands() if page == readme}


def test_every_make_command_in_the_docs_is_a_target():
    assert [(page, target) for page, target, _ in commands() if target not in TARGETS] == []


def test_every_setting_in_a_make_command_is_documented_or_a_variable_of_the_makefile():
    known = set(re.findall(r"`([A-Z][A-Z0-9_]*)`", SETTINGS_PAGE)) | set(
        re.findall(r"\$\((?:if )?([A-Z]+)\b", MAKEFILE)
    )
    known |= set(re.findall(r"\$\(or \$\(([A-Z]+)\)", MAKEFILE))
    used = [(page, name) for page, _, names in commands() for name in names]
    assert used and [(page, name) for page, name in used if name not in known] == []


@pytest.mark.parametrize("page", PAGES)
def test_every_relative_link_resolves(page):
    broken = []
    for link in links(page):
        if re.match(r"[a-z]+:", link):
            continue
        path, _, anchor = link.partition("#")
        target = ((ROOT / page).parent / path).resolve() if path else ROOT / page
        if not target.exists() or not target.is_relative_to(ROOT):
            broken.append(f"{link}: there is no such file")
        elif anchor and anchor not in anchors(target.read_text()):
            broken.append(f"{link}: there is no such heading")
    assert broken == []


def test_both_readmes_have_the_same_sections_code_links_and_images():
    english, korean = (text_of(readme) for readme in READMES)
    assert [level for level, _ in headings(english)] == [level for level, _ in headings(korean)]
    assert [language for language, _ in blocks(english)] == [language for language, _ in blocks(korean)]
    assert links(READMES[0]) == links(READMES[1])
    assert [target for _, target in IMAGE.findall(english)] == [target for _, target in IMAGE.findall(korean)]
    assert [len(row.split("|")) for row in english.splitlines() if row.startswith("|")] == [
        len(row.split("|")) for row in korean.splitlines() if row.startswith("|")
    ]


def test_both_readmes_give_the_same_commands_and_the_same_code():
    english, korean = ([re.sub(r" *# .*", "", code) for _, code in blocks(text_of(readme))] for readme in READMES)
    trees = [next(i for i, code in enumerate(side) if code.startswith("Makefile ")) for side in (english, korean)]
    assert trees[0] == trees[1]
    del english[trees[0]], korean[trees[1]]
    assert english == korean
    both = [[command[1:] for command in commands() if command[0] == readme] for readme in READMES]
    assert both[0] == both[1]


def tree(readme):
    """The paths of the annotated tree; two spaces of indentation are one folder down."""
    code = next(content for _, content in blocks(text_of(readme)) if content.startswith("Makefile "))
    folders, paths = [], []
    for line in code.splitlines():
        indent, name = re.match(r"( *)(\S+)  ", line).groups()
        folders = folders[: len(indent) // 2]
        paths.append("".join(folders) + name)
        if name.endswith("/"):
            folders.append(name)
    return paths


def test_the_annotated_tree_names_only_what_exists():
    paths = tree("README.md")
    assert len(paths) > 10
    assert [
        path for path in paths if not ((ROOT / path).is_dir() if path.endswith("/") else (ROOT / path).is_file())
    ] == []
    assert tree("README.ko.md") == paths


def test_the_annotated_tree_leaves_out_no_folder_of_the_checkout():
    committed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.split()
    folders = {name.split("/")[0] + "/" for name in committed if "/" in name and not name.startswith(".")}
    assert folders - set(tree("README.md")) == set()


@pytest.mark.parametrize("readme", READMES)
def test_the_suites_in_the_readme_are_those_that_exist(readme):
    from mwaa_local.suites import SUITES

    rows = re.findall(r"^\| `([a-z0-9-]+)` \|", text_of(readme), re.M)
    assert rows == [suite.name for suite in SUITES]


@pytest.mark.parametrize("readme", READMES)
def test_the_screenshot_is_a_picture_that_loads_quickly_and_is_described(readme):
    ((described, target),) = IMAGE.findall(text_of(readme))
    picture = (ROOT / target).read_bytes()
    assert picture.startswith(b"\x89PNG\r\n\x1a\n") and len(picture) <= 300_000
    assert len(described) > 40


@pytest.mark.parametrize("page", PAGES)
def test_no_page_shows_a_home_folder_of_somebody(page):
    assert re.findall(r"(?<![\w.$}])/(?:root|home|Users|work)/\S*", text_of(page)) == []


@pytest.mark.parametrize("readme", READMES)
def test_no_table_says_two_things_of_one(readme):
    for table in re.findall(r"(?:^\|.*\n)+", text_of(readme), re.M):
        first = [row.split("|")[1].strip() for row in table.splitlines()]
        assert sorted(first) == sorted(set(first))
