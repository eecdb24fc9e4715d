// SPDX-License-Identifier: Apache-2.0
// The files below a directory as objects of the HTTP application. Nothing outside of it can be
// named: the kernel resolves every path beneath it (openat2, RESOLVE_BENEATH), links included.
#pragma once

#include <cstdint>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "shunt/base/result.hh"
#include "shunt/node/contents.hh"
#include "shunt/runtime/file_descriptor.hh"
#include "shunt/runtime/setup_error.hh"

namespace shunt::app {

class DirectoryContents final : public node::Contents {
  public:
    /// Longest path of an object in bytes.
    static constexpr std::size_t kPathMax = 1'024;
    /// Files kept open between reads.
    static constexpr std::size_t kOpenMax = 64;

    static Result<std::unique_ptr<DirectoryContents>, runtime::SetupError> open(
        const std::string& directory);

    /// Regular files only; a path that ends with '/' names the index.html there.
    std::optional<std::uint64_t> size_of(std::string_view path) override;
    /// When it was written last, in seconds, which those who copy files between servers keep.
    std::uint64_t version_of(std::string_view path) override;
    std::size_t read(std::string_view path, std::uint64_t offset, MutableBytes into) override;

  private:
    struct OpenFile {
        std::string path;
        runtime::FileDescriptor descriptor;
    };

    explicit DirectoryContents(runtime::FileDescriptor root) : root_(std::move(root)) {}
    runtime::FileDescriptor open_beneath(std::string_view path) const;
    const OpenFile* keep_open(std::string_view path);
    const OpenFile* find(std::string_view path);

    runtime::FileDescriptor root_;
    std::list<OpenFile> open_files_;  // last used first
};

}  // namespace shunt::app
