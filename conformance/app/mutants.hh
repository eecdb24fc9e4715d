// SPDX-License-Identifier: Apache-2.0
/// The seeded defects of a program that has some: what `PROGRAM --list-mutants` prints, one JSON
/// object {"name", "requirement", "text"} a line, and "needs" where not every farm shows it. And
/// its neutral variants: what `PROGRAM --list-variants` prints, {"name", "text"} a line.
#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

namespace conform {

struct Mutant {
    std::string name;
    std::string requirement;  ///< the one that it breaks
    std::string text;
    std::string needs;  ///< as CaseInfo's
};

struct Variant {
    std::string name;
    std::string text;
};

/// Throws AttachmentError naming the line that is no mutant.
std::vector<Mutant> parse_mutants(std::string_view lines, const std::string& program);

/// Runs the program; throws AttachmentError if it cannot be run, fails, lists something else or
/// more than 1 MiB, or takes longer than `patience`, and Interrupted. It never outlives the call.
std::vector<Mutant> list_mutants(const std::string& program, std::chrono::milliseconds patience =
                                                                 std::chrono::milliseconds(10'000));

/// The same of variants.
std::vector<Variant> list_variants(
    const std::string& program,
    std::chrono::milliseconds patience = std::chrono::milliseconds(10'000));

/// "shunt-node-mutants" beside this program.
std::string default_mutants_program();
/// "shunt-empty-device", likewise.
std::string empty_device_program();

/// `command` with its program replaced by the mutant or the variant.
std::vector<std::string> mutant_command(const std::vector<std::string>& command,
                                        const std::string& program, const Mutant& mutant);
std::vector<std::string> variant_command(const std::vector<std::string>& command,
                                         const std::string& program, const Variant& variant);

}  // namespace conform
