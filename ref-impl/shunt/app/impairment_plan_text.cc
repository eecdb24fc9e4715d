// SPDX-License-Identifier: Apache-2.0
#include "shunt/app/impairment_plan_text.hh"

#include <fmt/format.h>

#include <charconv>
#include <cstdint>
#include <limits>
#include <optional>
#include <vector>

namespace shunt::app {
namespace {

using link::ImpairmentPlan;

constexpr std::uint64_t kRateMax = 100'000'000'000;
constexpr std::uint64_t kMillisecondsMax = 60'000;
constexpr std::size_t kNamedMax = 1'000;

constexpr std::string_view kKeys = R"(A PLAN is words KEY=VALUE between blanks:
  loss=A/B        A of B frames are lost, by chance, as the seed has it
  repeat=A/B      come twice
  corrupt=A/B     come with one bit flipped
  late=A/B        come late, so that others overtake them
  mark=A/B        get "congestion experienced", if their transport takes part (RFC 3168)
  drop=N,N,..     the N-th TCP segments with text are lost; 1 is the first
  hold=N,N,..     they come late
  late-by=T       how late is late (2ms)
  delay=T         for each frame; T is a number with us, ms or s
  jitter=T        up to that is added, for each frame by itself
  rate=R          bits per second; R is a number, or one with k, M or G
  queue=N         frames that wait for their turn under a rate (1000); more are lost
)";

std::optional<std::uint64_t> number(std::string_view text, std::uint64_t most) {
    std::uint64_t value = 0;
    const char* end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data(), end, value);
    if (error != std::errc() || stop != end || value > most) return std::nullopt;
    return value;
}

/// The number in front of one of the endings, times what the ending stands for.
struct Ending {
    std::string_view text;
    std::uint64_t factor;
};

template <std::size_t Count>
std::optional<std::uint64_t> scaled(std::string_view text, const Ending (&endings)[Count],
                                    std::uint64_t most) {
    for (const Ending& ending : endings) {
        if (!text.ends_with(ending.text)) continue;
        const std::string_view digits = text.substr(0, text.size() - ending.text.size());
        const auto value = number(digits, most / ending.factor);
        if (value) return *value * ending.factor;
    }
    return std::nullopt;
}

bool read(std::string_view text, Ratio& ratio) {
    const std::size_t slash = text.find('/');
    if (slash == std::string_view::npos) return false;
    constexpr std::uint64_t kMost = std::numeric_limits<std::uint32_t>::max();
    const auto denominator = number(text.substr(slash + 1), kMost);
    if (!denominator || *denominator == 0) return false;
    const auto numerator = number(text.substr(0, slash), *denominator);
    if (!numerator) return false;
    ratio = {static_cast<std::uint32_t>(*numerator), static_cast<std::uint32_t>(*denominator)};
    return true;
}

bool read(std::string_view text, Duration& span) {
    static constexpr Ending kTimes[] = {{"us", 1}, {"ms", 1'000}, {"s", 1'000'000}};
    const auto microseconds = scaled(text, kTimes, kMillisecondsMax * 1'000);
    if (!microseconds) return false;
    span = Duration::microseconds(static_cast<std::int64_t>(*microseconds));
    return true;
}

bool read(std::string_view text, std::vector<std::uint64_t>& numbers) {
    numbers.clear();
    while (numbers.size() < kNamedMax) {
        const std::size_t comma = text.find(',');
        const auto value = number(text.substr(0, comma), std::numeric_limits<std::uint64_t>::max());
        if (!value || *value == 0) return false;
        numbers.push_back(*value);
        if (comma == std::string_view::npos) return true;
        text.remove_prefix(comma + 1);
    }
    return false;
}

bool read_rate(std::string_view text, std::uint64_t& rate) {
    static constexpr Ending kRates[] = {
        {"G", 1'000'000'000}, {"M", 1'000'000}, {"k", 1'000}, {"", 1}};
    const auto value = scaled(text, kRates, kRateMax);
    if (!value || *value == 0) return false;
    rate = *value;
    return true;
}

bool read_queue(std::string_view text, std::size_t& queue) {
    const auto value = number(text, link::ImpairmentLane::kUnderWayMax);
    if (!value || *value == 0) return false;
    queue = *value;
    return true;
}

bool is_known(std::string_view key) {
    return kKeys.find(fmt::format("\n  {}=", key)) != std::string_view::npos;
}

/// False: the value is none of the key's.
bool read_value(std::string_view key, std::string_view value, ImpairmentPlan& plan) {
    if (key == "loss") return read(value, plan.loss);
    if (key == "repeat") return read(value, plan.repetition);
    if (key == "corrupt") return read(value, plan.corruption);
    if (key == "late") return read(value, plan.late);
    if (key == "mark") return read(value, plan.marking);
    if (key == "drop") return read(value, plan.dropped);
    if (key == "hold") return read(value, plan.held);
    if (key == "late-by") return read(value, plan.late_by);
    if (key == "delay") return read(value, plan.delay);
    if (key == "jitter") return read(value, plan.jitter);
    if (key == "rate") return read_rate(value, plan.rate);
    return key == "queue" && read_queue(value, plan.queue);
}

}  // namespace

std::string_view impairment_plan_keys() {
    return kKeys;
}

Result<ImpairmentPlan, std::string> parse_impairment_plan(std::string_view text) {
    ImpairmentPlan plan;
    while (!text.empty()) {
        const std::size_t blank = text.find(' ');
        const std::string_view word = text.substr(0, blank);
        text.remove_prefix(blank == std::string_view::npos ? text.size() : blank + 1);
        if (word.empty()) continue;
        const std::size_t equals = word.find('=');
        const std::string_view key = word.substr(0, equals);
        if (equals == std::string_view::npos || !is_known(key))
            return Failure{
                fmt::format("\"{}\": expected a word KEY=VALUE; --help lists keys", word)};
        if (!read_value(key, word.substr(equals + 1), plan))
            return Failure{fmt::format("\"{}\": expected another value; --help shows which", word)};
    }
    return plan;
}

}  // namespace shunt::app
