"""How the pages look: one style sheet, in the page itself, as nothing is fetched from anywhere."""

CSS = """
:root { --ink: #1d2430; --soft: #667085; --line: #e3e7ee; --paper: #ffffff; --ground: #f5f7fa; --link: #0b5cad;
  --good: #0f7a45; --good-ground: #e2f5ea; --bad: #b3261e; --bad-ground: #fdeae8; --busy: #0b5cad; --busy-ground: #e4effb;
  --odd: #8a5a00; --odd-ground: #fdf1d8; color-scheme: light dark; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6e9ef; --soft: #98a2b3; --line: #2c3442; --paper: #171c26;
  --ground: #0f131a; --link: #7db7f5; --good: #6fd69c; --good-ground: #12301f; --bad: #ff9c94; --bad-ground: #3a1816;
  --busy: #8fc1f7; --busy-ground: #13283f; --odd: #f0c674; --odd-ground: #362a10; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--ground); color: var(--ink); font: 15px/1.5 system-ui, -apple-system, "Segoe UI",
  Roboto, "Noto Sans", sans-serif; }
main { max-width: 1240px; margin: 0 auto; padding: 28px 24px 60px; }
header { display: flex; align-items: baseline; gap: 14px; flex-wrap: wrap; margin-bottom: 18px; }
h1 { font-size: 24px; margin: 0; letter-spacing: -.01em; overflow-wrap: anywhere; }
h2 { font-size: 15px; margin: 30px 0 10px; }
a { color: var(--link); text-decoration: none; }
a:hover { text-decoration: underline; }
.soft, header p { color: var(--soft); margin: 0; }
.end { margin-left: auto; }
.card { background: var(--paper); border: 1px solid var(--line); border-radius: 10px; overflow-x: auto; }
table { border-collapse: collapse; width: 100%; }
th { text-align: left; font-size: 12.5px; font-weight: 600; color: var(--soft); white-space: nowrap; }
th, td { padding: 9px 14px; border-bottom: 1px solid var(--line); vertical-align: top; }
tbody tr:last-child > * { border-bottom: 0; }
tbody tr:hover { background: color-mix(in srgb, var(--link) 5%, transparent); }
code, pre { font: 13px/1.5 ui-monospace, "SF Mono", "DejaVu Sans Mono", Menlo, Consolas, monospace; }
td code { white-space: nowrap; }
pre { margin: 0; padding: 14px 16px; max-height: 460px; overflow: auto; white-space: pre-wrap; overflow-wrap: anywhere; }
.card + .soft { margin-top: 8px; }
.card + .soft code { user-select: all; }
.number { text-align: right; white-space: nowrap; font-variant-numeric: tabular-nums; }
td time { white-space: nowrap; font-variant-numeric: tabular-nums; }
.error { color: var(--bad); font-size: 13.5px; min-width: 220px; }
.error span { display: -webkit-box; -webkit-box-orient: vertical; -webkit-line-clamp: 2; overflow: hidden;
  overflow-wrap: anywhere; }
.banner { color: var(--bad); background: var(--bad-ground); border-radius: 10px; padding: 12px 16px; margin: 0 0 18px;
  overflow-wrap: anywhere; white-space: pre-wrap; }
.state { display: inline-block; border-radius: 999px; padding: 1px 10px; font-size: 12.5px; font-weight: 600;
  color: var(--odd); background: var(--odd-ground); }
.SUCCEEDED { color: var(--good); background: var(--good-ground); }
.FAILED, .TIMEOUT, .ERROR { color: var(--bad); background: var(--bad-ground); }
.STARTING, .RUNNING, .STOPPING, .WAITING { color: var(--busy); background: var(--busy-ground); }
.facts th { width: 190px; font-size: 14px; font-weight: 400; }
.facts td { overflow-wrap: anywhere; }
.pages { display: flex; justify-content: space-between; margin-top: 14px; }
.empty { padding: 36px; text-align: center; color: var(--soft); }
"""
