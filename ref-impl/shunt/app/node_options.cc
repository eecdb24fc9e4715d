// SPDX-License-Identifier: Apache-2.0
#include "shunt/app/node_options.hh"

#include <fmt/format.h>

#include <charconv>
#include <sstream>
#include <vector>

#include <boost/program_options.hpp>

#include "shunt/app/version.hh"

namespace shunt::app {
namespace {

namespace po = boost::program_options;

constexpr std::string_view kIntroduction = R"(shunt-node: one server of a farm.

Usage: shunt-node --config F --name S [--front A] [--back A] [options]
A is one of: tap:NAME, tap:NAME,vnet, packet:IF, unix:PATH.

)";

constexpr std::string_view kEpilogue = R"(
Examples:
  Server s1 of a farm on two taps, with a control socket:
    shunt-node --config farm.toml --name s1 --front tap:s1-front --back tap:s1-back
               --control /run/shunt/s1.sock
  On interfaces that the kernel has already:
    shunt-node --config farm.toml --name s1 --front packet:eth1 --back packet:eth2
  For a tester that owns the clock (no privilege needed):
    shunt-node --config farm.toml --name s1 --front unix:/tmp/s1 --back unix:/tmp/s1
               --time virtual

Exit codes: 0 ok; 2 usage, configuration or privilege; 3 a device was lost; 130 interrupted.
)";

po::options_description describe_options() {
    const auto text = [] { return po::value<std::string>(); };
    po::options_description options("Options");
    // clang-format off
    options.add_options()
        ("config", text()->value_name("F"), "the farm's configuration, farm.toml")
        ("name", text()->value_name("S"), "which server of it this is")
        ("front", text()->value_name("A"), "device on the front link (clients)")
        ("back", text()->value_name("A"), "device on the back link (servers)")
        ("control", text()->value_name("PATH"), "listen there for control requests (JSON lines)")
        ("time", text()->value_name("wall|virtual"), "wall: the machine's clock (default); "
            "virtual: the tester at the unix: attachment says what time it is")
        ("seed", text()->value_name("N"), "all chance of the node; default: from the kernel")
        ("log-level", text()->value_name("L"), "trace, debug, info (default), warn, error, off")
        ("capture", text()->value_name("FILE"), "record the frames of both links (pcapng)")
        ("help", "this text")
        ("version", "the version");
    // clang-format on
    return options;
}

/// Thrown inside this file only: the first thing that is wrong ends the parsing.
struct Wrong {
    std::string text;
};

std::optional<std::string> text_of(const po::variables_map& given, const char* option) {
    if (given.count(option) == 0) return std::nullopt;
    std::string value = given[option].as<std::string>();
    if (value.empty()) throw Wrong{fmt::format("--{}: expected a value", option)};
    return value;
}

std::string required(const po::variables_map& given, const char* option, const char* what) {
    const auto value = text_of(given, option);
    if (!value) throw Wrong{fmt::format("--{} is missing: {}", option, what)};
    return *value;
}

std::optional<runtime::DeviceAddress> device(const po::variables_map& given, const char* option) {
    const auto value = text_of(given, option);
    if (!value) return std::nullopt;
    auto address = runtime::parse_device_address(*value);
    if (!address) throw Wrong{fmt::format("--{}: {}", option, address.error().text)};
    return *address;
}

std::optional<std::uint64_t> seed(const po::variables_map& given) {
    const auto value = text_of(given, "seed");
    if (!value) return std::nullopt;
    std::uint64_t number = 0;
    const char* end = value->data() + value->size();
    const auto [stop, error] = std::from_chars(value->data(), end, number);
    if (error != std::errc() || stop != end)
        throw Wrong{fmt::format("--seed: expected a number from 0 to 2^64-1, got \"{}\"", *value)};
    return number;
}

TimeMode time_mode(const po::variables_map& given) {
    const auto value = text_of(given, "time");
    if (!value || *value == "wall") return TimeMode::Wall;
    if (*value == "virtual") return TimeMode::Virtual;
    throw Wrong{fmt::format("--time: expected wall or virtual, got \"{}\"", *value)};
}

LogLevel log_level(const po::variables_map& given) {
    const auto value = text_of(given, "log-level");
    if (!value) return LogLevel::Info;
    const auto level = parse_log_level(*value);
    if (level) return *level;
    throw Wrong{fmt::format(
        "--log-level: expected trace, debug, info, warn, error or off, got \"{}\"", *value)};
}

bool is_unix(const std::optional<runtime::DeviceAddress>& address) {
    return address && address->kind == runtime::DeviceAddress::Kind::Unix;
}

void check_together(const NodeOptions& options) {
    if (!options.front && !options.back)
        throw Wrong{"--front or --back is missing: a node without a link reaches nobody"};
    const bool has_unix = is_unix(options.front) || is_unix(options.back);
    const bool is_same = options.front == options.back;
    if (options.front && is_same && !has_unix)
        throw Wrong{"--front and --back: expected two devices; only one unix: socket carries both"};
    if (options.capture && has_unix)
        throw Wrong{
            "--capture: expected tap: or packet: links; the tester at unix: has every frame"};
    if (options.time == TimeMode::Wall) return;
    const bool is_one_socket = has_unix && (is_same || !options.front || !options.back);
    if (!is_one_socket)
        throw Wrong{
            "--time virtual: expected one unix: socket for both links, "
            "--front unix:PATH --back unix:PATH"};
    if (options.control)
        throw Wrong{
            "--time virtual: expected no --control; control requests travel in the unix: "
            "socket, so that a run is deterministic"};
}

NodeOptions options_from(const po::variables_map& given) {
    NodeOptions options;
    options.config = required(given, "config", "the path of farm.toml");
    options.name = required(given, "name", "the name of a server in farm.toml");
    options.front = device(given, "front");
    options.back = device(given, "back");
    options.control = text_of(given, "control");
    options.time = time_mode(given);
    options.seed = seed(given);
    options.log_level = log_level(given);
    options.capture = text_of(given, "capture");
    check_together(options);
    return options;
}

}  // namespace

ParsedNodeOptions parse_node_options(int argument_count, const char* const* arguments) {
    namespace style = po::command_line_style;
    // No guessing: an abbreviation that is clear today is another option tomorrow.
    constexpr int kStyle = style::allow_long | style::long_allow_adjacent | style::long_allow_next;
    const po::options_description options = describe_options();
    try {
        const po::positional_options_description no_positions;
        const auto parsed = po::command_line_parser(argument_count, arguments)
                                .options(options)
                                .positional(no_positions)
                                .style(kStyle)
                                .run();
        po::variables_map given;
        po::store(parsed, given);
        if (given.count("help") != 0) {
            std::ostringstream text;
            text << kIntroduction << options << kEpilogue;
            return TextWanted{text.str()};
        }
        if (given.count("version") != 0)
            return TextWanted{fmt::format("shunt-node {}\n", kVersion)};
        return options_from(given);
    } catch (const Wrong& wrong) {
        return UsageError{wrong.text};
    } catch (const po::error& error) {
        return UsageError{error.what()};
    }
}

}  // namespace shunt::app
