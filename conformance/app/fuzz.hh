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
    /// What is left of the case; without any frame where no case shows it alone.
    fuzzing::FuzzCase fuzz{};
    /// Where no case shows it alone: those that do together.
    std::vector<std::uint64_t> company{};
    std::vector<std::string> company_cases{};  ///< in words
    bool is_long = false;
    CaseResult result{};     ///< of what is left
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
    bool has_extensions = false;
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

/// Throws UsageError where the device is not attached in virtual time, and AttachmentError.
FuzzReport run_fuzz(const Options& options, const Iut& iut,
                    const std::function<void(const FuzzProgress&)>& progress);

}  // namespace conform
