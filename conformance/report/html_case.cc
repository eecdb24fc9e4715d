// SPDX-License-Identifier: Apache-2.0
#include "report/html_case.hh"

#include <fmt/format.h>

#include <algorithm>

#include "cases/requirements.hh"
#include "report/case_detail.hh"
#include "report/escape.hh"

namespace conform {
namespace {

constexpr std::size_t kFindingsShown = 50;

std::string paragraph(const char* name, const std::string& text) {
    if (text.empty()) return {};
    return fmt::format("<h3>{}</h3><p>{}</p>\n", name, escape_markup(text));
}

std::string code(const char* name, const std::string& text) {
    if (text.empty()) return {};
    return fmt::format("<h3>{}</h3><pre tabindex=\"0\">{}</pre>\n", name, escape_markup(text));
}

std::string findings_html(const CaseResult& result) {
    if (result.findings.empty()) return {};
    std::string text = "<h3>Findings</h3><ol class=\"findings\">\n";
    const std::size_t shown = std::min(result.findings.size(), kFindingsShown);
    for (std::size_t i = 0; i < shown; ++i) {
        const Finding& finding = result.findings[i];
        text += fmt::format(
            "<li><b>{}</b> expected <span class=\"want\">{}</span>, got <span "
            "class=\"got\">{}</span>{}</li>\n",
            escape_markup(finding.requirement), escape_markup(finding.expected),
            escape_markup(finding.actual),
            finding.packet ? fmt::format(" <small>packet {}</small>", *finding.packet) : "");
    }
    if (shown < result.findings.size())
        text += fmt::format("<li>and {} more</li>\n", result.findings.size() - shown);
    return text + "</ol>\n";
}

std::string requirements_html(const CaseResult& result) {
    std::string text = "<h3>What is demanded</h3><dl>\n";
    for (const std::string& id : result.requirements) {
        const Requirement* requirement = find_requirement(id);
        const std::string sentence = requirement == nullptr ? "" : requirement->text;
        const std::string level = requirement == nullptr ? "" : requirement->level;
        text += fmt::format("<dt>{} <small>{}</small></dt><dd>{}</dd>\n", escape_markup(id),
                            escape_markup(level), escape_markup(sentence));
    }
    return text + "</dl>\n";
}

std::string hex_html(const MarkedPacket& packet) {
    std::string text = fmt::format(
        "<h3>Packet {} <span class=\"id\">{}</span></h3>\n<pre class=\"hex\" tabindex=\"0\">",
        packet.packet, escape_markup(packet.label));
    for (const HexRow& row : packet.rows) {
        text += fmt::format("<i>{:<4}</i>  ", row.offset);
        std::size_t width = 0;
        for (const HexRun& run : row.hex) {
            const std::string blank = width == 0 ? "" : " ";
            width += blank.size() + run.text.size();
            text += blank + (run.is_marked ? "<mark>" + run.text + "</mark>" : run.text);
        }
        constexpr std::size_t kHexWidth = 47;
        text += std::string(kHexWidth - std::min(width, kHexWidth) + 2, ' ') +
                escape_markup(row.ascii) + "\n";
    }
    return text + "</pre>\n";
}

std::string detail_html(const CaseDetail& detail) {
    std::string text;
    if (!detail.ladder.steps.empty()) {
        text += "<h3>Who said what</h3><div class=\"ladder\" tabindex=\"0\">" +
                to_svg(detail.ladder) + "</div>\n";
    }
    for (const MarkedPacket& packet : detail.packets)
        text += hex_html(packet);
    std::string transcript;
    for (const std::string& line : detail.control)
        transcript += line + "\n";
    text += code("Upper tester", transcript);
    return text + code("Environment", detail.environment);
}

}  // namespace

std::string verdict_class(Verdict verdict) {
    std::string name(to_string(verdict));
    std::transform(name.begin(), name.end(), name.begin(),
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    return name;
}

std::string case_to_html(const CaseResult& result) {
    const bool is_open = result.verdict >= Verdict::Fail;
    std::string text = fmt::format(
        "<details class=\"case v-{}\" id=\"{}\"{}><summary><span class=\"verdict\">{}</span> "
        "<span class=\"id\">{}</span>{}<span class=\"reason\">{}</span></summary>\n<div "
        "class=\"body\">\n",
        verdict_class(result.verdict), escape_markup(result.id), is_open ? " open" : "",
        to_string(result.verdict), escape_markup(result.id),
        result.is_known ? " <span class=\"known\">known</span>" : "", escape_markup(result.reason));
    // One finding is its own reason.
    const bool is_said =
        result.findings.size() == 1 && result.reason == result.findings.front().message();
    if (!is_said) text += paragraph("Reason", result.reason);
    text += findings_html(result);
    if (result.detail) text += detail_html(*result.detail);
    text += requirements_html(result);
    text += code("Again", result.rerun) + paragraph("Capture", result.pcapng);
    return text + "</div></details>\n";
}

}  // namespace conform
