// SPDX-License-Identifier: Apache-2.0
#include "attach/device_process.hh"

#include <fmt/format.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstring>

#include "attach/attachment.hh"
#include "attach/interrupt.hh"

namespace conform {
namespace {

using std::chrono::steady_clock;

constexpr std::chrono::milliseconds kEndPatience{2'000};
constexpr int kPauseMilliseconds = 5;
constexpr std::size_t kOutputShown = 600;

/// Of no inode where no socket stands.
SocketFile socket_at(const std::string& path) {
    struct stat status {};
    if (path.empty() || ::stat(path.c_str(), &status) != 0 || !S_ISSOCK(status.st_mode)) return {};
    return {status.st_dev, status.st_ino, status.st_ctim.tv_sec, status.st_ctim.tv_nsec};
}

}  // namespace

DeviceProcess::DeviceProcess(const std::vector<std::string>& command,
                             const std::string& socket_path, const std::string& log_path,
                             std::chrono::nanoseconds patience)
    : output_(log_path) {
    const SocketFile before = socket_at(socket_path);
    start(command);
    try {
        await_ready(socket_path, before, patience);
    } catch (...) {
        end();
        throw;
    }
}

void DeviceProcess::await_ready(const std::string& socket_path, const SocketFile& before,
                                std::chrono::nanoseconds patience) {
    const auto give_up = steady_clock::now() + patience;
    while (is_running()) {
        const SocketFile now = socket_at(socket_path);
        if (output_.has_announced_ready() || (now.inode != 0 && now != before)) return;
        if (steady_clock::now() >= give_up) {
            const auto shown = std::chrono::duration_cast<std::chrono::milliseconds>(patience);
            throw AttachmentError(
                fmt::format("the device took more than {} ms to get ready", shown.count()));
        }
        ::poll(nullptr, 0, kPauseMilliseconds);
        throw_if_interrupted();
    }
    throw AttachmentError("the device " + describe_end() + " before it was ready");
}

void DeviceProcess::start(const std::vector<std::string>& command) {
    std::vector<char*> arguments;
    arguments.reserve(command.size() + 1);
    for (const std::string& word : command)
        arguments.push_back(const_cast<char*>(word.c_str()));
    arguments.push_back(nullptr);
    pid_ = ::fork();
    if (pid_ < 0) throw AttachmentError(fmt::format("fork: {}", std::strerror(errno)));
    if (pid_ > 0) return output_.collect();
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);  // a judge that is killed leaves no device behind
    ::dup2(output_.writing_end(), STDOUT_FILENO);
    ::dup2(output_.writing_end(), STDERR_FILENO);
    ::execvp(arguments[0], arguments.data());
    ::dprintf(STDERR_FILENO, "%s: %s\n", arguments[0], std::strerror(errno));
    ::_exit(127);
}

DeviceProcess::~DeviceProcess() {
    end();
}

void DeviceProcess::end() {
    if (!is_running()) return;
    ::kill(pid_, SIGTERM);
    if (ends_within(kEndPatience)) return;
    ::kill(pid_, SIGKILL);
    while (::waitpid(pid_, &status_, 0) < 0 && errno == EINTR) {
    }
    pid_ = -1;
}

bool DeviceProcess::ends_within(std::chrono::milliseconds patience) {
    const auto give_up = steady_clock::now() + patience;
    while (is_running()) {
        if (steady_clock::now() >= give_up) return false;
        ::poll(nullptr, 0, kPauseMilliseconds);
    }
    return true;
}

bool DeviceProcess::is_running() {
    if (pid_ < 0) return false;
    if (::waitpid(pid_, &status_, WNOHANG) != pid_) return true;
    pid_ = -1;
    return false;
}

std::string DeviceProcess::describe_end() {
    const std::string end = WIFSIGNALED(status_)
                                ? fmt::format("ended by signal {} ({})", WTERMSIG(status_),
                                              ::strsignal(WTERMSIG(status_)))
                                : fmt::format("ended with exit code {}", WEXITSTATUS(status_));
    std::string text = output_.tail();
    if (text.size() > kOutputShown) text = ".." + text.substr(text.size() - kOutputShown);
    return text.empty() ? end : end + ": " + text;
}

}  // namespace conform
