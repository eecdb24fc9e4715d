// SPDX-License-Identifier: Apache-2.0
/// A file that a run leaves: whole, or as it was before.
#pragma once

#include <string>

#include "engine/bytes.hh"

namespace conform {

/// Writes beside `path` and renames; what is no regular file (/dev/stdout) is written to. Nothing
/// if the path is empty. Throws AttachmentError.
void write_file(const std::string& path, std::string_view content);
void write_file(const std::string& path, ByteView content);

}  // namespace conform
