"""Pages as a browser shows them: the login by a web token, and where it leads."""

from __future__ import annotations

import shutil

import pytest
from playwright.sync_api import sync_playwright

from tests.support.stack import poll

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
# Nothing of the browser's own leaves the machine.
QUIET = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip


@pytest.fixture(scope="module")
def browser():
    program = next(filter(None, map(shutil.which, BROWSERS)), None)
    if program is None:
        pytest.skip(f"no browser on PATH: one of {', '.join(BROWSERS)}")
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=program, args=QUIET)
        yield started
        started.close()


@pytest.fixture
def page(browser):
    """Of a browser that knows nothing, and takes the certificate of this install's own authority."""
    context = browser.new_context(ignore_https_errors=True)
    yield context.new_page()
    context.close()


def address(stack, token, scheme="http"):
    """As the AWS console and people's scripts make it: https://<WebServerHostname>/aws_mwaa/aws-console-sso?login=true#<token>."""
    return f"{scheme}://127.0.0.1:{stack.settings.web_port}/aws_mwaa/aws-console-sso?login=true#{token}"


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_web_token_leads_to_the_list_of_dags(stack, page, scheme):
    mwaa = stack.client("mwaa")
    [name] = mwaa.list_environments()["Environments"]
    page.goto(address(stack, mwaa.create_web_login_token(Name=name)["WebToken"], scheme))
    page.wait_for_url("**/home", timeout=60_000)
    # a stack is healthy before Airflow has read all files
    assert poll(lambda: page.reload() and page.locator("a", has_text="impressions").count(), 60, every=1)
    assert page.url.startswith(scheme + "://") and "#" not in page.url


@pytest.mark.parametrize(
    ("token", "told"), [("", "There is no token in the address."), ("forged", "The token is not valid")]
)
def test_without_a_good_token_the_page_says_why_and_nobody_is_in(stack, page, token, told):
    page.goto(address(stack, token))
    page.get_by_text(told).wait_for(timeout=30_000)
    page.goto(f"{stack.settings.web_url}/home")
    assert "/login/" in page.url


def test_a_fresh_link_in_the_tab_of_a_refused_one_signs_in(stack, page):
    mwaa = stack.client("mwaa")
    [name] = mwaa.list_environments()["Environments"]
    page.goto(address(stack, "forged"))
    page.get_by_text("create-web-login-token").wait_for(timeout=30_000)
    page.goto(address(stack, mwaa.create_web_login_token(Name=name)["WebToken"]))
    page.wait_for_url("**/home", timeout=60_000)
