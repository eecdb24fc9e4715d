// SPDX-License-Identifier: Apache-2.0
#include "attach/control_command.hh"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <utility>

#include "attach/attachment.hh"
#include "attach/json_line.hh"

namespace conform {
namespace {

using Json = nlohmann::json;
using std::chrono::steady_clock;

constexpr int kUnknownVerb = 127;
constexpr int kNotStarted = 126;  // as shells have it
constexpr std::size_t kReadSize = std::size_t{16} << 10;

/// Both ends of a pipe: what is read, what is written.
std::pair<Descriptor, Descriptor> make_pipe() {
    int ends[2] = {-1, -1};
    if (::pipe2(ends, O_CLOEXEC) != 0) {
        throw AttachmentError(fmt::format("pipe: {}", std::strerror(errno)));
    }
    return {Descriptor(ends[0]), Descriptor(ends[1])};
}

Json failure(const char* error, std::string text) {
    return Json{{"ok", false}, {"error", error}, {"text", std::move(text)}};
}

std::string verb_of(const std::string& request) {
    const Json json = parse_json_line(request);
    return json.is_object() ? json.value("do", std::string()) : std::string();
}

/// Its first line; a command may print a line end or not.
std::string first_line(const std::string& output) {
    return output.substr(0, output.find('\n'));
}

}  // namespace

ControlCommand::ControlCommand(std::string path, std::chrono::milliseconds patience)
    : path_(std::move(path)), patience_(patience) {
    if (::access(path_.c_str(), X_OK) == 0) return;
    throw AttachmentError(
        fmt::format("upper tester {}: cannot be executed: {}", path_, std::strerror(errno)));
}

ControlCommand::~ControlCommand() {
    end();
}

void ControlCommand::send(const std::string& line) {
    if (line.size() > kRequestMax) {
        throw AttachmentError(
            fmt::format("upper tester {}: a request of {} bytes is too long", path_, line.size()));
    }
    if (waiting_.size() == kWaitingMax) {
        throw AttachmentError(
            fmt::format("upper tester {}: {} requests wait already", path_, kWaitingMax));
    }
    waiting_.push_back(line);
}

void ControlCommand::start_next() {
    running_ = std::move(waiting_.front());
    waiting_.pop_front();
    const std::string verb = verb_of(running_);
    auto [input, request] = make_pipe();
    auto [answer, output] = make_pipe();
    // As long as a pipe takes at once, so that nobody waits here for a reader.
    const std::string line = running_ + "\n";
    const ssize_t written = ::write(request.number(), line.data(), line.size());
    if (written != static_cast<ssize_t>(line.size())) {
        throw AttachmentError(fmt::format("upper tester {}: its pipe is full", path_));
    }
    pid_ = ::fork();
    if (pid_ < 0) throw AttachmentError(fmt::format("fork: {}", std::strerror(errno)));
    if (pid_ == 0) {
        ::setpgid(0, 0);  // what it starts ends with it
        ::prctl(PR_SET_PDEATHSIG, SIGKILL);
        ::dup2(input.number(), STDIN_FILENO);
        ::dup2(output.number(), STDOUT_FILENO);
        ::execl(path_.c_str(), path_.c_str(), verb.c_str(), nullptr);
        ::_exit(kNotStarted);
    }
    ::setpgid(pid_, pid_);
    pipe_ = std::move(answer);
    ::fcntl(pipe_.number(), F_SETFL, O_NONBLOCK);
    output_.clear();
    is_late_ = false;
    give_up_ = steady_clock::now() + patience_;
}

void ControlCommand::read_output() {
    std::array<char, kReadSize> buffer{};
    for (;;) {
        const ssize_t count = ::read(pipe_.number(), buffer.data(), buffer.size());
        if (count < 0 && errno == EINTR) continue;
        if (count <= 0) return;
        output_.append(buffer.data(), static_cast<std::size_t>(count));
        if (output_.size() <= kOutputMax) continue;
        end();
        throw DeviceMisbehaves(
            fmt::format("the upper tester {} answered with more than {} bytes", path_, kOutputMax));
    }
}

bool ControlCommand::follow() {
    read_output();
    const bool has_ended = ::waitpid(pid_, &status_, WNOHANG) == pid_;
    if (has_ended) {
        read_output();  // what it printed last
        ::kill(-pid_, SIGKILL);
        pid_ = -1;
        return true;
    }
    if (steady_clock::now() < give_up_) return false;
    end();
    is_late_ = true;
    return true;
}

void ControlCommand::end() {
    if (pid_ < 0) return;
    ::kill(-pid_, SIGKILL);
    while (::waitpid(pid_, &status_, 0) < 0 && errno == EINTR) {
    }
    pid_ = -1;
}

std::string ControlCommand::answer() const {
    const Json request = parse_json_line(running_);
    const auto with_id = [&request](Json json) {
        if (request.is_object() && !json.contains("id")) json["id"] = request.value("id", Json());
        return json.dump();
    };
    if (is_late_) {
        return with_id(failure(
            "failed", fmt::format("no answer of {} within {} ms", path_, patience_.count())));
    }
    if (!WIFEXITED(status_)) {
        return with_id(
            failure("failed", fmt::format("{} ended by signal {}", path_, WTERMSIG(status_))));
    }
    const int code = WEXITSTATUS(status_);
    if (code == kUnknownVerb) {
        return with_id(failure("unsupported", fmt::format("{} does not know the verb", path_)));
    }
    const std::string line = first_line(output_);
    const Json printed = parse_json_line(line);
    if (printed.is_object()) return with_id(printed);
    if (code != 0) return with_id(failure("failed", fmt::format("{}: exit code {}", path_, code)));
    if (line.empty()) return with_id(Json{{"ok", true}});
    return line;  // no answer at all, which who reads it says
}

std::vector<std::string> ControlCommand::take() {
    std::vector<std::string> lines;
    for (;;) {
        if (pid_ < 0) {
            if (waiting_.empty()) return lines;
            start_next();
        }
        if (!follow()) return lines;
        lines.push_back(answer());
    }
}

}  // namespace conform
