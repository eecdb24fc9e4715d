// SPDX-License-Identifier: Apache-2.0
#include "shunt/app/sim_options.hh"

#include <fmt/format.h>

#include <charconv>
#include <limits>
#include <sstream>
#include <string_view>
#include <utility>

#include <boost/program_options.hpp>

#include "shunt/sim/client/sim_client.hh"

namespace shunt::app {
namespace {

namespace options = boost::program_options;

options::options_description describe_options() {
    options::options_description known("shunt-sim: worlds of shunt nodes in virtual time");
    auto add = known.add_options();
    add("help,h", "this text");
    add("list", "the scenarios");
    add("scenario", options::value<std::string>(), "which of them");
    add("seed", options::value<std::string>(), "the world's seed (1)");
    add("seeds", options::value<std::string>(), "A..B: one world for each seed from A to B");
    add("jobs", options::value<std::string>(), "worlds at the same time (1)");
    add("connections", options::value<std::string>(), "in each world");
    add("loss", options::value<std::string>(), "A/B: of each frame on each link");
    add("repetition", options::value<std::string>(), "A/B: of each frame on each link");
    add("reordering", options::value<std::string>(), "A/B: of each frame on each link");
    add("corruption", options::value<std::string>(), "A/B: of each frame on each link");
    add("pattern", options::value<std::string>(),
        "of tcp-pair: download, upload, both or ping-pong");
    add("size", options::value<std::string>(), "of tcp-pair: bytes to send in each direction");
    add("buffer", options::value<std::string>(), "of tcp-pair: bytes of each queue");
    add("rtt-us", options::value<std::string>(), "of tcp-pair: the link's round trip");
    add("rate", options::value<std::string>(), "of tcp-pair: the link's bytes per second");
    add("offload",
        "network cards of the servers, of both ends in tcp-pair, cut and join trains of segments");
    add("json", options::value<std::string>(), "file for the result; - is standard output");
    add("watch", options::value<std::string>(),
        "client port: the frames of its connection, sent (->) and delivered (=>)");
    add("speed", "says how many packets were delivered per second of processor time");
    add("replay-seeds", options::value<std::string>(),
        "file of worlds that once failed, their options a line: none may fail again");
    add("record-seeds", options::value<std::string>(),
        "the same file: worlds of this run that fail are added to it");
    add("table", "completion time and throughput by loss, round trip, buffer, congestion control");
    add("expect-table", options::value<std::string>(), "file that the table must equal");
    add("update-table", options::value<std::string>(), "file that the table is written to");
    add("expect-traces", options::value<std::string>(),
        "file of lines SCENARIO CONNECTIONS SEED HASH: each world must leave just that trace");
    add("update-traces", options::value<std::string>(),
        "the same file: its worlds run again and their hashes are written into it");
    return known;
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

std::optional<std::uint64_t> to_number(std::string_view text) {
    std::uint64_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return number;
}

// Every reader leaves its target alone if the option is absent, and throws what a user can read.
class OptionReader {
  public:
    explicit OptionReader(const options::variables_map& given) : given_(given) {}

    template <typename Target>
    void number(const char* name, Target& target, std::uint64_t least = 0,
                std::uint64_t most = std::numeric_limits<std::uint64_t>::max()) const {
        const auto text = find(name);
        if (!text) return;
        const auto value = to_number(*text);
        if (!value || *value < least)
            throw options::error(
                fmt::format("--{}: a number from {} on, not {}", name, least, *text));
        if (*value > most)
            throw options::error(fmt::format("--{}: {} at most, not {}", name, most, *text));
        target = static_cast<std::size_t>(*value);
    }

    void ratio(const char* name, std::optional<Ratio>& target) const {
        const auto text = find(name);
        if (!text) return;
        const std::size_t slash = text->find('/');
        const auto top = to_number(std::string_view(*text).substr(0, slash));
        const auto bottom = slash == std::string::npos
                                ? std::optional<std::uint64_t>(1)
                                : to_number(std::string_view(*text).substr(slash + 1));
        if (!top || !bottom || *bottom == 0 || *bottom > 0xFFFF'FFFF || *top > *bottom) {
            throw options::error(fmt::format("--{}: a fraction such as 1/20, not {}", name, *text));
        }
        target = Ratio{static_cast<std::uint32_t>(*top), static_cast<std::uint32_t>(*bottom)};
    }

    void pattern(std::optional<sim::PairPattern>& target) const {
        const auto text = find("pattern");
        if (!text) return;
        for (const auto& [pattern, name] : kPatterns) {
            if (name == *text) target = pattern;
        }
        if (!target)
            throw options::error("--pattern: download, upload, both or ping-pong, not " + *text);
    }

    void seeds(SimOptions& target) const {
        number("seed", target.first_seed);
        target.last_seed = target.first_seed;
        const auto text = find("seeds");
        if (!text) return;
        const std::size_t dots = text->find("..");
        if (dots == std::string::npos) throw options::error("--seeds: A..B, not " + *text);
        const auto first = to_number(std::string_view(*text).substr(0, dots));
        const auto last = to_number(std::string_view(*text).substr(dots + 2));
        if (!first || !last || *first > *last)
            throw options::error("--seeds: A..B with A not above B, not " + *text);
        target.first_seed = *first;
        target.last_seed = *last;
    }

    std::optional<std::string> find(const char* name) const {
        if (given_.count(name) == 0) return std::nullopt;
        return given_[name].as<std::string>();
    }

  private:
    const options::variables_map& given_;
};

void read_pair(const OptionReader& reader, sim::ScenarioOptions& world) {
    reader.ratio("corruption", world.corruption);
    reader.pattern(world.pattern);
    reader.number("size", world.size, 1);
    reader.number("buffer", world.buffer, kBufferMin, kBufferMax);
    reader.number("rate", world.rate, 1);
    std::optional<std::uint64_t> round_trip_us;
    reader.number("rtt-us", round_trip_us, 0, kRoundTripUsMax);
    if (round_trip_us)
        world.round_trip = Duration::microseconds(static_cast<std::int64_t>(*round_trip_us));
}

SimOptions read(const options::variables_map& given) {
    const OptionReader reader(given);
    SimOptions result;
    result.wants_help = given.count("help") > 0;
    result.wants_list = given.count("list") > 0;
    result.scenario = reader.find("scenario").value_or("");
    reader.seeds(result);
    reader.number("jobs", result.jobs, 1);
    reader.number("connections", result.world.connections, 1, sim::SimClient::kConnectionsMax);
    reader.ratio("loss", result.world.loss);
    reader.ratio("repetition", result.world.repetition);
    reader.ratio("reordering", result.world.reordering);
    read_pair(reader, result.world);
    result.world.has_offload = given.count("offload") > 0;
    std::optional<std::uint64_t> port;
    reader.number("watch", port, 1);
    if (port && *port > 0xFFFF) throw options::error("--watch: a port, at most 65535");
    if (port) result.watched_port = static_cast<std::uint16_t>(*port);
    result.json_path = reader.find("json");
    result.expected_traces = reader.find("expect-traces");
    result.updated_traces = reader.find("update-traces");
    result.replayed_seeds = reader.find("replay-seeds");
    result.recorded_seeds = reader.find("record-seeds");
    result.wants_table = given.count("table") > 0;
    result.expected_table = reader.find("expect-table");
    result.updated_table = reader.find("update-table");
    result.wants_speed = given.count("speed") > 0;
    const bool has_work = result.wants_help || result.wants_list || result.expected_traces ||
                          result.updated_traces || result.replayed_seeds || result.wants_table ||
                          result.expected_table || result.updated_table || !result.scenario.empty();
    if (!has_work) throw options::error("--scenario: one of --list is wanted");
    return result;
}

void append_ratio(std::string& text, const char* name, const std::optional<Ratio>& ratio) {
    if (ratio) text += fmt::format(" --{} {}/{}", name, ratio->numerator, ratio->denominator);
}

}  // namespace

std::string sim_usage() {
    std::ostringstream text;
    text << describe_options();
    return text.str();
}

Result<SimOptions, std::string> parse_sim_options(const std::vector<std::string>& arguments) {
    namespace style = options::command_line_style;
    try {
        options::variables_map given;
        const int exact = style::unix_style & ~style::allow_guessing;
        options::store(options::command_line_parser(arguments)
                           .options(describe_options())
                           .positional({})
                           .style(exact)
                           .run(),
                       given);
        return read(given);
    } catch (const options::error& error) {
        return Failure{std::string(error.what())};
    }
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
