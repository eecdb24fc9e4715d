// SPDX-License-Identifier: Apache-2.0
#include "report/html.hh"

#include <fmt/format.h>

#include <algorithm>

#include "report/digest.hh"
#include "report/escape.hh"
#include "report/html_case.hh"

namespace conform {
namespace {

constexpr std::string_view kStyle = R"css(
:root{color-scheme:light dark;--ink:#1f2937;--dim:#6b7280;--paper:#f8fafc;--card:#fff;
--line:#e2e8f0;--good:#15803d;--bad:#dc2626;--warn:#b45309;--mark:#fecaca;--blue:#2563eb}
@media(prefers-color-scheme:dark){:root{--ink:#e5e7eb;--dim:#9ca3af;--paper:#0f172a;--card:#1e293b;
--line:#334155;--good:#4ade80;--bad:#f87171;--warn:#fbbf24;--mark:#7f1d1d;--blue:#60a5fa}}
*{box-sizing:border-box}
body{font:15px/1.5 system-ui,"Segoe UI",Roboto,sans-serif;color:var(--ink);background:var(--paper);
margin:0 auto;max-width:76rem;padding:2rem 1.25rem 4rem}
h1{font-size:1.5rem;margin:0}h1 small,.dim{color:var(--dim);font-weight:400}
header{border-left:6px solid var(--dim);padding:.25rem 0 .25rem 1rem;margin-bottom:1.5rem}
header.conformant{border-color:var(--good)}header.not-conformant{border-color:var(--bad)}
header.inconclusive{border-color:var(--warn)}
.big{font-size:1.15rem;font-weight:700;letter-spacing:.02em;margin:.25rem 0}
.conformant .big{color:var(--good)}.not-conformant .big{color:var(--bad)}
.inconclusive .big{color:var(--warn)}
.filters{display:flex;flex-wrap:wrap;gap:.5rem 1rem;align-items:center;margin:1rem 0;padding:.6rem
1rem;background:var(--card);border:1px solid var(--line);border-radius:.6rem;position:sticky;top:0;
z-index:1}
.filters label{display:flex;gap:.35rem;align-items:center;white-space:nowrap}
.filters input[type=search]{flex:1 1 12rem;font:inherit;color:inherit;background:var(--paper);
border:1px solid var(--line);border-radius:.4rem;padding:.3rem .6rem}
.case{background:var(--card);border:1px solid var(--line);border-radius:.6rem;margin:.4rem 0;
overflow:hidden}
.case>summary{cursor:pointer;padding:.55rem 1rem;display:flex;gap:.9rem;align-items:baseline;
list-style-position:inside}
.case>summary:hover{background:color-mix(in srgb,var(--blue) 7%,transparent)}
:focus-visible{outline:2px solid var(--blue);outline-offset:2px}
.verdict{font-weight:700;font-size:.8rem;letter-spacing:.04em;min-width:6.5rem;color:var(--warn)}
.v-pass .verdict,.v-info .verdict{color:var(--good)}
.v-fail .verdict,.v-hang .verdict,.v-crash .verdict,.v-error .verdict{color:var(--bad)}
.v-fail,.v-hang,.v-crash,.v-error{border-left:4px solid var(--bad)}
.id{font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;font-size:.88rem}
.reason{color:var(--dim);font-size:.85rem;overflow:hidden;text-overflow:ellipsis;white-space:nowrap;
flex:1;text-align:right}
.case[open] .reason{display:none}
.known{background:var(--warn);color:var(--card);border-radius:.3rem;padding:0 .4rem;
font-size:.75rem}
.body{padding:.25rem 1.25rem 1.25rem;border-top:1px solid var(--line)}
h3{font-size:.78rem;text-transform:uppercase;letter-spacing:.06em;color:var(--dim);margin:1.1rem 0
.35rem}h3 .id{text-transform:none;letter-spacing:0}
p{margin:.2rem 0;overflow-wrap:anywhere}
pre{font:12.5px/1.55 ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;background:var(--paper);
border:1px solid var(--line);border-radius:.4rem;padding:.7rem .9rem;overflow-x:auto;margin:0}
pre i{color:var(--dim);font-style:normal}mark{background:var(--mark);color:inherit;
border-radius:2px;
font-weight:700}
.ladder{overflow:auto;max-height:42rem;border:1px solid var(--line);border-radius:.4rem;
padding:.6rem}
.want{color:var(--good)}.got{color:var(--bad)}.findings{margin:.2rem 0;padding-left:1.4rem}
.findings li{overflow-wrap:anywhere}
dt{font-weight:600;margin-top:.4rem}dd{margin:0 0 .3rem 1rem}small{color:var(--dim);font-weight:400}
[hidden]{display:none}
@media print{body{background:#fff;padding:0}.filters{display:none}.ladder,pre{max-height:none;
overflow:visible;white-space:pre-wrap}.case{break-inside:avoid-page}}
)css";

// Hides what is not asked for. Without it everything is there to be read.
constexpr std::string_view kScript = R"js(
(function () {
  var bar = document.querySelector('.filters');
  var search = bar.querySelector('input[type=search]');
  var boxes = Array.from(bar.querySelectorAll('input[type=checkbox]'));
  var cases = Array.from(document.querySelectorAll('.case'));
  var none = document.querySelector('.none');
  function apply() {
    var words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    var on = boxes.filter(function (b) { return b.checked; }).map(function (b) { return b.value; });
    var shown = 0;
    cases.forEach(function (c) {
      var text = c.textContent.toLowerCase();
      var fits = on.some(function (v) { return c.classList.contains('v-' + v); }) &&
        words.every(function (w) { return text.indexOf(w) >= 0; });
      c.hidden = !fits;
      if (fits) { shown++; }
    });
    none.hidden = shown > 0;
  }
  bar.hidden = false;
  bar.addEventListener('input', apply);
})();
)js";

std::string summary_html(const RunResult& run, bool is_strict) {
    const RunVerdict verdict = verdict_of(run, is_strict);
    std::string name(to_string(verdict));
    std::transform(name.begin(), name.end(), name.begin(),
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    std::string text = fmt::format(
        "<header class=\"{}\"><h1>{} <small>judged by {}</small></h1>\n<p class=\"big\">{}</p>\n",
        name, escape_markup(run.iut), escape_markup(run.suite), to_string(verdict));
    text += fmt::format(
        "<p>{} cases{}, seed {}{}</p>\n", run.cases.size(),
        run.is_selection() ? fmt::format(" of {}: the verdict is about these alone", run.suite_size)
                           : "",
        run.seed, is_strict ? ", SHOULD counts as MUST" : "");
    for (const auto* lines : {&run.claims, &run.untested, &run.known_failing.complaints}) {
        for (const std::string& each : *lines)
            text += fmt::format("<p>{}</p>\n", escape_markup(each));
    }
    return text + "</header>\n";
}

std::string filters_html(const RunResult& run) {
    std::string text = "<form class=\"filters\" hidden>\n";
    for (const Verdict verdict : kVerdicts) {
        const auto count = std::ranges::count(run.cases, verdict, &CaseResult::verdict);
        if (count == 0) continue;
        text += fmt::format(
            "<label><input type=\"checkbox\" value=\"{}\" checked> {} <span "
            "class=\"dim\">{}</span></label>\n",
            verdict_class(verdict), to_string(verdict), count);
    }
    return text +
           "<input type=\"search\" placeholder=\"words in a case\" aria-label=\"words in a "
           "case\"></form>\n";
}

/// The gravest first, each in the order of the run.
std::vector<const CaseResult*> by_gravity(const RunResult& run) {
    std::vector<const CaseResult*> cases;
    cases.reserve(run.cases.size());
    for (const CaseResult& each : run.cases)
        cases.push_back(&each);
    std::stable_sort(cases.begin(), cases.end(), [](const CaseResult* a, const CaseResult* b) {
        return (a->verdict >= Verdict::Inconclusive ? a->verdict : Verdict::Pass) >
               (b->verdict >= Verdict::Inconclusive ? b->verdict : Verdict::Pass);
    });
    return cases;
}

}  // namespace

std::string to_html(const RunResult& run, bool is_strict) {
    // Nothing runs, and nothing is loaded, but what this program has written: also if a device has
    // got markup past the escapes.
    std::string text = fmt::format(
        "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n"
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src "
        "'unsafe-inline'; script-src 'sha256-{}'; form-action 'none'; base-uri 'none'\">\n"
        "<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\n"
        "<title>{} {}</title>\n<style>{}</style></head>\n<body>\n",
        sha256_base64(kScript), to_string(verdict_of(run, is_strict)), escape_markup(run.iut),
        kStyle);
    text += summary_html(run, is_strict) + filters_html(run) + "<main>\n";
    for (const CaseResult* each : by_gravity(run))
        text += case_to_html(*each);
    return text + "<p class=\"none\" hidden>No case has all of that.</p></main>\n<script>" +
           std::string(kScript) + "</script>\n</body></html>\n";
}

}  // namespace conform
