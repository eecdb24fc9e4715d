// SPDX-License-Identifier: Apache-2.0
// A capture file.
#pragma once

#include <memory>
#include <string>

#include "shunt/base/result.hh"
#include "shunt/link/byte_sink.hh"
#include "shunt/runtime/file_descriptor.hh"
#include "shunt/runtime/setup_error.hh"

namespace shunt::runtime {

class FileSink : public link::ByteSink {
  public:
    /// Makes the file, or empties one that is there.
    static Result<std::unique_ptr<FileSink>, SetupError> create(const std::string& path);

    /// Written at once: a capture of a process that is killed is whole up to its last frame.
    void write(ByteView bytes) override;
    /// Why something is missing in the file; empty: nothing is.
    const std::string& trouble() const { return trouble_; }

  private:
    explicit FileSink(FileDescriptor file) : file_(std::move(file)) {}

    FileDescriptor file_;
    std::string trouble_;
};

}  // namespace shunt::runtime
