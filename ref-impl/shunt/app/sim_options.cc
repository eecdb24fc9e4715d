// SPDX-License-Identifier: Apache-2.0
#include "shunt/app/sim_options.hh"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>
#include <utility>

#include "shunt/app/command_line.hh"
#include "shunt/sim/client/sim_client.hh"

namespace shunt::app {
namespace {

constexpr std::string_view kIntroduction = R"(shunt-sim: worlds of shunt nodes in virtual time.

Usage: shunt-sim --scenario NAME [--seed N] [options]

)";

constexpr const char* kEpilogue = R"(
Examples:
  A hundred worlds under faults, two at a time:
    shunt-sim --scenario move-faults --seeds 1..100 --jobs 2
  Two engines on a long, slow path:
    shunt-sim --scenario tcp-pair --pattern download --rtt-us 200000 --rate 1000000
  A server crashes, at every step of a migration:
    shunt-sim --crashes unbound --jobs 2

Exit codes: 0 ok; 1 a rule was broken; 2 usage; 3 a file could not be written.
)";

CommandLine describe_command_line() {
    CommandLine about{"shunt-sim", kIntroduction, {"Options"}, kEpilogue};
    auto add = about.options.add_options();
    add("list", "the scenarios");
    add("scenario", option_value("NAME"), "which of them");
    add("seed", option_value("N"), "the world's seed (1)");
    add("seeds", option_value("A..B"), "one world for each seed from A to B");
    add("jobs", option_value("N"), "worlds at the same time (1)");
    add("connections", option_value("N"), "in each world");
    add("loss", option_value("A/B"), "of each frame on each link");
    add("repetition", option_value("A/B"), "of each frame on each link");
    add("reordering", option_value("A/B"), "of each frame on each link");
    add("corruption", option_value("A/B"), "of each frame on each link");
    add("pattern", option_value("P"), "of tcp-pair: download, upload, both or ping-pong");
    add("size", option_value("N"), "of tcp-pair: bytes to send in each direction");
    add("buffer", option_value("N"), "of tcp-pair: bytes of each queue");
    add("rtt-us", option_value("N"), "of tcp-pair: the link's round trip");
    add("rate", option_value("N"), "of tcp-pair: the link's bytes per second");
    add("offload",
        "network cards of the servers, of both ends in tcp-pair, cut and join trains of segments");
    add("json", option_value("FILE"), "file for the result; - is standard output");
    add("crashes", option_value("SCRIPT"),
        "or all: its servers crash at every step, one crash in each world; with --list, the steps");
    add("crash", option_value("POINTS"),
        "of --crashes, e.g. s2.17.state.short,s1.20.before.never: both in one world");
    add("every", option_value("N"), "of --crashes: one crash of so many (1)");
    add("watch", option_value("PORT"),
        "client port: the frames of its connection, sent (->) and delivered (=>)");
    add("speed", "says how many packets were delivered per second of processor time");
    add("replay-seeds", option_value("FILE"),
        "file of worlds that once failed, their options a line: none may fail again");
    add("record-seeds", option_value("FILE"),
        "the same file: worlds of this run that fail are added to it");
    add("table", "completion time and throughput by loss, round trip, buffer, congestion control");
    add("expect-table", option_value("FILE"), "file that the table must equal");
    add("update-table", option_value("FILE"), "file that the table is written to");
    add("expect-traces", option_value("FILE"),
        "file of lines SCENARIO CONNECTIONS SEED HASH: each world must leave just that trace");
    add("update-traces", option_value("FILE"),
        "the same file: its worlds run again and their hashes are written into it");
    return about;
}

constexpr std::pair<sim::PairPattern, std::string_view> kPatterns[] = {
    {sim::PairPattern::Download, "download"},
    {sim::PairPattern::Upload, "upload"},
    {sim::PairPattern::Both, "both"},
    {sim::PairPattern::PingPong, "ping-pong"},
};

// As a node's (docs/farm-toml.md): less has no room for a segment, and more no number for each
// byte.
constexpr std::uint64_t kBufferMin = 576;
constexpr std::uint64_t kBufferMax = 1U << 30;
// A minute, for after five TCP gives up.
constexpr std::uint64_t kRoundTripUsMax = 60'000'000;

std::string_view pattern_name(sim::PairPattern wanted) {
    for (const auto& [pattern, name] : kPatterns) {
        if (pattern == wanted) return name;
    }
    return "";
}

std::optional<Ratio> ratio(const GivenOptions& given, const char* option) {
    const auto text = given.text(option);
    if (!text) return std::nullopt;
    const std::size_t slash = text->find('/');
    const auto top = to_number(std::string_view(*text).substr(0, slash));
    const auto bottom = slash == std::string::npos
                            ? std::optional<std::uint64_t>(1)
                            : to_number(std::string_view(*text).substr(slash + 1));
    if (!top || !bottom || *bottom == 0 || *bottom > 0xFFFF'FFFF || *top > *bottom) {
        throw WrongOption{
            fmt::format("--{}: expected a fraction such as 1/20, got \"{}\"", option, *text)};
    }
    return Ratio{static_cast<std::uint32_t>(*top), static_cast<std::uint32_t>(*bottom)};
}

std::optional<sim::PairPattern> pattern(const GivenOptions& given) {
    const auto text = given.text("pattern");
    if (!text) return std::nullopt;
    for (const auto& [pattern, name] : kPatterns)
        if (name == *text) return pattern;
    throw WrongOption{
        fmt::format("--pattern: expected download, upload, both or ping-pong, got \"{}\"", *text)};
}

void read_seeds(const GivenOptions& given, SimOptions& target) {
    target.first_seed = given.number("seed").value_or(1);
    target.last_seed = target.first_seed;
    const auto text = given.text("seeds");
    if (!text) return;
    if (given.has("seed")) throw WrongOption{"--seed and --seeds: expected one of the two"};
    const std::size_t dots = text->find("..");
    const auto first = to_number(std::string_view(*text).substr(0, dots));
    const auto last = dots == std::string::npos
                          ? std::nullopt
                          : to_number(std::string_view(*text).substr(dots + 2));
    if (!first || !last || *first > *last) {
        throw WrongOption{
            fmt::format("--seeds: expected A..B with A not above B, got \"{}\"", *text)};
    }
    target.first_seed = *first;
    target.last_seed = *last;
}

sim::ScenarioOptions read_world(const GivenOptions& given) {
    sim::ScenarioOptions world;
    world.connections = given.number("connections", 1, sim::SimClient::kConnectionsMax);
    world.loss = ratio(given, "loss");
    world.repetition = ratio(given, "repetition");
    world.reordering = ratio(given, "reordering");
    world.corruption = ratio(given, "corruption");
    world.pattern = pattern(given);
    world.size = given.number("size", 1);
    world.buffer = given.number("buffer", kBufferMin, kBufferMax);
    world.rate = given.number("rate", 1);
    if (const auto round_trip_us = given.number("rtt-us", 0, kRoundTripUsMax))
        world.round_trip = Duration::microseconds(static_cast<std::int64_t>(*round_trip_us));
    world.has_offload = given.has("offload");
    return world;
}

/// An option that changes nothing would be believed to have changed something.
void check_meaning(const SimOptions& options) {
    const sim::Scenario* scenario = sim::find_scenario(options.scenario);
    if (scenario == nullptr) {
        throw WrongOption{fmt::format("--scenario: there is none of the name \"{}\"; see --list",
                                      options.scenario)};
    }
    const auto unused = sim::setting_without_meaning(*scenario, options.world);
    if (!unused) return;
    throw WrongOption{
        fmt::format("--{}: the scenario {} has no use for it", *unused, options.scenario)};
}

void read_crashes(const GivenOptions& given, SimOptions& result) {
    result.crashes = given.text("crashes");
    for (const char* option : {"crash", "every"}) {
        if (given.has(option) && !result.crashes)
            throw WrongOption{fmt::format("--{}: expected --crashes SCRIPT beside it", option)};
    }
    result.every = given.number("every", 1).value_or(1);
    const auto text = given.text("crash");
    std::string_view rest = text ? std::string_view(*text) : std::string_view();
    while (!rest.empty()) {
        const std::size_t comma = std::min(rest.find(','), rest.size());
        const auto point = sim::parse_crash_point(rest.substr(0, comma));
        if (!point) throw WrongOption{"--crash: expected " + point.error()};
        result.crash_points.push_back(*point);
        rest.remove_prefix(std::min(comma + 1, rest.size()));
    }
}

SimOptions read(const GivenOptions& given) {
    SimOptions result;
    result.wants_list = given.has("list");
    result.scenario = given.text("scenario").value_or("");
    read_seeds(given, result);
    result.jobs = given.number("jobs", 1).value_or(1);
    result.world = read_world(given);
    if (const auto port = given.number("watch", 1, 0xFFFF))
        result.watched_port = static_cast<std::uint16_t>(*port);
    result.json_path = given.text("json");
    result.expected_traces = given.text("expect-traces");
    result.updated_traces = given.text("update-traces");
    result.replayed_seeds = given.text("replay-seeds");
    result.recorded_seeds = given.text("record-seeds");
    result.wants_table = given.has("table");
    result.expected_table = given.text("expect-table");
    result.updated_table = given.text("update-table");
    read_crashes(given, result);
    result.wants_speed = given.has("speed");
    const bool has_other_work = result.wants_list || result.crashes || result.expected_traces ||
                                result.updated_traces || result.replayed_seeds ||
                                result.wants_table || result.expected_table || result.updated_table;
    if (!result.scenario.empty()) {
        check_meaning(result);
    } else if (!has_other_work) {
        throw WrongOption{"--scenario is missing: one of --list"};
    }
    return result;
}

void append_ratio(std::string& text, const char* name, const std::optional<Ratio>& ratio) {
    if (ratio) text += fmt::format(" --{} {}/{}", name, ratio->numerator, ratio->denominator);
}

}  // namespace

ParsedSimOptions parse_sim_options(const std::vector<std::string>& arguments) {
    return parse_command_line(describe_command_line(), arguments, read);
}

std::string to_arguments(const sim::ScenarioOptions& world) {
    std::string text;
    if (world.connections) text += fmt::format(" --connections {}", *world.connections);
    append_ratio(text, "loss", world.loss);
    append_ratio(text, "repetition", world.repetition);
    append_ratio(text, "reordering", world.reordering);
    append_ratio(text, "corruption", world.corruption);
    if (world.pattern) text += fmt::format(" --pattern {}", pattern_name(*world.pattern));
    if (world.size) text += fmt::format(" --size {}", *world.size);
    if (world.buffer) text += fmt::format(" --buffer {}", *world.buffer);
    if (world.round_trip) text += fmt::format(" --rtt-us {}", world.round_trip->to_microseconds());
    if (world.rate) text += fmt::format(" --rate {}", *world.rate);
    if (world.has_offload) text += " --offload";
    return text;
}

}  // namespace shunt::app
