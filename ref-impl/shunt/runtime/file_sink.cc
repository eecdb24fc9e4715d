// SPDX-License-Identifier: Apache-2.0
#include "shunt/runtime/file_sink.hh"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

namespace shunt::runtime {

Result<std::unique_ptr<FileSink>, SetupError> FileSink::create(const std::string& path) {
    constexpr mode_t mode = 0644;
    FileDescriptor file(::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode));
    if (!file)
        return Failure{SetupError{fmt::format("{}: cannot write: {}", path, system_reason(errno))}};
    return std::unique_ptr<FileSink>(new FileSink(std::move(file)));
}

void FileSink::write(ByteView bytes) {
    while (!bytes.empty() && trouble_.empty()) {
        const ssize_t count = ::write(file_.number(), bytes.data(), bytes.size());
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) {
            trouble_ = system_reason(errno);
            return;
        }
        bytes = bytes.subspan(static_cast<std::size_t>(count));
    }
}

}  // namespace shunt::runtime
