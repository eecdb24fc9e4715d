// SPDX-License-Identifier: Apache-2.0
/// What the report of a bundle says, to be held to what its captures say.
#pragma once

#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

#include "iut/iut.hh"
#include "report/result.hh"

namespace conform {

/// No report of a run: what is wrong with it.
struct ReportError : std::runtime_error {
    using std::runtime_error::runtime_error;
};

struct ReportedCase {
    std::string id;
    std::uint32_t round = 1;
    Verdict verdict = Verdict::Pass;
    std::string capture;  ///< name of the file; empty: none
    nlohmann::json json;  ///< all of it
};

class ReportedRun {
  public:
    /// Throws ReportError.
    explicit ReportedRun(std::string_view text);

    const std::vector<ReportedCase>& cases() const { return cases_; }
    std::uint64_t seed() const { return seed_; }
    /// What the run was worth by its cases, counted anew, and not by what it says of itself.
    RunVerdict verdict(const Statement& statement) const;
    /// Whether all cases of the suite are there, in each round.
    bool is_whole() const;
    bool has_claims() const { return !claims_.empty(); }

    /// What the report contradicts itself in, or the statement, one line each.
    std::vector<std::string> contradictions(const Statement& statement) const;
    /// How it describes a case otherwise than `result` is; empty: it does not.
    std::string difference(const ReportedCase& reported, const CaseResult& result) const;

  private:
    void read_case(const nlohmann::json& json);
    std::uint32_t rounds() const;

    std::vector<ReportedCase> cases_;
    nlohmann::json json_;
    std::uint64_t seed_ = 0;
    bool is_strict_ = false;
    bool has_troubles_ = false;  ///< what joins judge and device did not qualify
    std::vector<std::string> untested_;
    std::vector<std::string> claims_;
};

}  // namespace conform
