// SPDX-License-Identifier: Apache-2.0
#include "shunt/app/waiting_lines.hh"

#include <algorithm>

#include "shunt/base/deadline.hh"

namespace shunt::app {

std::vector<WaitingLines::Line>::iterator WaitingLines::find(const farm::Listen& listen) {
    return std::ranges::find(lines_, &listen, &Line::listen);
}

bool WaitingLines::has_line(const farm::Listen& listen) const {
    return std::ranges::find(lines_, &listen, &Line::listen) != lines_.end();
}

WaitingLines::Ticket WaitingLines::join(const farm::Listen& listen, node::StreamId id,
                                        Instant first) {
    auto line = find(listen);
    if (line == lines_.end()) line = lines_.insert(line, {&listen, {}, first});
    line->waiting.emplace_hint(line->waiting.end(), next_, id);
    return next_++;
}

void WaitingLines::leave(const farm::Listen& listen, Ticket ticket) {
    const auto line = find(listen);
    if (line == lines_.end()) return;
    line->waiting.erase(ticket);
    if (line->waiting.empty()) lines_.erase(line);
}

std::optional<WaitingLines::First> WaitingLines::find_due(Instant now) const {
    for (const Line& line : lines_)
        if (line.due <= now) return First{line.listen, line.waiting.begin()->second};
    return std::nullopt;
}

void WaitingLines::put_off(const farm::Listen& listen, Instant again) {
    const auto line = find(listen);
    if (line != lines_.end()) line->due = again;
}

std::optional<Instant> WaitingLines::poll_deadline() const {
    std::optional<Instant> next;
    for (const Line& line : lines_)
        next = earlier(next, line.due);
    return next;
}

}  // namespace shunt::app
