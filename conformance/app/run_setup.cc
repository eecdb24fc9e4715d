// SPDX-License-Identifier: Apache-2.0
#include "app/run_setup.hh"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <random>
#include <system_error>

#include "engine/selector.hh"
#include "engine/suggestion.hh"

namespace conform {
namespace {

constexpr std::uint64_t kVirtualSeed = 1;

/// A selector that names nothing is a misspelt one.
void require_matches(const std::vector<std::string>& selectors) {
    std::vector<std::string> ids;
    for (const CaseInfo& info : all_cases())
        ids.emplace_back(info.id);
    for (const std::string& selector : selectors) {
        const std::string pattern = selector.substr(selector.starts_with('^') ? 1 : 0);
        const bool has_match = std::any_of(ids.begin(), ids.end(), [&](const std::string& id) {
            return glob_matches(pattern, id);
        });
        if (has_match) continue;
        throw UsageError(
            fmt::format("no case is called {}; did you mean {}?", pattern, nearest(pattern, ids)));
    }
}

}  // namespace

std::vector<const CaseInfo*> select_cases(const std::vector<std::string>& selectors) {
    require_matches(selectors);
    const Selection selection(selectors);
    std::vector<const CaseInfo*> selected;
    for (const CaseInfo& info : all_cases()) {
        if (selection.matches(info.id)) selected.push_back(&info);
    }
    if (selected.empty()) {
        throw UsageError("nothing selected; shunt-conform list shows what there is");
    }
    return selected;
}

void complete(Options& options, const Iut& iut) {
    if (!options.time) {
        const bool is_one_socket = iut.front.kind == AttachmentKind::Unix && iut.front == iut.back;
        options.time = is_one_socket ? TimeKind::Virtual : TimeKind::Wall;
    }
    // In wall time a device may remember the ports of the last run.
    if (!options.seed) {
        options.seed = options.time == TimeKind::Virtual ? kVirtualSeed : std::random_device{}();
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
