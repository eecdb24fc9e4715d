// SPDX-License-Identifier: Apache-2.0
/// A case of the suite that the fuzzer found, as a file (docs/conformance.md, "Fuzzing"): what it
/// claims, and a FuzzCase in words. Its expectations are not in it: what has to become of each
/// frame follows from the frame.
#pragma once

#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "fuzzing/fuzz_case.hh"

namespace conform::fuzzing {

/// "NAME.toml:12: frame.mutations: expected .., got ..".
struct PromotedCaseError : std::runtime_error {
    using std::runtime_error::runtime_error;
};

struct PromotedCase {
    std::string name;  ///< of the file, and behind endpoint/promoted/
    std::string claim;
    std::vector<std::string> requirements;
    std::string needs;      ///< as CaseInfo's
    std::string signature;  ///< of the finding, for people
    std::string origin;     ///< the line that found it, for people
    bool is_long = false;   ///< its consequences are waited for 16 s
    FuzzCase fuzz;

    bool operator==(const PromotedCase&) const = default;
};

constexpr std::string_view kPromotedFolder = "endpoint/promoted/";

/// Throws PromotedCaseError; `name` is the file's without its ending.
PromotedCase parse_promoted_case(std::string_view text, const std::string& name);
std::string to_toml(const PromotedCase& promoted);

}  // namespace conform::fuzzing
