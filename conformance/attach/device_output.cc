// SPDX-License-Identifier: Apache-2.0
#include "attach/device_output.hh"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>

#include "attach/attachment.hh"

namespace conform {
namespace {

constexpr std::string_view kReady = "\"event\":\"ready\"";
constexpr std::size_t kReadSize = std::size_t{16} << 10;
/// A device whose descendants print for ever has still only one end.
constexpr int kReadsForTailMax = 256;

AttachmentError no_output(const std::string& what) {
    return AttachmentError(
        fmt::format("{}: cannot keep the device's output: {}", what, std::strerror(errno)));
}

}  // namespace

DeviceOutput::DeviceOutput(const std::string& log_path, std::size_t log_size_max) {
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0) throw no_output("pipe");
    reading_ = Descriptor(ends[0]);
    writing_ = Descriptor(ends[1]);
    waker_ = Descriptor(::eventfd(0, EFD_CLOEXEC));
    // Each end has flags of its own: the device's writes still wait.
    if (!waker_.is_open() || ::fcntl(reading_.number(), F_SETFL, O_NONBLOCK) != 0) {
        throw no_output("pipe");
    }
    if (log_path.empty()) return;
    log_ = Descriptor(::open(log_path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644));
    struct stat status {};
    if (!log_.is_open() || ::fstat(log_.number(), &status) != 0) throw no_output(log_path);
    log_left_ = log_size_max - std::min(log_size_max, static_cast<std::size_t>(status.st_size));
}

DeviceOutput::~DeviceOutput() {
    if (!reader_.joinable()) return;
    ::eventfd_write(waker_.number(), 1);
    reader_.join();
    const std::lock_guard lock(mutex_);
    for (int i = 0; i < kReadsForTailMax && read_some(); ++i) {
    }
}

void DeviceOutput::collect() {
    writing_ = Descriptor();
    // Interrupts are for the thread that asks whether there was one.
    sigset_t all;
    sigset_t before;
    ::sigfillset(&all);
    ::pthread_sigmask(SIG_SETMASK, &all, &before);
    reader_ = std::thread([this] { read_all_the_while(); });
    ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

bool DeviceOutput::has_announced_ready() {
    const std::lock_guard lock(mutex_);
    return is_ready_;
}

std::string DeviceOutput::tail() {
    const std::lock_guard lock(mutex_);
    for (int i = 0; i < kReadsForTailMax && read_some(); ++i) {
    }
    return tail_.substr(tail_.size() - std::min(tail_.size(), kTailSize));
}

void DeviceOutput::read_all_the_while() {
    for (;;) {
        std::array<pollfd, 2> events{
            {{reading_.number(), POLLIN, 0}, {waker_.number(), POLLIN, 0}}};
        if (::poll(events.data(), events.size(), -1) < 0 && errno != EINTR) return;
        if (events[1].revents != 0) return;
        const std::lock_guard lock(mutex_);
        read_some();
        if (is_closed_) return;
    }
}

bool DeviceOutput::read_some() {
    std::array<char, kReadSize> buffer{};
    const ssize_t count = ::read(reading_.number(), buffer.data(), buffer.size());
    if (count < 0) return false;
    is_closed_ = count == 0;
    if (is_closed_) return false;
    keep({buffer.data(), static_cast<std::size_t>(count)});
    return true;
}

void DeviceOutput::keep(std::string_view text) {
    log(text);
    if (!is_ready_) {
        seam_ += text;
        is_ready_ = seam_.find(kReady) != std::string::npos;
        seam_.erase(0, seam_.size() - std::min(seam_.size(), kReady.size() - 1));
    }
    tail_ += text;
    if (tail_.size() > 2 * kTailSize) tail_.erase(0, tail_.size() - kTailSize);
}

void DeviceOutput::log(std::string_view text) {
    if (!log_.is_open() || log_left_ == 0) return;
    const std::string_view part = text.substr(0, log_left_);
    log_left_ -= part.size();
    std::string bytes(part);
    if (log_left_ == 0) bytes += "\n(of what follows the judge keeps nothing)\n";
    // A disk that is full costs the log, not the run.
    [[maybe_unused]] const ssize_t written = ::write(log_.number(), bytes.data(), bytes.size());
}

}  // namespace conform
