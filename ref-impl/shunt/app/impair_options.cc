// SPDX-License-Identifier: Apache-2.0
#include "shunt/app/impair_options.hh"

#include <fmt/format.h>

#include <charconv>
#include <sstream>

#include <boost/program_options.hpp>

#include "shunt/app/impairment_plan_text.hh"
#include "shunt/app/version.hh"

namespace shunt::app {
namespace {

namespace po = boost::program_options;

constexpr std::string_view kIntroduction = R"(shunt-impair: a bad path between two devices.

Usage: shunt-impair --left A --right A [--to-right PLAN] [--to-left PLAN] [options]
A is one of: tap:NAME, tap:NAME,vnet, packet:IF.

)";

constexpr std::string_view kEpilogue = R"(
Examples:
  Loses the third and fourth segment with text towards the right, and nothing else:
    shunt-impair --left packet:cable --right packet:front0 --to-right "drop=3,4"
  A line of 20 Mbit/s and 40 ms there and back that loses one frame in a hundred:
    shunt-impair --left tap:a --right tap:b --json - --seed 7
                 --to-right "rate=20M delay=20ms loss=1/100" --to-left "rate=20M delay=20ms"
It prints {"event":"ready",..} when it passes frames, and ends with SIGINT or SIGTERM. What it did
then goes to --json. On a veth pair: ethtool -K IF tx off at the far end of each cable.

Exit codes: 2 usage or privilege; 3 a device was lost, or a file not written; 130 interrupted, which
is how it ends.
)";

/// Thrown inside this file only: the first thing that is wrong ends the parsing.
struct Wrong {
    std::string text;
};

po::options_description describe_options() {
    const auto text = [] { return po::value<std::string>(); };
    po::options_description options("Options");
    // clang-format off
    options.add_options()
        ("left", text()->value_name("A"), "one device")
        ("right", text()->value_name("A"), "the other one")
        ("to-right", text()->value_name("PLAN"), "what befalls frames from left to right")
        ("to-left", text()->value_name("PLAN"), "the same from right to left")
        ("seed", text()->value_name("N"), "all chance; 1 unless given")
        ("json", text()->value_name("P"), "counts at the end; - is stdout")
        ("capture", text()->value_name("FILE"), "record both devices (pcapng)")
        ("help", "this text")
        ("version", "the version");
    // clang-format on
    return options;
}

std::optional<std::string> text_of(const po::variables_map& given, const char* option) {
    if (given.count(option) == 0) return std::nullopt;
    return given[option].as<std::string>();
}

runtime::DeviceAddress device(const po::variables_map& given, const char* option) {
    const auto text = text_of(given, option);
    if (!text) throw Wrong{fmt::format("--{} is missing: a device", option)};
    const auto address = runtime::parse_device_address(*text);
    if (!address) throw Wrong{fmt::format("--{}: {}", option, address.error().text)};
    if (address->kind == runtime::DeviceAddress::Kind::Unix)
        throw Wrong{fmt::format("--{}: expected tap: or packet:, got \"{}\"", option, *text)};
    return *address;
}

link::ImpairmentPlan plan(const po::variables_map& given, const char* option) {
    auto parsed = parse_impairment_plan(text_of(given, option).value_or(""));
    if (!parsed) throw Wrong{fmt::format("--{}: {}", option, parsed.error())};
    return *parsed;
}

std::uint64_t seed(const po::variables_map& given) {
    const std::string text = text_of(given, "seed").value_or("1");
    std::uint64_t number = 0;
    const char* end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data(), end, number);
    if (error != std::errc() || stop != end)
        throw Wrong{fmt::format("--seed: expected a number from 0 to 2^64-1, got \"{}\"", text)};
    return number;
}

ImpairOptions options_from(const po::variables_map& given) {
    ImpairOptions options;
    options.left = device(given, "left");
    options.right = device(given, "right");
    if (options.left == options.right) throw Wrong{"--left and --right: expected two devices"};
    options.to_right = plan(given, "to-right");
    options.to_left = plan(given, "to-left");
    options.seed = seed(given);
    options.json = text_of(given, "json");
    options.capture = text_of(given, "capture");
    return options;
}

}  // namespace

ParsedImpairOptions parse_impair_options(int argument_count, const char* const* arguments) {
    namespace style = po::command_line_style;
    constexpr int kStyle = style::allow_long | style::long_allow_adjacent | style::long_allow_next;
    const po::options_description options = describe_options();
    try {
        const po::positional_options_description no_positions;
        po::variables_map given;
        po::store(po::command_line_parser(argument_count, arguments)
                      .options(options)
                      .positional(no_positions)
                      .style(kStyle)
                      .run(),
                  given);
        if (given.count("help") != 0) {
            std::ostringstream text;
            text << kIntroduction << options << "\n" << impairment_plan_keys() << kEpilogue;
            return TextWanted{text.str()};
        }
        if (given.count("version") != 0)
            return TextWanted{fmt::format("shunt-impair {}\n", kVersion)};
        return options_from(given);
    } catch (const Wrong& wrong) {
        return UsageError{wrong.text};
    } catch (const po::error& error) {
        return UsageError{error.what()};
    }
}

}  // namespace shunt::app
