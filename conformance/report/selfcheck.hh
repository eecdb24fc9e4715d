// SPDX-License-Identifier: Apache-2.0
/// What the suite is worth: which case notices which seeded defect, which one minds a right device,
/// and which one passes on a device that does nothing.
#pragma once

#include <string>
#include <vector>

#include "engine/verdict.hh"
#include "report/result.hh"

namespace conform {

struct MutantResult {
    std::string name;
    std::string requirement;
    std::vector<std::string> killed_by;  ///< ids of the cases that failed
    /// Those of them that are of the requirement and FAILed with a finding that names it: that a
    /// device is dead, or wrong in some other way, shows nothing about this defect.
    std::vector<std::string> mapped;
    std::size_t passed = 0;  ///< how many cases do not mind; none: it is no device with one defect
};

/// A device that is as right as the base line.
struct VariantResult {
    std::string name;
    std::vector<std::string> minded_by;  ///< ids of the cases whose verdict became another
};

/// A device that does nothing of what it should.
struct EmptyDeviceResult {
    std::string name;
    std::vector<std::string> passed;  ///< ids of the cases that found nothing wrong
};

struct SelfcheckResult {
    RunResult baseline;
    std::vector<MutantResult> mutants;
    std::vector<VariantResult> variants{};
    std::vector<EmptyDeviceResult> empty_devices{};
    /// Which of the three were asked for: a list that is empty then is a complaint.
    bool has_mutants = true;
    bool has_variants = false;
};

/// One line for each thing that makes the check fail: a base line that is not conformant, an empty
/// list, a survivor, a mutant that no case of its requirement has killed for that requirement, one
/// against which no case passes; a case that minds a variant; one that passes on an empty device.
/// Empty: the suite works.
std::vector<std::string> complaints(const SelfcheckResult& result);

/// The matrix (a row for each mutant), cases that kill none of a requirement of theirs, complaints,
/// and one line that sums up.
std::string describe_selfcheck(const SelfcheckResult& result);

/// As the interfaces page says.
std::string to_json(const SelfcheckResult& result);

/// The killers of a mutant among the results of a run: those that noticed something.
MutantResult mutant_result(const std::string& name, const std::string& requirement,
                           const RunResult& run);

VariantResult variant_result(const std::string& name, const RunResult& baseline,
                             const RunResult& run);
EmptyDeviceResult empty_device_result(const std::string& name, const RunResult& run);

}  // namespace conform
