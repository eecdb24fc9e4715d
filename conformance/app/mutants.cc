// SPDX-License-Identifier: Apache-2.0
#include "app/mutants.hh"

#include <fmt/format.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <filesystem>
#include <sstream>

#include <nlohmann/json.hpp>

#include "attach/attachment.hh"
#include "attach/descriptor.hh"

namespace conform {
namespace {

constexpr std::size_t kListSizeMax = 1 << 20;

/// What the program writes to its standard output, started without a shell.
std::string output_of(const std::string& program, const char* argument) {
    std::array<int, 2> ends{};
    if (::pipe(ends.data()) != 0) throw AttachmentError("no pipe to be had");
    const Descriptor reading(ends[0]);
    const pid_t child = ::fork();
    if (child < 0) {
        ::close(ends[1]);
        throw AttachmentError("no process to be had");
    }
    if (child == 0) {
        ::dup2(ends[1], STDOUT_FILENO);
        ::execl(program.c_str(), program.c_str(), argument, nullptr);
        ::_exit(127);
    }
    ::close(ends[1]);
    std::string text;
    std::array<char, 4096> buffer{};
    for (ssize_t length = 0;
         text.size() < kListSizeMax &&
         (length = ::read(reading.number(), buffer.data(), buffer.size())) > 0;) {
        text.append(buffer.data(), static_cast<std::size_t>(length));
    }
    int status = 0;
    ::waitpid(child, &status, 0);
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
        throw AttachmentError(fmt::format("{} {} cannot be run, or fails", program, argument));
    }
    return text;
}

}  // namespace

std::vector<Mutant> parse_mutants(std::string_view lines, const std::string& program) {
    std::vector<Mutant> mutants;
    std::istringstream in{std::string(lines)};
    for (std::string line; std::getline(in, line);) {
        const auto json = nlohmann::json::parse(line, nullptr, false);
        const auto text = [&](const char* key) -> std::string {
            if (!json.is_object() || !json.contains(key) || !json[key].is_string()) {
                throw AttachmentError(fmt::format(
                    "{} --list-mutants: line {}: expected an object with a text \"{}\", got {}",
                    program, mutants.size() + 1, key, line));
            }
            return json[key].get<std::string>();
        };
        mutants.push_back({text("name"), text("requirement"), text("text")});
    }
    return mutants;
}

std::vector<Mutant> list_mutants(const std::string& program) {
    return parse_mutants(output_of(program, "--list-mutants"), program);
}

std::string default_mutants_program() {
    std::error_code error;
    const std::filesystem::path self = std::filesystem::read_symlink("/proc/self/exe", error);
    return (self.parent_path() / "shunt-node-mutants").string();
}

std::vector<std::string> mutant_command(const std::vector<std::string>& command,
                                        const std::string& program, const Mutant& mutant) {
    std::vector<std::string> words = {program, "--mutant", mutant.name};
    words.insert(words.end(), command.begin() + 1, command.end());
    return words;
}

}  // namespace conform
