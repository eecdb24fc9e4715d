// SPDX-License-Identifier: Apache-2.0
#include "app/run_setup.hh"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <random>
#include <set>
#include <system_error>

#include "app/selector_file.hh"
#include "cases/lasting.hh"
#include "engine/random.hh"
#include "engine/selector.hh"
#include "engine/suggestion.hh"

namespace conform {
namespace {

constexpr std::uint64_t kVirtualSeed = 1;
/// What lasts longer is for virtual time, where nobody says otherwise.
constexpr std::chrono::seconds kLongestInWallTime{1'300};

/// What a selector may be: ids, and the folders of them.
std::vector<std::string> with_folders(const std::vector<std::string>& ids) {
    std::set<std::string> names(ids.begin(), ids.end());
    for (const std::string& id : ids) {
        for (auto end = id.find('/'); end != std::string::npos; end = id.find('/', end + 1))
            names.insert(id.substr(0, end));
    }
    return {names.begin(), names.end()};
}

/// A selector that names nothing is a misspelt one.
void require_matches(const std::vector<PlacedSelector>& selectors) {
    std::vector<std::string> ids;
    for (const CaseInfo& info : all_cases())
        ids.emplace_back(info.id);
    const std::vector<std::string> names = with_folders(ids);
    for (const PlacedSelector& selector : selectors) {
        const std::string pattern = selector.text.substr(selector.text.starts_with('^') ? 1 : 0);
        const bool has_match = std::any_of(ids.begin(), ids.end(), [&](const std::string& id) {
            return glob_matches(pattern, id);
        });
        if (has_match) continue;
        throw UsageError(fmt::format("{}no case is called {}{}", selector.place, pattern,
                                     did_you_mean(pattern, names)));
    }
}

}  // namespace

std::vector<const CaseInfo*> select_cases(const std::vector<std::string>& selectors) {
    const std::vector<PlacedSelector> expanded = expand_selectors(selectors);
    require_matches(expanded);
    std::vector<std::string> patterns;
    patterns.reserve(expanded.size());
    for (const PlacedSelector& each : expanded)
        patterns.push_back(each.text);
    const Selection selection(patterns);
    std::vector<const CaseInfo*> selected;
    for (const CaseInfo& info : all_cases()) {
        if (selection.matches(info.id)) selected.push_back(&info);
    }
    if (selected.empty()) {
        throw UsageError("nothing selected; shunt-conform list shows what there is");
    }
    return selected;
}

std::vector<const CaseInfo*> arrange(std::vector<const CaseInfo*> cases, const RunOptions& options,
                                     std::uint64_t seed) {
    if (options.longest) {
        std::erase_if(cases, [&options](const CaseInfo* info) {
            return lasting_of(info->id) > *options.longest;
        });
        if (cases.empty()) {
            throw UsageError(
                fmt::format("nothing selected: each case is listed with more than {} s",
                            options.longest->count()));
        }
    }
    std::vector<const CaseInfo*> part;
    // One here, one there: parts take about as long as each other.
    for (std::size_t i = options.shard.index - 1; i < cases.size(); i += options.shard.count)
        part.push_back(cases[i]);
    if (part.empty()) {
        throw UsageError(fmt::format("nothing selected: part {} of {} of {} cases",
                                     options.shard.index, options.shard.count, cases.size()));
    }
    if (options.order == CaseOrder::Suite) return part;
    Random random(seed, "order");
    for (std::size_t left = part.size(); left > 1; --left)
        std::swap(part[left - 1], part[random.below(static_cast<std::uint32_t>(left))]);
    return part;
}

Date today_of_machine() {
    const auto now = std::chrono::system_clock::now();
    const std::chrono::year_month_day day{std::chrono::floor<std::chrono::days>(now)};
    return {static_cast<int>(day.year()), static_cast<unsigned>(day.month()),
            static_cast<unsigned>(day.day())};
}

void complete(Options& options, const Iut& iut) {
    if (!options.time) {
        const bool is_one_socket =
            iut.front.kind == AttachmentKind::Unix && (!iut.back || *iut.back == iut.front);
        options.time = is_one_socket ? TimeKind::Virtual : TimeKind::Wall;
    }
    if (options.time == TimeKind::Wall && !options.run.longest) {
        options.run.longest = kLongestInWallTime;
    }
    // In wall time a device may remember the ports of the last run.
    if (!options.seed) {
        options.seed = options.time == TimeKind::Virtual ? kVirtualSeed : std::random_device{}();
    }
}

void require_writable(const std::string& path) {
    if (path.empty()) return;
    const std::filesystem::path file(path);
    std::error_code ignored;
    const bool is_there = std::filesystem::exists(file, ignored);
    const std::filesystem::path folder = file.has_parent_path() ? file.parent_path() : ".";
    // Without making it: a run that is interrupted leaves no empty report.
    const bool can_be =
        ::access((is_there ? file : folder).c_str(), W_OK) == 0 &&
        std::filesystem::is_directory(is_there ? file : folder, ignored) != is_there;
    if (!can_be) throw UsageError(fmt::format("{}: cannot be written", path));
}

void require_folder(const std::string& path) {
    if (path.empty()) return;
    std::error_code error;
    std::filesystem::create_directories(path, error);
    if (error || ::access(path.c_str(), W_OK) != 0) {
        throw UsageError(fmt::format("{}: no folder that can be written to", path));
    }
}

void make_out_directory(const std::string& path) {
    if (path.empty()) return;
    std::error_code error;
    std::filesystem::create_directories(path, error);
    if (error || !std::filesystem::is_directory(path)) {
        throw UsageError(fmt::format("out {}: cannot be made: {}", path, error.message()));
    }
    if (!std::filesystem::is_empty(path)) {
        throw UsageError(fmt::format("out {}: not empty, and is not overwritten", path));
    }
}

}  // namespace conform
