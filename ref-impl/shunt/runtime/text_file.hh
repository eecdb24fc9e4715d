// SPDX-License-Identifier: Apache-2.0
// A whole file of bounded size.
#pragma once

#include <cstddef>
#include <string>

#include "shunt/base/result.hh"
#include "shunt/runtime/setup_error.hh"

namespace shunt::runtime {

/// The error names the path and why it cannot be read, or that it is longer than `size_max`.
Result<std::string, SetupError> read_text_file(const std::string& path, std::size_t size_max);

}  // namespace shunt::runtime
