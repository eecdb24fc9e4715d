// SPDX-License-Identifier: Apache-2.0
/// The options of a run as the command line's parser takes them.
#pragma once

#include <string_view>

#include <boost/program_options/options_description.hpp>

#include "app/run_options.hh"

namespace conform {

/// Adds those of them that `names`, a list with blanks between them, has; what they are given goes
/// to `options`, or is refused by UsageError.
void add_run_options(boost::program_options::options_description& description,
                     std::string_view names, RunOptions& options);

}  // namespace conform
