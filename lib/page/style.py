"""How the page looks, and the few lines that draw its figures. No file beside it, no font, no address."""

from __future__ import annotations

STYLE = """
:root{--ink:#1d2430;--soft:#5a6473;--paper:#fff;--tint:#f4f6f9;--line:#d9dee6;--link:#0b5cad;
--bad:#b3261e;--good:#1b6e3c;--unsure:#8a5a00}
@media (prefers-color-scheme:dark){:root{--ink:#e6e9ef;--soft:#a3adbb;--paper:#14181f;--tint:#1d232d;--line:#343c49;
--link:#7db7f5;--bad:#ff8a80;--good:#7fd6a0;--unsure:#f0c36d}}
*{box-sizing:border-box}
body{margin:0 auto;max-width:68rem;padding:1.5rem 1.25rem 4rem;background:var(--paper);color:var(--ink);font:16px/1.55 system-ui,sans-serif}
h1,h2,h3{line-height:1.25;overflow-wrap:anywhere}h1{font-size:1.6rem;margin:.2em 0 .5em}h2{font-size:1.2rem;margin:1.6em 0 .4em}
h3{font-size:1.05rem}
a{color:var(--link)}small,.eyebrow,.evidence,footer,.file{color:var(--soft)}.eyebrow{margin:0}
.evidence{font-size:.8rem;font-family:ui-monospace,monospace;overflow-wrap:anywhere}
.verdict{display:inline-block;padding:.15em .8em;border:2px solid currentColor;border-radius:999px;font-weight:600}
.verdict.healthy{color:var(--good)}.verdict.proved,.verdict.logged,.verdict.inferred,.verdict.unreachable{color:var(--bad)}
.verdict.ambiguous{color:var(--unsure)}
.trouble{border-left:4px solid var(--bad);padding:.4em .8em;background:var(--tint);overflow-wrap:anywhere}
nav{margin:2rem 0;padding:.8rem 1rem;background:var(--tint);border:1px solid var(--line);border-radius:8px}
nav ol{margin:0;padding-left:1.4em}
section{border-top:3px solid var(--line);margin-top:3rem;padding-top:1rem}li{margin:.25em 0}
.anchor-link{display:none}.output,.html{overflow-x:auto;margin:.5rem 0}
table{border-collapse:collapse;font-size:.9rem;margin:.4rem 0}th,td{padding:.35em .7em;border:1px solid var(--line);vertical-align:top}
thead th{background:var(--tint)}td{overflow-wrap:break-word;max-width:34rem}
td[style*="background"],th[style*="background"],mark{color:#1d2430}
pre{background:var(--tint);padding:.7em .9em;border-radius:6px;overflow-x:auto;font:13px/1.45 ui-monospace,monospace;margin:.5rem 0}
pre.error,pre.stderr{border-left:4px solid var(--bad)}
details.code{margin:.4rem 0}details.code>summary{color:var(--soft);font-size:.8rem;cursor:pointer}
.still.drawn{display:none}figure.plot{margin:1rem 0;background:#fff;color:#222;border-radius:6px;padding:.4rem}
img{max-width:100%;height:auto}img.chart{background:#fff}
.k,.kn,.ow{color:var(--link)}.s1,.s2,.sa{color:var(--good)}.c1{color:var(--soft)}
@media print{body{max-width:none;font-size:11pt}nav,details.code,.plotly-graph{display:none!important}.still{display:block!important}
section{break-before:page}table,figure,pre{break-inside:avoid}pre{white-space:pre-wrap}}
"""

DRAWING = """
document.querySelectorAll("figure.plot").forEach(function (figure) {
  var still = figure.querySelector(".still"), place = document.createElement("div");
  try {
    var chart = JSON.parse(figure.querySelector("script").textContent);
    place.className = "plotly-graph";
    figure.appendChild(place);
    Plotly.newPlot(place, chart.data, chart.layout, {responsive: true, displaylogo: false, displayModeBar: false}).then(function () {
      still.className = "still drawn";
    });
  } catch (error) { place.remove(); }
});
"""
