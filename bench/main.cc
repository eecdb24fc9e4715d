// SPDX-License-Identifier: Apache-2.0
// shunt-bench: measures the figures named and writes what it measured as JSON; tools/bench judges.
#include <algorithm>
#include <charconv>
#include <cstring>
#include <exception>
#include <iostream>
#include <stdexcept>
#include <string_view>

#include <nlohmann/json.hpp>

#include "bench/figure.hh"

namespace shunt::bench {
namespace {

// docs/interfaces.md, "Exit codes".
constexpr int kExitUsage = 2;
constexpr int kExitHarness = 3;

#if defined(__clang__)
constexpr const char* kCompiler = "clang++ " __clang_version__;
#else
constexpr const char* kCompiler = "g++ " __VERSION__;
#endif

constexpr Effort kFull{.rounds = 41, .turn_seconds = 0.02, .connections = 1'000'000};
constexpr Effort kQuick{.rounds = 7, .turn_seconds = 0.005, .connections = 50'000};

nlohmann::json described(const Figure& figure) {
    nlohmann::json text{{"name", figure.name},
                        {"ours", figure.ours},
                        {"named", figure.named},
                        {"unit", figure.unit},
                        {"limit", nullptr}};
    if (figure.limit) text["limit"] = *figure.limit;
    return text;
}

nlohmann::json measured(const Figure& figure, const Effort& effort) {
    const Samples samples = figure.measure(effort);
    nlohmann::json text = described(figure);
    text["samples"] = {{"ours", samples.ours}, {"named", samples.named}};
    text["details"] = nlohmann::json::array();
    for (const Detail& detail : samples.details) {
        text["details"].push_back({{"text", detail.text}, {"value", detail.value}});
    }
    return text;
}

int usage() {
    std::cerr << "usage: shunt-bench --list | shunt-bench [--quick] FIGURE\n";
    return kExitUsage;
}

int run(std::vector<std::string_view> arguments) {
    const bool is_list = std::erase(arguments, "--list") > 0;
    const bool is_quick = std::erase(arguments, "--quick") > 0;
    const std::vector<Figure> figures = all_figures();
    if (is_list) {
        if (!arguments.empty()) return usage();
        nlohmann::json list{{"compiler", kCompiler}, {"figures", nlohmann::json::array()}};
        for (const Figure& figure : figures)
            list["figures"].push_back(described(figure));
        std::cout << list.dump(2) << '\n';
        return 0;
    }
    if (arguments.size() != 1) return usage();
    const auto found = std::ranges::find(figures, arguments.front(), &Figure::name);
    if (found == figures.end()) return usage();
    std::cout << measured(*found, is_quick ? kQuick : kFull).dump() << '\n';
    return 0;
}

}  // namespace
}  // namespace shunt::bench

int main(int count, char** arguments) {
    try {
        return shunt::bench::run({arguments + 1, arguments + count});
    } catch (const std::exception& problem) {
        std::cerr << "shunt-bench: " << problem.what() << '\n';
        return shunt::bench::kExitHarness;
    }
}
