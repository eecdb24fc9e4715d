// SPDX-License-Identifier: Apache-2.0
#include "app/mutants.hh"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <filesystem>
#include <sstream>

#include <nlohmann/json.hpp>

#include "attach/attachment.hh"
#include "attach/descriptor.hh"
#include "attach/interrupt.hh"
#include "attach/json_line.hh"

namespace conform {
namespace {

using std::chrono::steady_clock;

constexpr std::size_t kListSizeMax = 1 << 20;
constexpr int kPauseMilliseconds = 20;

/// A program whose output is wanted, started without a shell. However that goes, neither it nor
/// what it started outlives this object.
class ListingProcess {
  public:
    ListingProcess(const std::string& program, const char* argument) {
        std::array<int, 2> ends{};
        if (::pipe2(ends.data(), O_CLOEXEC) != 0) throw AttachmentError("no pipe to be had");
        reading_ = Descriptor(ends[0]);
        const Descriptor writing(ends[1]);
        child_ = ::fork();
        if (child_ < 0) throw AttachmentError("no process to be had");
        if (child_ > 0) return;
        ::setpgid(0, 0);
        ::prctl(PR_SET_PDEATHSIG, SIGKILL);
        ::dup2(writing.number(), STDOUT_FILENO);
        ::execl(program.c_str(), program.c_str(), argument, nullptr);
        ::_exit(127);
    }
    ListingProcess(const ListingProcess&) = delete;
    ListingProcess& operator=(const ListingProcess&) = delete;
    ~ListingProcess() {
        if (has_exited()) return;
        // Its group is not there before it has run setpgid.
        if (::kill(-child_, SIGKILL) != 0) ::kill(child_, SIGKILL);
        while (::waitpid(child_, &status_, 0) < 0 && errno == EINTR) {
        }
    }

    /// Waits a moment for output, and adds what came to `text`; false: there will be none any more.
    bool read(std::string& text) {
        pollfd waiting{reading_.number(), POLLIN, 0};
        if (::poll(&waiting, 1, kPauseMilliseconds) <= 0) return true;
        std::array<char, 4096> buffer{};
        const ssize_t length = ::read(reading_.number(), buffer.data(), buffer.size());
        if (length > 0) text.append(buffer.data(), static_cast<std::size_t>(length));
        return length > 0 || (length < 0 && errno == EINTR);
    }

    bool has_exited() {
        if (!is_reaped_) is_reaped_ = ::waitpid(child_, &status_, WNOHANG) == child_;
        return is_reaped_;
    }
    bool has_succeeded() const {
        return is_reaped_ && WIFEXITED(status_) && WEXITSTATUS(status_) == 0;
    }

  private:
    Descriptor reading_;
    pid_t child_ = -1;
    int status_ = 0;
    bool is_reaped_ = false;
};

/// What the program writes to its standard output.
std::string output_of(const std::string& program, const char* argument,
                      std::chrono::milliseconds patience) {
    const auto fail = [&](const std::string& what) {
        throw AttachmentError(fmt::format("{} {} {}", program, argument, what));
    };
    const auto give_up = steady_clock::now() + patience;
    ListingProcess process(program, argument);
    std::string text;
    bool has_more = true;
    while (has_more || !process.has_exited()) {
        if (has_more)
            has_more = process.read(text);
        else
            ::poll(nullptr, 0, kPauseMilliseconds);
        throw_if_interrupted();
        if (text.size() > kListSizeMax) fail(fmt::format("lists more than {} bytes", kListSizeMax));
        if (steady_clock::now() >= give_up) {
            fail(fmt::format("takes more than {} ms", patience.count()));
        }
    }
    if (!process.has_succeeded()) fail("cannot be run, or fails");
    return text;
}

/// One line of a list: texts by their names.
class Entry {
  public:
    /// `list` is how the program was asked, for messages.
    Entry(const std::string& line, const std::string& list, std::size_t number)
        : json_(parse_json_line(line)), line_(line), list_(list), number_(number) {}

    bool has(const char* key) const { return json_.is_object() && json_.contains(key); }
    std::string text(const char* key) const {
        if (has(key) && json_[key].is_string()) return json_[key].get<std::string>();
        throw AttachmentError(
            fmt::format("{}: line {}: expected an object with a text \"{}\", got {}", list_,
                        number_, key, line_));
    }

  private:
    nlohmann::json json_;
    const std::string& line_;
    const std::string& list_;
    std::size_t number_;
};

template <class Make>
void for_each_entry(std::string_view lines, const std::string& list, const Make& make) {
    std::istringstream in{std::string(lines)};
    std::size_t number = 0;
    for (std::string line; std::getline(in, line);)
        make(Entry(line, list, ++number));
}

std::string beside_this_program(const char* name) {
    std::error_code error;
    const std::filesystem::path self = std::filesystem::read_symlink("/proc/self/exe", error);
    return (self.parent_path() / name).string();
}

/// `option NAME` stands before the command's own options.
std::vector<std::string> replace_program(const std::vector<std::string>& command,
                                         const std::string& program, const char* option,
                                         const std::string& name) {
    std::vector<std::string> words = {program, option, name};
    words.insert(words.end(), command.begin() + 1, command.end());
    return words;
}

}  // namespace

std::vector<Mutant> parse_mutants(std::string_view lines, const std::string& program) {
    std::vector<Mutant> mutants;
    for_each_entry(lines, program + " --list-mutants", [&mutants](const Entry& entry) {
        mutants.push_back({entry.text("name"), entry.text("requirement"), entry.text("text"),
                           entry.has("needs") ? entry.text("needs") : std::string()});
    });
    return mutants;
}

std::vector<Mutant> list_mutants(const std::string& program, std::chrono::milliseconds patience) {
    return parse_mutants(output_of(program, "--list-mutants", patience), program);
}

std::vector<Variant> list_variants(const std::string& program, std::chrono::milliseconds patience) {
    std::vector<Variant> variants;
    const std::string lines = output_of(program, "--list-variants", patience);
    for_each_entry(lines, program + " --list-variants", [&variants](const Entry& entry) {
        variants.push_back({entry.text("name"), entry.text("text")});
    });
    return variants;
}

std::string default_mutants_program() {
    return beside_this_program("shunt-node-mutants");
}

std::string empty_device_program() {
    return beside_this_program("shunt-empty-device");
}

std::vector<std::string> mutant_command(const std::vector<std::string>& command,
                                        const std::string& program, const Mutant& mutant) {
    return replace_program(command, program, "--mutant", mutant.name);
}

std::vector<std::string> variant_command(const std::vector<std::string>& command,
                                         const std::string& program, const Variant& variant) {
    return replace_program(command, program, "--variant", variant.name);
}

}  // namespace conform
