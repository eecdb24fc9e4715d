// SPDX-License-Identifier: Apache-2.0
/// The ladder as a picture: columns are roles, time goes down, what violates is marked. Colours are
/// classes of the page's style sheet; alone, the picture has its own.
#include <fmt/format.h>

#include <algorithm>

#include "report/case_detail.hh"
#include "report/escape.hh"

namespace conform {
namespace {

constexpr int kTimeWidth = 96;
constexpr int kColumnWidth = 250;
constexpr int kRow = 30;
constexpr int kHead = 44;
constexpr int kViolationRow = 18;
constexpr std::size_t kLabelShown = 62;
constexpr std::size_t kViolationShown = 130;

constexpr std::string_view kStyle =
    ".lane{stroke:#8a94a6;stroke-dasharray:2 4}.msg{stroke:#2563eb;stroke-width:1.5}"
    ".tip{fill:#2563eb}.bad .msg{stroke:#dc2626;stroke-width:2.5}.bad .tip,.why{fill:#dc2626}"
    "text{font:12px ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;fill:#1f2937}"
    ".when,.gap{fill:#6b7280}.role{font-weight:600}.bad text,.why{fill:#dc2626;font-weight:600}"
    "@media(prefers-color-scheme:dark){text{fill:#e5e7eb}.when,.gap{fill:#9ca3af}"
    ".msg{stroke:#60a5fa}.tip{fill:#60a5fa}.bad .msg{stroke:#f87171}"
    ".bad .tip,.bad text,.why{fill:#f87171}}";

int x_of(std::size_t column) {
    return kTimeWidth + kColumnWidth / 2 + static_cast<int>(column) * kColumnWidth;
}

std::string cut(const std::string& text, std::size_t most) {
    return escape_markup(text.size() > most ? text.substr(0, most - 2) + ".." : text);
}

int height_of(const LadderStep& step) {
    return kRow +
           kViolationRow * static_cast<int>(std::min<std::size_t>(step.violations.size(), 3));
}

std::string draw_arrow(const LadderStep& step, int y) {
    constexpr int kTip = 9;
    const int from = x_of(step.from);
    const int to = x_of(step.to);
    const int direction = to > from ? 1 : -1;
    return fmt::format(
        "<line class=\"msg\" x1=\"{}\" y1=\"{}\" x2=\"{}\" y2=\"{}\"/>"
        "<polygon class=\"tip\" points=\"{},{} {},{} {},{}\"/>",
        from, y, to - direction * kTip, y, to, y, to - direction * kTip, y - 4,
        to - direction * kTip, y + 4);
}

std::string draw_step(const LadderStep& step, int y) {
    if (step.packet == 0) {
        return fmt::format("<text class=\"gap\" x=\"{}\" y=\"{}\">.. {} packets left out ..</text>",
                           kTimeWidth, y + 20, step.left_out);
    }
    const int line = y + 22;
    // A long label begins at the left end of its arrow, and may go on beyond the other.
    const int left = x_of(std::min(step.from, step.to));
    std::string text = fmt::format("<g{}><title>packet {}, {}</title>",
                                   step.violations.empty() ? "" : " class=\"bad\"", step.packet,
                                   escape_markup(step.label));
    text += fmt::format(
        "<text class=\"when\" x=\"0\" y=\"{}\">{:>4} {:.6f}</text>"
        "<text x=\"{}\" y=\"{}\">{}</text>",
        line + 4, step.packet, std::chrono::duration<double>(step.at).count(), left + 10, line - 6,
        cut(step.label, kLabelShown));
    text += draw_arrow(step, line);
    for (std::size_t i = 0; i < std::min<std::size_t>(step.violations.size(), 3); ++i) {
        text += fmt::format("<text class=\"why\" x=\"{}\" y=\"{}\">{}</text>", kTimeWidth,
                            line + kViolationRow * static_cast<int>(i + 1),
                            cut(step.violations[i], kViolationShown));
    }
    return text + "</g>\n";
}

}  // namespace

std::string to_svg(const Ladder& ladder) {
    int height = kHead + 16;
    for (const LadderStep& step : ladder.steps)
        height += height_of(step);
    const int width = kTimeWidth + kColumnWidth * static_cast<int>(ladder.columns.size());
    std::string text = fmt::format(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {} {}\" width=\"{}\" "
        "height=\"{}\" "
        "role=\"img\" aria-label=\"ladder diagram\">\n<style>{}</style>\n",
        width, height, width, height, kStyle);
    for (std::size_t column = 0; column < ladder.columns.size(); ++column) {
        text += fmt::format(
            "<text class=\"role\" text-anchor=\"middle\" x=\"{0}\" y=\"20\">{1}</text>"
            "<line class=\"lane\" x1=\"{0}\" y1=\"30\" x2=\"{0}\" y2=\"{2}\"/>\n",
            x_of(column), cut(ladder.columns[column], 30), height - 8);
    }
    int y = kHead - 8;
    for (const LadderStep& step : ladder.steps) {
        text += draw_step(step, y);
        y += height_of(step);
    }
    return text + "</svg>\n";
}

}  // namespace conform
