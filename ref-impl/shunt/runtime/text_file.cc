// SPDX-License-Identifier: Apache-2.0
#include "shunt/runtime/text_file.hh"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>

#include "shunt/runtime/file_descriptor.hh"

namespace shunt::runtime {

Result<std::string, SetupError> read_text_file(const std::string& path, std::size_t size_max) {
    const FileDescriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    if (!file)
        return Failure{SetupError{fmt::format("{}: cannot read: {}", path, system_reason(errno))}};
    std::string content(size_max + 1, '\0');
    std::size_t size = 0;
    while (size < content.size()) {
        const ssize_t count = ::read(file.number(), content.data() + size, content.size() - size);
        if (count < 0 && errno == EINTR) continue;
        if (count < 0)
            return Failure{
                SetupError{fmt::format("{}: cannot read: {}", path, system_reason(errno))}};
        if (count == 0) break;
        size += static_cast<std::size_t>(count);
    }
    if (size > size_max)
        return Failure{SetupError{fmt::format("{}: longer than {} bytes", path, size_max)}};
    content.resize(size);
    return content;
}

}  // namespace shunt::runtime
