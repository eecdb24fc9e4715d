// SPDX-License-Identifier: Apache-2.0
/// A text file that a user names, read whole: regular and of bounded size, whatever is behind the
/// name.
#pragma once

#include <stdexcept>
#include <string>

namespace conform {

/// "PATH: why".
struct TextFileError : std::runtime_error {
    using std::runtime_error::runtime_error;
};

/// A regular file of 1 MiB at most; throws TextFileError.
std::string read_text_file(const std::string& path);

}  // namespace conform
