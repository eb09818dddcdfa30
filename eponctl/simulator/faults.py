"""What can go wrong with a simulated device or gateway: two vocabularies, nothing else.

A `Fault` belongs to an OLT (or to one of its pages), a `GatewayFault` to the WhatsApp gateway (or
to one call, or to one recipient). How each of them looks on the wire is decided in `site`,
`oltserver` and `gateway`.
"""

from __future__ import annotations

from enum import StrEnum


class Fault(StrEnum):
    """One way in which an OLT's web server misbehaves."""

    NONE = "none"
    #: The listening socket is closed: connection refused. For one page only it acts as RESET.
    REFUSE = "refuse"
    #: The connection is accepted and the request read, and then nothing comes, ever.
    HANG = "hang"
    #: Correct headers, then one byte of the page every `drip_seconds`, without end.
    DRIP = "drip"
    #: The headers themselves come one byte at a time and never end.
    DRIP_HEADERS = "drip-headers"
    #: The page stops amid a value of its array; the connection is closed in the normal way.
    CUT = "cut"
    #: HTTP 200 and the page of quite another device.
    FOREIGN = "foreign"
    #: HTTP 401 whatever the credentials.
    UNAUTHORIZED = "unauthorized"
    #: HTTP 200 with the text `Access Denied! Please login.`
    DENIED = "denied"
    #: HTTP 200 with an HTML login form.
    LOGIN_PAGE = "login-page"
    #: HTTP 200 and not one byte of body.
    EMPTY_BODY = "empty-body"
    #: The page is whole, its array has nothing inside. Box-wide it touches ONU lists only.
    EMPTY_ARRAY = "empty-array"
    #: The page is whole but the statement with the array is missing.
    NO_ARRAY = "no-array"
    #: A TCP reset after the request was read.
    RESET = "reset"
    #: HTTP 500.
    SERVER_ERROR = "server-error"
    #: HTTP 302 to `SimOlt.redirect_to`, by default an address that belongs to nobody.
    REDIRECT_ELSEWHERE = "redirect-elsewhere"
    #: HTTP 302 to `/login.asp` on the same host, which then shows a login form.
    REDIRECT_LOGIN = "redirect-login"
    #: `Content-Encoding: gzip`, some 64 KiB on the wire, 64 MiB when unpacked.
    GZIP_BOMB = "gzip-bomb"
    #: A plain body of 9 MiB.
    HUGE = "huge"
    #: A well-formed page with about a tenth of the rows. Box-wide it touches ONU lists only.
    FEW_ROWS = "few-rows"
    #: One row lacks a value; otherwise well formed. Box-wide it touches ONU lists only.
    BROKEN_ROW = "broken-row"
    #: One row has a value too many; otherwise well formed. Box-wide it touches ONU lists only.
    EXTRA_VALUE = "extra-value"


class GatewayFault(StrEnum):
    """One way in which the WhatsApp gateway, or the way to it, misbehaves.

    "Delivered" says that the phone gets the message although the client may think otherwise.
    """

    NONE = "none"

    # The network. Not delivered unless it says so.
    #: The listening socket is closed (as `Gateway.fault`); for a single call the same as RESET.
    REFUSE = "refuse"
    #: The connection is closed before a byte of the request was read.
    CLOSE_BEFORE_READING = "close-before-reading"
    #: A TCP reset after the request was read.
    RESET = "reset"
    #: The request is read, nothing is ever answered.
    HANG = "hang"
    #: Delivered; nothing is ever answered.
    HANG_DELIVERED = "hang-delivered"
    #: Delivered; the connection is closed without an answer.
    CLOSE_AFTER_READING = "close-after-reading"
    #: Delivered; the JSON of the answer stops half way.
    TRUNCATED_JSON = "truncated-json"
    #: Delivered; HTTP 200 with an HTML page instead of JSON.
    GARBAGE = "garbage"
    #: Delivered; the right JSON under `Content-Type: text/html`.
    WRONG_CONTENT_TYPE = "wrong-content-type"
    #: Delivered; the right answer, one byte every `drip_seconds`.
    DRIP = "drip"
    #: Delivered; the right answer, gzip-encoded. Not a fault for a client that can read it.
    GZIP = "gzip"

    # The web server in front of the gateway: HTML pages, not delivered.
    NOT_FOUND = "404"
    THROTTLED = "429"
    SERVER_ERROR = "500"
    BAD_GATEWAY = "502"
    SERVICE_UNAVAILABLE = "503"
    GATEWAY_TIMEOUT = "504"

    # The gateway's own refusals: JSON, not delivered unless it says so.
    #: The number is not on WhatsApp.
    UNKNOWN_NUMBER = "unknown-number"
    #: The device is not connected: slow, then the generic failure.
    DISCONNECTED = "disconnected"
    #: The library that speaks to WhatsApp threw: the generic failure, at once.
    SEND_FAILED = "send-failed"
    #: The worker is down: 400 "... Check your connection!".
    CHECK_CONNECTION = "check-connection"
    #: Delivered, and yet answered 400 "... Check your connection!".
    DELIVERED_BUT_FAILED = "delivered-but-failed"
    #: Unknown key or unknown sender.
    WRONG_KEY = "wrong-key"
    #: The key is good, the device belongs to somebody else.
    OTHER_USER = "other-user"
    #: The plan does not include the API.
    NO_PERMISSION = "no-permission"
    #: No message credit left.
    QUOTA_ZERO = "quota-zero"
    #: `number` or `message` absent.
    INVALID_PARAMETERS = "invalid-parameters"
