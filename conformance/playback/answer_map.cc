// SPDX-License-Identifier: Apache-2.0
#include "playback/answer_map.hh"

#include <algorithm>

namespace conform {

std::optional<PayloadMatch> parse_payload_match(std::string_view text) {
    if (text == "auto") return PayloadMatch::Auto;
    if (text == "bytes") return PayloadMatch::Exact;
    if (text == "http") return PayloadMatch::Http;
    if (text == "status") return PayloadMatch::Status;
    return std::nullopt;
}

AnswerMap::AnswerMap(PayloadMatch match, const ServerSide& recorded,
                     std::vector<std::string> methods)
    : match_(match), recorded_(methods), live_(std::move(methods)) {
    recorded_.read(recorded.text(), recorded.is_closed());
    const bool has_answers =
        recorded_.is_http() && (!recorded_.all().empty() || recorded_.has_rest());
    if (match_ == PayloadMatch::Auto)
        match_ = has_answers ? PayloadMatch::Http : PayloadMatch::Exact;
}

void AnswerMap::update(const ServerSide& live) {
    live_size_ = live.text().size();
    if (match_ != PayloadMatch::Exact) live_.read(live.text(), live.is_closed());
}

std::optional<std::size_t> AnswerMap::place_of(std::size_t offset) const {
    const auto& recorded = recorded_.all();
    const auto found = std::lower_bound(
        recorded.begin(), recorded.end(), offset,
        [](const HttpAnswer& each, std::size_t wanted) { return each.end < wanted; });
    const bool has_answer = found != recorded.end() && found->begin < offset;
    if (match_ == PayloadMatch::Exact || !has_answer) {
        if (offset > live_size_) return std::nullopt;
        return offset;
    }
    const auto number = static_cast<std::size_t>(found - recorded.begin());
    if (number >= live_.all().size()) return std::nullopt;
    const HttpAnswer& there = live_.all()[number];
    if (offset == found->end && found->is_whole) {
        if (!there.is_whole) return std::nullopt;
        return there.end;
    }
    if (offset <= found->body) return there.body;
    const std::size_t wanted = there.body + (offset - found->body);
    if (wanted > there.end && !there.is_whole) return std::nullopt;
    return std::min(wanted, there.end);
}

}  // namespace conform
