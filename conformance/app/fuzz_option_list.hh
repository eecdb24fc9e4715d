// SPDX-License-Identifier: Apache-2.0
/// How the options of `fuzz` stand on the command line.
#pragma once

#include <string_view>

#include "app/fuzz_options.hh"

namespace boost::program_options {
class options_description;
}

namespace conform {

/// Those of the options whose names stand in `names`, with blanks between them.
void add_fuzz_options(boost::program_options::options_description& description,
                      std::string_view names, FuzzOptions& options);

}  // namespace conform
