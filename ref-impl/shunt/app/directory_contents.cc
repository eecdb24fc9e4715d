// SPDX-License-Identifier: Apache-2.0
#include "shunt/app/directory_contents.hh"

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <limits>
#include <utility>

namespace shunt::app {
namespace {

runtime::FileDescriptor open_within(int directory, const std::string& path, std::uint64_t flags) {
    open_how how{};
    how.flags = flags | O_CLOEXEC;
    how.resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS;
    const long result = syscall(SYS_openat2, directory, path.c_str(), &how, sizeof how);
    return runtime::FileDescriptor(static_cast<int>(result));
}

bool is_regular(const runtime::FileDescriptor& file, std::uint64_t& size) {
    struct stat status {};
    if (fstat(file.number(), &status) != 0 || !S_ISREG(status.st_mode)) return false;
    size = static_cast<std::uint64_t>(status.st_size);
    return true;
}

}  // namespace

Result<std::unique_ptr<DirectoryContents>, runtime::SetupError> DirectoryContents::open(
    const std::string& directory) {
    const auto refuse = [&directory](std::string_view why) {
        return Failure{runtime::SetupError{fmt::format("directory {}: {}", directory, why)}};
    };
    runtime::FileDescriptor root(::open(directory.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
    if (!root) return refuse(runtime::system_reason(errno));
    if (!open_within(root.number(), ".", O_PATH | O_DIRECTORY) && errno == ENOSYS)
        return refuse("serving files needs openat2 (Linux 5.6)");
    return std::unique_ptr<DirectoryContents>(new DirectoryContents(std::move(root)));
}

runtime::FileDescriptor DirectoryContents::open_beneath(std::string_view path) const {
    const bool is_path = path.starts_with('/') && path.size() <= kPathMax &&
                         path.find('\0') == std::string_view::npos;
    if (!is_path) return {};
    std::string relative = "." + std::string(path);
    if (relative.ends_with('/')) relative += "index.html";
    // Non-blocking: a FIFO is opened without waiting for a writer, and then refused.
    return open_within(root_.number(), relative, O_RDONLY | O_NONBLOCK | O_NOCTTY);
}

std::optional<std::uint64_t> DirectoryContents::size_of(std::string_view path) {
    // Opened anew: the file may have been replaced since it was last asked for.
    open_files_.remove_if([path](const OpenFile& file) { return file.path == path; });
    const OpenFile* file = keep_open(path);
    std::uint64_t size = 0;
    if (file == nullptr || !is_regular(file->descriptor, size)) return std::nullopt;
    return size;
}

std::uint64_t DirectoryContents::version_of(std::string_view path) {
    const OpenFile* file = find(path);
    if (file == nullptr) file = keep_open(path);
    struct stat status {};
    if (file == nullptr || fstat(file->descriptor.number(), &status) != 0) return 0;
    return static_cast<std::uint64_t>(status.st_mtim.tv_sec);
}

std::size_t DirectoryContents::read(std::string_view path, std::uint64_t offset,
                                    MutableBytes into) {
    const OpenFile* file = find(path);
    if (file == nullptr) file = keep_open(path);
    if (file == nullptr || offset > std::uint64_t{std::numeric_limits<off_t>::max()}) return 0;
    std::size_t done = 0;
    while (done < into.size()) {
        const ssize_t count = pread(file->descriptor.number(), into.data() + done,
                                    into.size() - done, static_cast<off_t>(offset + done));
        if (count < 0 && errno == EINTR) continue;
        if (count <= 0) break;
        done += static_cast<std::size_t>(count);
    }
    return done;
}

const DirectoryContents::OpenFile* DirectoryContents::find(std::string_view path) {
    for (auto file = open_files_.begin(); file != open_files_.end(); ++file) {
        if (file->path != path) continue;
        open_files_.splice(open_files_.begin(), open_files_, file);
        return &open_files_.front();
    }
    return nullptr;
}

const DirectoryContents::OpenFile* DirectoryContents::keep_open(std::string_view path) {
    runtime::FileDescriptor descriptor = open_beneath(path);
    std::uint64_t size = 0;
    if (!descriptor || !is_regular(descriptor, size)) return nullptr;
    if (open_files_.size() >= kOpenMax) open_files_.pop_back();
    open_files_.push_front({std::string(path), std::move(descriptor)});
    return &open_files_.front();
}

}  // namespace shunt::app
