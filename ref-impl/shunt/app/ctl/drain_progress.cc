// SPDX-License-Identifier: Apache-2.0
#include "shunt/app/ctl/drain_progress.hh"

#include <fmt/format.h>

#include <optional>

namespace shunt::app::ctl {
namespace {

std::optional<std::uint64_t> count(const Json& result, const char* field) {
    const auto found = result.find(field);
    const bool is_there = found != result.end() && found->is_number_unsigned();
    return is_there ? std::optional(found->get<std::uint64_t>()) : std::nullopt;
}

}  // namespace

DrainProgress progress_of(const Json& result, Duration waited, Duration patience) {
    if (!result.is_object()) return DrainProgress::Unknown;
    const auto left = count(result, "left");
    const auto draining = result.find("draining");
    if (!left || draining == result.end() || !draining->is_boolean()) {
        return DrainProgress::Unknown;
    }
    if (!draining->get<bool>()) return DrainProgress::Stopped;
    if (*left == 0) return DrainProgress::Empty;
    return waited < patience ? DrainProgress::GoesOn : DrainProgress::Late;
}

std::string progress_line(const Json& result) {
    std::string text;
    for (const char* field : {"left", "moving", "moved", "refused", "staying"})
        text += fmt::format("{}{} {}", text.empty() ? "" : ", ", field,
                            count(result, field).value_or(0));
    return text + '\n';
}

}  // namespace shunt::app::ctl
