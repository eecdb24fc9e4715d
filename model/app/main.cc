// SPDX-License-Identifier: Apache-2.0
// shunt-model: explores the ownership rules, and shows what each of them is for.
#include <fmt/format.h>

#include <algorithm>
#include <exception>
#include <fstream>
#include <iostream>
#include <string>
#include <vector>

#include <boost/program_options.hpp>
#include <nlohmann/json.hpp>

#include "model/app/worlds.hh"

namespace {

namespace options = boost::program_options;
using model::NamedRule;
using model::NamedWorld;
using model::Outcome;

constexpr int kOk = 0;
constexpr int kBroken = 1;
constexpr int kUsage = 2;
constexpr int kUnseen = 3;
constexpr std::size_t kMillion = 1'000'000;

struct Usage : std::runtime_error {
    using std::runtime_error::runtime_error;
};

struct Request {
    std::vector<std::string> worlds;
    std::string without;
    bool is_whole = false;
    bool is_list = false;
    bool is_rules = false;
    std::size_t millions = 60;
    std::string json;
};

options::options_description described(Request& request) {
    options::options_description all(
        "shunt-model: explores the rules of who serves a connection, whatever is lost, repeated,\n"
        "late, or crashes. Without options: the worlds that take seconds.\n\n"
        "  shunt-model --rules                  what breaks if a rule is taken away\n"
        "  shunt-model --without copy-number    the shortest way to that\n"
        "  shunt-model --whole                  the large worlds too (minutes, 10 GB)\n\nOptions");
    auto add = all.add_options();
    add("help,h", "this text");
    add("list", options::bool_switch(&request.is_list), "the worlds and the rules");
    add("world", options::value(&request.worlds)->value_name("NAME"), "only this one; repeatable");
    add("whole", options::bool_switch(&request.is_whole), "the large worlds too");
    add("rules", options::bool_switch(&request.is_rules), "takes away each rule in turn");
    add("without", options::value(&request.without)->value_name("RULE"), "takes away one rule");
    add("millions", options::value(&request.millions)->default_value(60)->value_name("N"),
        "of states at most, in each world");
    add("json", options::value(&request.json)->value_name("FILE"), "writes what was found");
    return all;
}

void list() {
    fmt::print("worlds:\n");
    for (const NamedWorld& world : model::all_worlds())
        fmt::print("  {:<20} {}{}\n", world.name, world.about, world.is_small ? "" : " (whole)");
    fmt::print("rules:\n");
    for (const NamedRule& rule : model::all_rules())
        fmt::print("  {:<24} {:<30} world {}\n", rule.name, rule.requirement, rule.world);
}

void print_trace(const Outcome& outcome) {
    int number = 0;
    for (const std::string& step : outcome.trace)
        fmt::print("  {:>3} {}\n", ++number, step);
}

nlohmann::ordered_json to_json(const std::string& name, const Outcome& outcome) {
    return {{"name", name},
            {"states", outcome.states},
            {"steps", outcome.steps},
            {"complete", outcome.is_complete},
            {"settling_complete", outcome.is_settling_complete},
            {"broken", outcome.broken},
            {"trace", outcome.trace},
            {"unsettled", outcome.unsettled},
            {"stuck", outcome.stuck}};
}

int explore(const std::vector<const NamedWorld*>& worlds, std::size_t states_max,
            nlohmann::ordered_json& found) {
    int code = kOk;
    for (const NamedWorld* world : worlds) {
        fmt::print("{:<20} ", world->name);
        std::fflush(stdout);
        const Outcome outcome = world->explore(states_max);
        found["worlds"].push_back(to_json(world->name, outcome));
        fmt::print("{:>10} states {:>11} steps  ", outcome.states, outcome.steps);
        if (!outcome.broken.empty()) {
            fmt::print("BROKEN: {}\n", outcome.broken);
            print_trace(outcome);
        } else if (outcome.stuck > 0) {
            fmt::print("{} of {} never settle, such as\n  {}\n", outcome.stuck, outcome.unsettled,
                       outcome.stuck_state);
        } else {
            fmt::print("{}\n", !outcome.is_complete           ? "CUT OFF"
                               : outcome.is_settling_complete ? "every claim holds"
                                                              : "every claim of a state holds; "
                                                                "whether all settle: CUT OFF");
        }
        const bool is_whole = outcome.is_complete && outcome.is_settling_complete;
        const bool is_bad = !outcome.broken.empty() || outcome.stuck > 0;
        code = std::max(code, is_bad ? kBroken : is_whole ? kOk : kUnseen);
    }
    return code;
}

/// A rule without which nothing breaks is not needed, or the model does not know why.
int take_away(const std::string& only, nlohmann::ordered_json& found) {
    int code = kOk;
    bool is_known = false;
    for (const NamedRule& rule : model::all_rules()) {
        if (!only.empty() && rule.name != only) continue;
        is_known = true;
        const Outcome outcome = rule.take_away();
        found["rules"].push_back(to_json(rule.name, outcome));
        const bool is_needed = !outcome.broken.empty();
        fmt::print("without {:<24} {:<30} {}\n", rule.name, rule.requirement,
                   is_needed ? fmt::format("{} steps to: {}", outcome.trace.size(), outcome.broken)
                             : std::string("NOTHING BREAKS"));
        if (!only.empty()) print_trace(outcome);
        if (!is_needed) code = kBroken;
    }
    if (!is_known) throw Usage(fmt::format("no rule is called {}; --list shows them", only));
    return code;
}

std::vector<const NamedWorld*> chosen(const Request& request) {
    std::vector<const NamedWorld*> worlds;
    for (const NamedWorld& world : model::all_worlds())
        if (request.worlds.empty() && (world.is_small || request.is_whole))
            worlds.push_back(&world);
    for (const std::string& name : request.worlds) {
        const auto world = std::ranges::find(model::all_worlds(), name, &NamedWorld::name);
        if (world == model::all_worlds().end())
            throw Usage(fmt::format("no world is called {}; --list shows them", name));
        worlds.push_back(&*world);
    }
    return worlds;
}

int run(const Request& request) {
    if (request.is_list) {
        list();
        return kOk;
    }
    if (request.millions == 0) throw Usage("--millions is positive");
    nlohmann::ordered_json found{{"schema", 1}};
    const bool is_taking = request.is_rules || !request.without.empty();
    const int code = is_taking ? take_away(request.without, found)
                               : explore(chosen(request), request.millions * kMillion, found);
    if (!request.json.empty()) {
        std::ofstream file(request.json);
        file << found.dump(2) << '\n';
        if (!file.flush()) throw Usage(fmt::format("{}: cannot be written", request.json));
    }
    return code;
}

}  // namespace

int main(int count, char** arguments) {
    try {
        Request request;
        const options::options_description all = described(request);
        namespace style = options::command_line_style;
        options::variables_map given;
        const auto parsed = options::command_line_parser(count, arguments)
                                .options(all)
                                .positional({})
                                .style(style::unix_style & ~style::allow_guessing)
                                .run();
        options::store(parsed, given);
        if (given.count("help") > 0) {
            std::cout << all << '\n';
            return kOk;
        }
        options::notify(given);
        return run(request);
    } catch (const options::error& fault) {
        fmt::print(stderr, "shunt-model: {}\n", fault.what());
    } catch (const Usage& fault) {
        fmt::print(stderr, "shunt-model: {}\n", fault.what());
    }
    return kUsage;
}
