// SPDX-License-Identifier: Apache-2.0
#include "app/run_option_list.hh"

#include <functional>
#include <string>

#include <boost/program_options.hpp>

namespace conform {
namespace {

namespace po = boost::program_options;

constexpr std::uint32_t kRoundsMax = 10'000;
/// Each has eight ports and a conversation of its own.
constexpr std::uint32_t kJobsMax = 256;
constexpr std::uint32_t kDevicesMax = 16;
constexpr std::uint32_t kLongestMax = 100 * 86'400;

bool has(std::string_view names, std::string_view name) {
    return (" " + std::string(names) + " ").find(" " + std::string(name) + " ") !=
           std::string::npos;
}

}  // namespace

void add_run_options(po::options_description& description, std::string_view names,
                     RunOptions& options) {
    const auto add = [&](const char* name, const char* placeholder,
                         std::function<void(const std::string&)> take, const char* text) {
        if (!has(names, name)) return;
        description.add_options()(
            name, po::value<std::string>()->value_name(placeholder)->notifier(std::move(take)),
            text);
    };
    add(
        "shard", "I/N", [&](const std::string& text) { options.shard = parse_shard(text); },
        "only the I-th of N parts of what is selected");
    add(
        "longest", "SECONDS",
        [&](const std::string& text) {
            options.longest = std::chrono::seconds(parse_count("longest", text, kLongestMax));
        },
        "only cases that last at most so long in wall time; 1300 if the device lives in it");
    add(
        "order", "suite|random",
        [&](const std::string& text) { options.order = parse_order(text); },
        "random: drawn from the seed");
    add(
        "repeat", "N",
        [&](const std::string& text) { options.rounds = parse_count("repeat", text, kRoundsMax); },
        "run all of it N times, each with the next seed");
    if (has(names, "fail-fast")) {
        description.add_options()("fail-fast", po::bool_switch(&options.is_fail_fast),
                                  "begin no case after one that fails");
    }
    if (has(names, "no-qualify")) {
        description.add_options()("no-qualify", po::bool_switch(&options.skips_qualification),
                                  "do not ask first whether the harness can be trusted");
    }
    add(
        "jobs", "N",
        [&](const std::string& text) { options.jobs = parse_count("jobs", text, kJobsMax); },
        has(names, "promote") ? "devices at once, numbered from 0 where FILE and COMMAND say {n}"
                              : "cases at once on one device; 1 in virtual time, 32 in wall time");
    add(
        "devices", "N",
        [&](const std::string& text) {
            options.devices = parse_count("devices", text, kDevicesMax);
        },
        "devices at once, numbered from 0 where FILE and COMMAND say {n}; then 6, else 1");
    add(
        "known-failing", "FILE",
        [&](const std::string& text) { options.known_failing_path = text; },
        "failures that are known: only others fail the run");
    add(
        "write-known-failing", "P",
        [&](const std::string& text) { options.write_known_failing_path = text; },
        "write an entry for each failure that is not known, to be filled in");
    add(
        "today", "DATE", [&](const std::string& text) { options.today = parse_today(text); },
        "what expiry dates are compared with, instead of the machine's date");
}

}  // namespace conform
