// SPDX-License-Identifier: Apache-2.0
/// The options of a run that say which cases run, in which order, how many at once, and which
/// failures are expected.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "engine/date.hh"

namespace conform {

/// "2/5": the second of five parts, which together are the whole.
struct Shard {
    std::uint32_t index = 1;  ///< from 1
    std::uint32_t count = 1;
    bool operator==(const Shard&) const = default;
};

enum class CaseOrder : std::uint8_t { Suite, Random };

struct RunOptions {
    /// The cases are the suite's own, or a selection of them.
    bool is_of_suite = true;
    Shard shard{};
    /// Cases that last longer are left out; absent: none is.
    std::optional<std::chrono::seconds> longest{};
    CaseOrder order = CaseOrder::Suite;
    std::uint32_t rounds = 1;
    bool is_fail_fast = false;
    /// Whether the harness is asked first whether it can be trusted.
    bool has_qualification = false;
    bool skips_qualification = false;  ///< as the user says
    /// Cases at once on one device; absent: as many as the attachment bears.
    std::optional<std::uint32_t> jobs{};
    /// Devices at once, where `{n}` in the statement and the command tells them apart.
    std::optional<std::uint32_t> devices{};
    std::string known_failing_path{};
    std::string write_known_failing_path{};
    /// What expiry dates are compared with; absent: the machine's date.
    std::optional<Date> today{};
};

/// Each throws UsageError with what was expected; `option` for the message.
Shard parse_shard(std::string_view text);
CaseOrder parse_order(std::string_view text);
std::uint32_t parse_count(std::string_view option, std::string_view text, std::uint32_t most);
Date parse_today(std::string_view text);

}  // namespace conform
