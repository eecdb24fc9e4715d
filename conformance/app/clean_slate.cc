// SPDX-License-Identifier: Apache-2.0
#include "app/clean_slate.hh"

#include <fmt/format.h>

#include "roles/stage.hh"

namespace conform {
namespace {

Task<> ask(Stage& stage, bool& is_done) {
    try {
        const UpperTester::Answer answer = co_await stage.upper_tester().request("reset");
        is_done = answer.is_ok;
    } catch (const Unsupported&) {
        is_done = false;
    }
}

}  // namespace

bool wipe(Attachment& device, const Iut& iut, std::uint64_t seed, std::uint16_t port) {
    if (iut.upper_tester.empty()) return false;
    Stage stage(device, iut, Random(seed, "wipe"),
                {.port = port, .keeps_strangers = false, .has_channels = false});
    bool is_done = false;
    stage.wire().scheduler().spawn(ask(stage, is_done));
    try {
        stage.wire().scheduler().run();
    } catch (const DeviceHangs& reason) {
        throw DeviceHangs(fmt::format("reset before the case: {}", reason.what()));
    }
    return is_done;
}

}  // namespace conform
