"""Debian's chromium as the tests start it, without what only a person at a screen needs."""

from __future__ import annotations

from playwright.sync_api import expect

from config.embedded import packages

# How long a test waits for what it expects, in ms: nothing is lost where it comes at once, and a
# machine with other work is no defect.
PATIENCE = 60_000
expect.set_options(timeout=PATIENCE)
PROGRAM = packages.browser()
# What Playwright turns off (of several such lists only the last counts), and then what would be
# loaded for every window: the address bar's lists and a process in reserve, half of all its work.
_OFF = (
    "AvoidUnnecessaryBeforeUnloadCheckSync",
    "DestroyProfileOnBrowserClose",
    "HttpsUpgrades",
    "HttpsFirstBalancedModeAutoEnable",
    "LensOverlay",
    "MediaRouter",
    "PaintHolding",
    "ThirdPartyStoragePartitioning",
    "AvoidCorsURLLoaderRestartOnRedirect",
    "OptimizationHints",
    "NetworkTimeServiceQuerying",
    "AimEnabled",
    "PreconnectToSearch",
    "WebUIOmniboxPopup",
    "WebUIOmniboxAimPopup",
    "WebUIOmniboxFullPopup",
    "PreloadTopChromeWebUI",
    "SpareRendererForSitePerProcess",
)
ARGUMENTS = [
    "--no-sandbox",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--disable-gpu",
    "--disable-quic",
    f"--disable-features={','.join(_OFF)}",
]
