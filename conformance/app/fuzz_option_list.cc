// SPDX-License-Identifier: Apache-2.0
#include "app/fuzz_option_list.hh"

#include <functional>
#include <string>

#include <boost/program_options.hpp>

#include "app/run_options.hh"

namespace conform {
namespace {

namespace po = boost::program_options;

constexpr std::uint32_t kMinutesMax = 10'000;

}  // namespace

void add_fuzz_options(po::options_description& description, std::string_view names,
                      FuzzOptions& options) {
    const auto add = [&](const char* name, const char* placeholder,
                         std::function<void(const std::string&)> take, const char* text) {
        const std::string all = " " + std::string(names) + " ";
        if (all.find(" " + std::string(name) + " ") == std::string::npos) return;
        description.add_options()(
            name, po::value<std::string>()->value_name(placeholder)->notifier(std::move(take)),
            text);
    };
    add(
        "count", "N", [&](const std::string& text) { options.count = parse_u64("count", text); },
        "so many cases; 10000 if neither this nor --minutes is given");
    add(
        "minutes", "M",
        [&](const std::string& text) {
            options.minutes = parse_count("minutes", text, kMinutesMax);
        },
        "begin no case after so long");
    add(
        "from", "INDEX", [&](const std::string& text) { options.from = parse_u64("from", text); },
        "the first case: where an earlier run has ended");
    add(
        "only", "INDEX[,INDEX..]",
        [&](const std::string& text) { options.only = parse_indices("only", text); },
        "this case by itself, or these beside each other");
    add(
        "promote", "DIR", [&](const std::string& text) { options.promote_path = text; },
        "write each finding as a case into DIR, for run --cases DIR");
}

}  // namespace conform
