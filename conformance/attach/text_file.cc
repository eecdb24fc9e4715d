// SPDX-License-Identifier: Apache-2.0
#include "attach/text_file.hh"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "attach/descriptor.hh"

namespace conform {
namespace {

constexpr std::size_t kSizeMax = 1 << 20;

}  // namespace

std::string read_text_file(const std::string& path) {
    const auto fail = [&path](const std::string& why) {
        throw TextFileError(fmt::format("{}: {}", path, why));
    };
    // Without waiting for somebody to write into a pipe.
    const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
    struct stat status {};
    if (!file.is_open() || ::fstat(file.number(), &status) != 0) {
        fail(fmt::format("cannot be read: {}", std::strerror(errno)));
    }
    if (S_ISDIR(status.st_mode)) fail("is a directory");
    if (!S_ISREG(status.st_mode)) fail("is no regular file");
    std::string text(kSizeMax + 1, '\0');
    std::size_t size = 0;
    while (size < text.size()) {
        const ssize_t count = ::read(file.number(), text.data() + size, text.size() - size);
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) fail(fmt::format("cannot be read: {}", std::strerror(errno)));
        if (count == 0) break;
        size += static_cast<std::size_t>(count);
    }
    if (size > kSizeMax) fail(fmt::format("longer than {} bytes", kSizeMax));
    text.resize(size);
    return text;
}

}  // namespace conform
