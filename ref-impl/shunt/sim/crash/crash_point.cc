// SPDX-License-Identifier: Apache-2.0
#include "shunt/sim/crash/crash_point.hh"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <iterator>
#include <optional>
#include <utility>

namespace shunt::sim {
namespace {

constexpr std::pair<Moment, std::string_view> kMomentNames[] = {
    {Moment::Before, "before"}, {Moment::State, "state"}, {Moment::Frames, "frames"}};
constexpr std::pair<Comeback, std::string_view> kComebackNames[] = {
    {Comeback::Short, "short"},
    {Comeback::Long, "long"},
    {Comeback::Never, "never"},
    {Comeback::ChannelsEnded, "channels-ended"},
    {Comeback::ChannelsSilent, "channels-silent"},
    {Comeback::ChannelsDead, "channels-dead"}};

template <typename Value, std::size_t kCount>
std::string_view name_of(const std::pair<Value, std::string_view> (&names)[kCount], Value wanted) {
    for (const auto& [value, name] : names) {
        if (value == wanted) return name;
    }
    return "";
}

template <typename Value, std::size_t kCount>
std::optional<Value> find(const std::pair<Value, std::string_view> (&names)[kCount],
                          std::string_view text) {
    for (const auto& [value, name] : names) {
        if (name == text) return value;
    }
    return std::nullopt;
}

std::optional<std::uint64_t> to_number(std::string_view text) {
    std::uint64_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc{} || end != text.data() + text.size() || number == 0)
        return std::nullopt;
    return number;
}

// What stands before the next dot; the rest stays in `text`.
std::string_view take_part(std::string_view& text) {
    const std::size_t dot = text.find('.');
    const std::string_view part = text.substr(0, dot);
    text = dot == std::string_view::npos ? std::string_view() : text.substr(dot + 1);
    return part;
}

}  // namespace

Duration absence_of(Comeback comeback) {
    switch (comeback) {
        case Comeback::Short:
            return kShortAbsence;
        case Comeback::Long:
            return kLongAbsence;
        case Comeback::ChannelsSilent:
            return kChannelSilence;
        case Comeback::ChannelsDead:
            return kChannelDeath;
        case Comeback::Never:
        case Comeback::ChannelsEnded:
            return {};
    }
    return {};
}

bool is_channel_loss(Comeback comeback) {
    return std::ranges::find(kChannelLosses, comeback) != std::end(kChannelLosses);
}

std::string to_text(const CrashPoint& point) {
    return fmt::format("s{}.{}.{}.{}", point.server + 1, point.event,
                       name_of(kMomentNames, point.moment),
                       name_of(kComebackNames, point.comeback));
}

Result<CrashPoint, std::string> parse_crash_point(std::string_view text) {
    std::string_view rest = text;
    const std::string_view name = take_part(rest);
    const auto server =
        name.starts_with('s') ? to_number(name.substr(1)) : std::optional<std::uint64_t>();
    const auto event = to_number(take_part(rest));
    const auto moment = find(kMomentNames, take_part(rest));
    const auto comeback = find(kComebackNames, take_part(rest));
    if (!server || !event || !moment || !comeback || !rest.empty() || text.ends_with('.')) {
        return Failure{fmt::format(
            "s2.17.before|state|frames.short|long|never|channels-ended|-silent|-dead, got \"{}\"",
            text)};
    }
    return CrashPoint{static_cast<std::size_t>(*server - 1), *event, *moment, *comeback};
}

}  // namespace shunt::sim
