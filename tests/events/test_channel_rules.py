"""Where people came from."""

from typing import Any

import polars as pl
import pytest

from unified_customer.core.errors import ConfigurationError
from unified_customer.methods.events import channels, parse_rules
from unified_customer.methods.events.channels import UTM

COLUMNS = (*UTM, "url", "referrer")
HERE = "https://shop.test/a"


def placed(**told: str | None) -> dict[str, Any]:
    frame = pl.DataFrame([{name: told.get(name) for name in COLUMNS}], schema=dict.fromkeys(COLUMNS, pl.String))
    return {each.name: each.item() for each in channels(frame)}


@pytest.mark.parametrize(
    ("told", "channel"),
    [
        ({}, None),
        ({"url": HERE}, "direct"),
        ({"url": HERE, "referrer": ""}, "direct"),
        ({"url": HERE, "referrer": "https://shop.test/b"}, None),
        ({"url": HERE, "referrer": "https://SHOP.test/b"}, None),
        ({"url": HERE, "referrer": "https://www.google.co.uk/"}, "organic_search"),
        ({"url": HERE, "referrer": "https://notgoogle.test/"}, "referral"),
        ({"url": HERE, "referrer": "https://mail.google.com/"}, "email"),
        ({"url": HERE, "referrer": "android-app://com.reddit.frontpage/"}, "organic_social"),
        ({"url": HERE, "referrer": "https://l.facebook.com/x"}, "organic_social"),
        ({"url": HERE, "referrer": "https://www.youtube.com/watch"}, "organic_video"),
        ({"url": HERE, "referrer": "https://www.amazon.de/"}, "organic_shopping"),
        ({"url": HERE, "referrer": "https://user@blog.test:8080/"}, "referral"),
        ({"url": HERE + "?gclid=x"}, "paid_search"),
        ({"url": HERE + "?a=1&msclkid=x", "referrer": "https://www.bing.com/"}, "paid_search"),
        ({"url": HERE + "?fbclid=x"}, "organic_social"),
        ({"url": HERE + "?ttclid=x"}, "paid_social"),
        ({"url": HERE + "?dclid=x"}, "display"),
        ({"url": HERE + "?gclid="}, "direct"),
        ({"utm_source": "google", "utm_medium": "CPC"}, "paid_search"),
        ({"utm_source": "facebook", "utm_medium": "paid_social"}, "paid_social"),
        ({"utm_source": "youtube", "utm_medium": "cpv"}, "paid_video"),
        ({"utm_source": "youtube"}, "organic_video"),
        ({"utm_source": "youtube", "utm_medium": "paid"}, "paid_video"),
        ({"utm_source": "x", "utm_medium": "cpm"}, "display"),
        ({"utm_source": "x", "utm_medium": "ppc"}, "paid_other"),
        ({"utm_source": "x", "utm_medium": "cpc", "campaign": "Spring-Shop"}, "paid_shopping"),
        ({"utm_source": "x", "utm_medium": "y", "campaign": "workshop"}, "unassigned"),
        ({"utm_source": "x", "utm_medium": "y", "campaign": "Cross-Network 1"}, "cross_network"),
        ({"utm_source": "klaviyo", "utm_medium": "email"}, "email"),
        ({"utm_source": "e-mail"}, "email"),
        ({"utm_source": "x", "utm_medium": "affiliate"}, "affiliates"),
        ({"utm_source": "x", "utm_medium": "organic"}, "organic_search"),
        ({"utm_source": "x", "utm_medium": "social"}, "organic_social"),
        ({"utm_source": "x", "utm_medium": "video"}, "organic_video"),
        ({"utm_source": "x", "utm_medium": "link"}, "referral"),
        ({"utm_source": "x", "utm_medium": "audio"}, "audio"),
        ({"utm_source": "x", "utm_medium": "sms"}, "sms"),
        ({"utm_source": "x", "utm_medium": "web_push"}, "push"),
        ({"utm_source": "x", "utm_medium": "pos"}, "store"),
        ({"utm_source": "news"}, "unassigned"),
        ({"utm_source": "(direct)", "utm_medium": "(none)"}, "direct"),
    ],
)
def test_channels(told: dict[str, str], channel: str | None) -> None:
    assert placed(**told)["channel"] == channel


def test_utm_fields_speak_before_click_ids_and_referrers() -> None:
    told = placed(url=HERE + "?gclid=1", referrer="https://www.google.com/", utm_source="news", utm_medium="email")
    assert told["channel"] == "email"


def test_utm_fields_are_read_from_the_address_where_there_are_none() -> None:
    query = "?utm_source=news%20letter&utm_medium=e-mail&utm_campaign=c+1&utm_term=&utm_content=%00"
    told = placed(url=HERE + query + "#x")
    assert told == {
        "campaign": "c 1", "utm_source": "news letter", "utm_medium": "e-mail", "utm_term": None, "utm_content": None,
        "channel": "email",
    }  # fmt: skip
    assert placed(url=HERE + query, utm_source="x")["utm_medium"] is None


def test_rules_are_data() -> None:
    rules = parse_rules('[[rules]]\nchannel = "tea"\nsource = "pot"')
    row = {**dict.fromkeys(COLUMNS), "utm_source": "Pot"}
    assert channels(pl.DataFrame([row], schema=dict.fromkeys(COLUMNS, pl.String)), rules=rules)[-1].item() == "tea"


@pytest.mark.parametrize("text", ["rules = 3", "x", '[[rules]]\nchannel = "a"\nsites = "nowhere"', "[sites]"])
def test_what_are_no_rules_is_refused(text: str) -> None:
    with pytest.raises(ConfigurationError, match="no rules"):
        parse_rules(text)


def test_visits_that_repeat_are_judged_like_one() -> None:
    visits = [
        {"url": HERE, "referrer": "https://www.google.de/"},
        {"url": HERE + "?gclid=x"},
        {"url": HERE + "?utm_source=letter&utm_medium=email"},
        {},
    ]
    rows = [{name: visit.get(name) for name in COLUMNS} for visit in visits]
    many = channels(pl.DataFrame(rows * 5, schema=dict.fromkeys(COLUMNS, pl.String)))
    one = [placed(**visit) for visit in visits]
    assert {each.name: each.to_list() for each in many} == {name: [each[name] for each in one] * 5 for name in one[0]}
