// SPDX-License-Identifier: Apache-2.0
// shunt-impair: a bad path between two devices.
#include <fmt/format.h>
#include <unistd.h>

#include <cstdio>
#include <fstream>
#include <string>

#include "shunt/app/impair_options.hh"
#include "shunt/app/impair_runner.hh"
#include "shunt/app/program.hh"

namespace shunt::app {
namespace {

int complain(int code, const std::string& text) {
    fmt::print(stderr, "shunt-impair: {}\n", text);
    return code;
}

bool write_report(const std::string& path, const std::string& text) {
    if (path == "-") return std::fwrite(text.data(), 1, text.size(), stdout) == text.size();
    std::ofstream file(path, std::ios::binary);
    file << text;
    return static_cast<bool>(file.flush());
}

int run(const ImpairOptions& options) {
    auto loop = runtime::EventLoop::open();
    if (!loop) return complain(kExitSetup, loop.error().text);
    ImpairRunner runner(options);
    const std::string trouble = runner.open(*loop);
    if (!trouble.empty()) return complain(kExitSetup, trouble);
    fmt::print(R"({{"event":"ready","pid":{},"left":"{}","right":"{}"}})"
               "\n",
               getpid(), runtime::to_string(options.left), runtime::to_string(options.right));
    std::fflush(stdout);
    const ImpairRunner::End end = runner.run(*loop);
    if (options.json && !write_report(*options.json, runner.report()))
        return complain(kExitTrouble, *options.json + ": cannot be written");
    if (end == ImpairRunner::End::DeviceLost) return complain(kExitTrouble, "a device was lost");
    return kExitInterrupted;
}

}  // namespace
}  // namespace shunt::app

int main(int count, char** values) {
    return shunt::app::run_program("shunt-impair", count, values, shunt::app::parse_impair_options,
                                   shunt::app::run);
}
