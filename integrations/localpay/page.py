"""The page at which a shopper pays: plain HTML, no script, in Chinese or English, and what its buttons mean."""

from __future__ import annotations

import base64
import hashlib
from datetime import UTC, datetime
from html import escape
from typing import Final

from integrations.localpay.records import Charge

STYLE: Final = """
body { font: 16px/1.5 system-ui, sans-serif; color: #1c1c1c; background: #f4f4f2; margin: 0 }
main { max-width: 26rem; margin: 3rem auto; padding: 1.5rem 2rem; background: #fff; border: 1px solid #ddd }
h1 { font-size: 1rem; font-weight: 600; margin: 0 }
.amount { font-size: 2.25rem; margin: .5rem 0 }
button { display: block; width: 100%; font: inherit; padding: .6rem; margin: .5rem 0; cursor: pointer;
         background: #fff; border: 1px solid #999; border-radius: 4px }
button.first { background: #1a6b3c; border-color: #1a6b3c; color: #fff }
.note { color: #666; font-size: .875rem }
"""
POLICY: Final = (
    f"default-src 'none'; style-src 'sha256-{base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()}'; "
    "form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)
"""The page's own style and its own form, nothing else."""

ACTIONS: Final = ("pay", "half", "late", "frozen", "fail", "close")
"""What the buttons send."""
_NO_MINOR_UNITS: Final = frozenset({"JPY", "KRW", "VND"})

_WORDS: Final = {
    "en": {
        "title": "Local payment",
        "note": "A payment provider for trying things out: no money moves here.",
        "until": "To be paid until",
        "failed": "That payment failed. Nothing was taken; try again.",
        "PAID": "Paid. You may close this page.",
        "CLOSED": "Closed: this can no longer be paid.",
        "refunded": "Given back",
        "pay": "Pay",
        "half": "Pay half of it",
        "late": "Pay, but the shop hears of it late",
        "frozen": "Pay, but nothing can be given back",
        "fail": "Fail to pay",
        "close": "Do not pay",
        "gone": "There is nothing to be paid here.",
    },
    "zh": {
        "title": "本地支付",
        "note": "用于试用的支付渠道，不会发生真实扣款。",
        "until": "请在此时间前支付",
        "failed": "支付失败，未扣款，请重试。",
        "PAID": "已支付，可以关闭此页面。",
        "CLOSED": "已关闭，无法再支付。",
        "refunded": "已退款",
        "pay": "支付",
        "half": "只支付一半",
        "late": "支付，但商家稍后才收到通知",
        "frozen": "支付，但之后无法退款",
        "fail": "支付失败",
        "close": "放弃支付",
        "gone": "这里没有待支付的款项。",
    },
}


def language_of(accepted: str) -> str:
    """The page's language by an Accept-Language header: the first of ours that it names, else English."""
    for one in accepted.split(",")[:10]:
        language = one.split(";")[0].strip().lower().partition("-")[0]
        if language in _WORDS:
            return language
    return "en"


def amount_of(minor: int, currency: str) -> str:
    """An amount as people write it: 1,938 minor units of USD are 19.38 USD."""
    return f"{minor:,} {currency}" if currency in _NO_MINOR_UNITS else f"{minor // 100:,}.{minor % 100:02d} {currency}"


def page(charge: Charge | None, language: str) -> str:
    """The page of a charge, or of none."""
    words = _WORDS[language]
    if charge is None:
        return _whole(language, f"<p>{words['gone']}</p>")
    parts = [
        f"<p>{escape(charge.subject)}</p>",
        f'<p class="amount">{escape(amount_of(charge.paid or charge.amount, charge.currency))}</p>',
    ]
    if charge.state == "CREATED":
        until = datetime.fromtimestamp(charge.expires_at / 1000, UTC)
        parts.append(f"<p>{words['until']} {until:%Y-%m-%d %H:%M:%S} UTC</p>")
        if charge.tries:
            parts.append(f'<p role="alert">{words["failed"]}</p>')
        buttons = "".join(
            f'<button name="action" value="{action}"{first}>{words[action]}</button>'
            for action, first in zip(ACTIONS, (' class="first"', *[""] * (len(ACTIONS) - 1)), strict=True)
        )
        parts.append(f'<form method="post">{buttons}</form>')
    else:
        parts.append(f'<p role="status">{words[charge.state]}</p>')
        if charge.refunded:
            parts.append(f"<p>{words['refunded']}: {escape(amount_of(charge.refunded, charge.currency))}</p>")
    return _whole(language, "".join(parts))


def _whole(language: str, inner: str) -> str:
    words = _WORDS[language]
    return (
        f'<!doctype html><html lang="{language}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{words['title']}</title><style>{STYLE}</style></head>"
        f'<body><main><h1>{words["title"]}</h1>{inner}<p class="note">{words["note"]}</p></main></body></html>'
    )
