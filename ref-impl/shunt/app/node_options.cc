// SPDX-License-Identifier: Apache-2.0
#include "shunt/app/node_options.hh"

#include <fmt/format.h>

#include "shunt/app/command_line.hh"

namespace shunt::app {
namespace {

constexpr std::string_view kIntroduction = R"(shunt-node: one server of a farm.

Usage: shunt-node --config F --name S [--front A] [--back A] [options]
A is one of: tap:NAME, tap:NAME,vnet, packet:IF, unix:PATH.

)";

constexpr const char* kEpilogue = R"(
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

CommandLine describe_command_line() {
    CommandLine about{"shunt-node", kIntroduction, {"Options"}, kEpilogue};
    // clang-format off
    about.options.add_options()
        ("config", option_value("F"), "the farm's configuration, farm.toml")
        ("name", option_value("S"), "which server of it this is")
        ("front", option_value("A"), "device on the front link (clients)")
        ("back", option_value("A"), "device on the back link (servers)")
        ("control", option_value("PATH"), "listen there for control requests (JSON lines)")
        ("time", option_value("wall|virtual"), "wall: the machine's clock (default); "
            "virtual: the tester at the unix: attachment says what time it is")
        ("seed", option_value("N"), "all chance of the node; default: from the kernel")
        ("log-level", option_value("L"), "trace, debug, info (default), warn, error, off")
        ("capture", option_value("FILE"), "record the frames of both links (pcapng)");
    // clang-format on
    return about;
}

std::optional<runtime::DeviceAddress> device(const GivenOptions& given, const char* option) {
    const auto value = given.text(option);
    if (!value) return std::nullopt;
    auto address = runtime::parse_device_address(*value);
    if (!address) throw WrongOption{fmt::format("--{}: {}", option, address.error().text)};
    return *address;
}

TimeMode time_mode(const GivenOptions& given) {
    const auto value = given.text("time");
    if (!value || *value == "wall") return TimeMode::Wall;
    if (*value == "virtual") return TimeMode::Virtual;
    throw WrongOption{fmt::format("--time: expected wall or virtual, got \"{}\"", *value)};
}

LogLevel log_level(const GivenOptions& given) {
    const auto value = given.text("log-level");
    if (!value) return LogLevel::Info;
    const auto level = parse_log_level(*value);
    if (level) return *level;
    throw WrongOption{fmt::format(
        "--log-level: expected trace, debug, info, warn, error or off, got \"{}\"", *value)};
}

bool is_unix(const std::optional<runtime::DeviceAddress>& address) {
    return address && address->kind == runtime::DeviceAddress::Kind::Unix;
}

void check_together(const NodeOptions& options) {
    if (!options.front && !options.back)
        throw WrongOption{"--front or --back is missing: a node without a link reaches nobody"};
    const bool has_unix = is_unix(options.front) || is_unix(options.back);
    const bool is_same = options.front == options.back;
    if (options.front && is_same && !has_unix)
        throw WrongOption{
            "--front and --back: expected two devices; only one unix: socket carries both"};
    if (options.capture && has_unix)
        throw WrongOption{
            "--capture: expected tap: or packet: links; the tester at unix: has every frame"};
    if (options.time == TimeMode::Wall) return;
    const bool is_one_socket = has_unix && (is_same || !options.front || !options.back);
    if (!is_one_socket)
        throw WrongOption{
            "--time virtual: expected one unix: socket for both links, "
            "--front unix:PATH --back unix:PATH"};
    if (options.control)
        throw WrongOption{
            "--time virtual: expected no --control; control requests travel in the unix: "
            "socket, so that a run is deterministic"};
}

NodeOptions options_from(const GivenOptions& given) {
    NodeOptions options;
    options.config = given.required_text("config", "the path of farm.toml");
    options.name = given.required_text("name", "the name of a server in farm.toml");
    options.front = device(given, "front");
    options.back = device(given, "back");
    options.control = given.text("control");
    options.time = time_mode(given);
    options.seed = given.number("seed");
    options.log_level = log_level(given);
    options.capture = given.text("capture");
    check_together(options);
    return options;
}

}  // namespace

ParsedNodeOptions parse_node_options(const std::vector<std::string>& arguments) {
    return parse_command_line(describe_command_line(), arguments, options_from);
}

}  // namespace shunt::app
