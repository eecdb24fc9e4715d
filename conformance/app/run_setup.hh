// SPDX-License-Identifier: Apache-2.0
/// What a run needs beyond its options, for the program and for Python alike. Each throws
/// UsageError with what was expected.
#pragma once

#include <string>
#include <vector>

#include "app/options.hh"
#include "cases/registry.hh"
#include "iut/iut_file.hh"

namespace conform {

/// The cases that the selectors name, in the suite's order; a selector that names none is an
/// error.
std::vector<const CaseInfo*> select_cases(const std::vector<std::string>& selectors);

/// The part of `cases` that the options want, in the order that they want; a part without any is an
/// error.
std::vector<const CaseInfo*> arrange(std::vector<const CaseInfo*> cases, const RunOptions& options,
                                     std::uint64_t seed);

/// The machine's date, in UTC.
Date today_of_machine();

/// Time and seed, where the user left them open: they follow from how the device is attached.
void complete(Options& options, const Iut& iut);

/// A report that could not be written would be missed when the run is over. An empty path is none.
void require_writable(const std::string& path);

/// A folder that files are added to; made if it is not there, and an empty path is none.
void require_folder(const std::string& path);

/// Evidence of an earlier run is never overwritten; an empty path is none.
void make_out_directory(const std::string& path);

}  // namespace conform
