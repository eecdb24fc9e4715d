// SPDX-License-Identifier: Apache-2.0
#include "shunt/app/sim_seeds.hh"

#include <fmt/format.h>

#include <iterator>
#include <sstream>

namespace shunt::app {

std::string seed_line(const SimOptions& options, std::uint64_t seed) {
    return fmt::format("--scenario {} --seed {}{}", options.scenario, seed,
                       to_arguments(options.world));
}

Result<std::vector<SimOptions>, std::string> parse_seeds(std::string_view text) {
    std::vector<SimOptions> worlds;
    std::istringstream lines{std::string(text)};
    std::string line;
    for (std::size_t number = 1; std::getline(lines, line); ++number) {
        if (line.empty() || line.front() == '#') continue;
        std::istringstream words(line);
        const auto parsed = parse_sim_options({std::istream_iterator<std::string>(words), {}});
        if (const auto* error = std::get_if<UsageError>(&parsed))
            return Failure{fmt::format("line {}: {}", number, error->text)};
        const auto* options = std::get_if<SimOptions>(&parsed);
        if (options == nullptr || options->scenario.empty())
            return Failure{fmt::format("line {}: expected --scenario and its options", number)};
        worlds.push_back(*options);
    }
    return worlds;
}

std::string with_seed(std::string_view text, const std::string& line) {
    std::istringstream lines{std::string(text)};
    for (std::string present; std::getline(lines, present);) {
        if (present == line) return std::string(text);
    }
    std::string result(text);
    if (!result.empty() && result.back() != '\n') result += '\n';
    return result + line + '\n';
}

}  // namespace shunt::app
