// SPDX-License-Identifier: Apache-2.0
/// `shunt-conform fuzz`: batches of cases until there are no more, what they find made small, and
/// written down.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "app/fuzz_bench.hh"

namespace conform {

struct FuzzFinding {
    std::string signature;
    std::uint64_t index = 0;  ///< the first that showed it
    std::uint64_t count = 0;  ///< how many did
    std::string name{};       ///< of its files
    /// The case, or what is left of it; without any frame where no case shows it alone.
    fuzzing::FuzzCase fuzz{};
    /// It has been made small, and fails as a case of the suite.
    bool is_case = false;
    /// Where no case shows it alone: those that do together.
    std::vector<std::uint64_t> company{};
    std::vector<std::string> company_cases{};  ///< in words
    bool is_long = false;
    CaseResult result{};     ///< of what is left, or of the case as it was drawn
    std::string promoted{};  ///< path of the case; empty: none was asked for
};

struct FuzzReport {
    std::string suite;
    std::string iut;
    std::uint64_t seed = 0;
    std::uint64_t from = 0;
    std::uint64_t cases = 0;
    std::uint64_t next = 0;  ///< the index to go on from
    std::uint64_t fingerprint = 0;
    bool is_interrupted = false;
    bool is_whole = false;  ///< no case was left over
    std::string trouble{};  ///< what has ended the run before its time; empty: nothing
    fuzzing::FuzzFarm farm{};
    std::vector<FuzzFinding> findings{};
};

/// How far it is; `signature` of what has just been found for the first time, or empty.
struct FuzzProgress {
    std::uint64_t cases = 0;
    std::uint64_t index = 0;
    std::size_t findings = 0;
    std::string signature{};
    std::uint64_t found_at = 0;
};

/// Throws UsageError where the device is not attached in virtual time. What goes wrong with the
/// device or with files ends the run, and is the report's trouble.
FuzzReport run_fuzz(const Options& options, const Iut& iut,
                    const std::function<void(const FuzzProgress&)>& progress);

}  // namespace conform
