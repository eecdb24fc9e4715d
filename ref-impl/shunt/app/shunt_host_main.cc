// SPDX-License-Identifier: Apache-2.0
// shunt-host: the engine alone behind a unix: attachment, in the tester's time, with the calls of
// sockets on its control channel (docs/segment-scripts.md).
#include <fmt/format.h>

#include <cstdio>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "shunt/app/attached_tester.hh"
#include "shunt/app/command_line.hh"
#include "shunt/app/log.hh"
#include "shunt/app/program.hh"
#include "shunt/app/virtual_host.hh"
#include "shunt/app/virtual_runner.hh"
#include "shunt/runtime/device_address.hh"

namespace shunt::app {
namespace {

struct HostOptions {
    std::string path;
};

constexpr const char* kIntroduction =
    "shunt-host: one host for a tester that owns its time.\n\n"
    "Usage: shunt-host --front unix:PATH\n\n";
constexpr const char* kEpilogue = "\nSee docs/segment-scripts.md.\n";

HostOptions options_from(const GivenOptions& given) {
    const auto address = runtime::parse_device_address(given.required_text("front", "unix:PATH"));
    if (!address) throw WrongOption{"--front: " + address.error().text};
    if (address->kind != runtime::DeviceAddress::Kind::Unix)
        throw WrongOption{"--front: expected unix:PATH, for the time is the tester's"};
    return {address->name};
}

ParsedOptions<HostOptions> parse_options(const std::vector<std::string>& arguments) {
    CommandLine about{"shunt-host", kIntroduction, {"Options"}, kEpilogue};
    about.options.add_options()("front", option_value("A"), "where the tester finds it");
    return parse_command_line(about, arguments, options_from);
}

int fail(std::string_view text) {
    fmt::print(stderr, "shunt-host: {}\n", text);
    return kExitSetup;
}

int serve(const HostOptions& options) {
    set_log_level(LogLevel::Warning);
    auto loop = runtime::EventLoop::open();
    if (!loop) return fail(loop.error().text);
    auto attachment = runtime::UnixAttachment::open(options.path);
    if (!attachment) return fail(attachment.error().text);
    PacketPool pool;
    AttachedTester tester(std::move(*attachment), {TimeMode::Virtual, true, false, 0}, *loop, pool);
    VirtualHost host;
    VirtualRunner runner(host, tester, *loop, pool);
    fmt::print("{{\"event\":\"ready\",\"front\":\"unix:{}\"}}\n", options.path);
    std::fflush(stdout);
    runner.run();
    return kExitInterrupted;
}

}  // namespace
}  // namespace shunt::app

int main(int count, char** values) {
    return shunt::app::run_program("shunt-host", count, values, shunt::app::parse_options,
                                   shunt::app::serve);
}
