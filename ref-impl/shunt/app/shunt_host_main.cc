// SPDX-License-Identifier: Apache-2.0
// shunt-host: the engine alone behind a unix: attachment, in the tester's time, with the calls of
// sockets on its control channel (docs/segment-scripts.md).
#include <fmt/format.h>
#include <signal.h>

#include <cstdio>
#include <string_view>
#include <utility>

#include "shunt/app/host_runner.hh"
#include "shunt/app/log.hh"
#include "shunt/runtime/device_address.hh"

namespace {

constexpr int kExitSetup = 2;
constexpr int kExitInterrupted = 130;
constexpr std::string_view kUsage =
    "shunt-host --front unix:PATH\n"
    "One host for a tester that owns its time. See docs/segment-scripts.md.\n";

int fail(std::string_view text) {
    fmt::print(stderr, "shunt-host: {}\n", text);
    return kExitSetup;
}

int serve(const std::string& path) {
    namespace app = shunt::app;
    namespace runtime = shunt::runtime;
    auto loop = runtime::EventLoop::open();
    if (!loop) return fail(loop.error().text);
    auto attachment = runtime::UnixAttachment::open(path);
    if (!attachment) return fail(attachment.error().text);
    shunt::PacketPool pool;
    app::AttachedTester tester(std::move(*attachment), {app::TimeMode::Virtual, true, false, 0},
                               *loop, pool);
    app::HostRunner runner(tester, *loop, pool);
    fmt::print("{{\"event\":\"ready\",\"front\":\"unix:{}\"}}\n", path);
    std::fflush(stdout);
    runner.run();
    return kExitInterrupted;
}

}  // namespace

int main(int argument_count, char** arguments) {
    signal(SIGPIPE, SIG_IGN);  // whoever reads our stdout may leave before us
    const std::string_view first = argument_count > 1 ? arguments[1] : "";
    if (first == "--help") {
        fmt::print("{}", kUsage);
        return 0;
    }
    if (argument_count != 3 || first != "--front") {
        return fail(fmt::format("expected --front unix:PATH\n{}", kUsage));
    }
    const auto address = shunt::runtime::parse_device_address(arguments[2]);
    if (!address) return fail(address.error().text);
    if (address->kind != shunt::runtime::DeviceAddress::Kind::Unix) {
        return fail("--front: expected unix:PATH, for the time is the tester's");
    }
    shunt::app::set_log_level(shunt::app::LogLevel::Warning);
    return serve(address->name);
}
