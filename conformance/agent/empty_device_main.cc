// SPDX-License-Identifier: Apache-2.0
/// shunt-empty-device: a device that does nothing of what it should, behind a unix: attachment in
/// virtual time. The conformance suite is tested by it: nothing may pass.
#include <fmt/format.h>

#include <algorithm>
#include <iostream>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "agent/empty_device.hh"
#include "agent/tester_listener.hh"
#include "attach/interrupt.hh"
#include "iut/iut_file.hh"

namespace conform {
namespace {

constexpr int kExitUsage = 2;
constexpr int kExitHarness = 3;
constexpr int kExitInterrupted = 130;
constexpr std::string_view kPrefix = "unix:";

struct Options {
    Emptiness emptiness = Emptiness::Silent;
    std::string iut_path;
    std::string socket_path;
};

std::string usage() {
    std::string text = "usage: shunt-empty-device KIND --iut FILE --front unix:PATH\n\n";
    for (const EmptinessText& each : all_emptinesses())
        text += fmt::format("  {:<12} {}\n", each.name, each.text);
    return text +
           "\nexample: shunt-empty-device reset --iut shunt-node.toml --front "
           "unix:out/s1.sock\n";
}

Options parse(const std::vector<std::string>& words) {
    if (words.empty()) throw UsageError("expected a kind of device\n" + usage());
    Options options;
    const auto& kinds = all_emptinesses();
    const auto kind = std::find_if(kinds.begin(), kinds.end(), [&words](const EmptinessText& each) {
        return each.name == words.front();
    });
    if (kind == kinds.end()) {
        throw UsageError(fmt::format("no device is called {}\n{}", words.front(), usage()));
    }
    options.emptiness = kind->emptiness;
    for (std::size_t at = 1; at + 1 < words.size(); at += 2) {
        const std::string& value = words[at + 1];
        if (words[at] == "--iut") options.iut_path = value;
        if (words[at] == "--front" && value.starts_with(kPrefix)) {
            options.socket_path = value.substr(kPrefix.size());
        }
    }
    if (words.size() != 5 || options.iut_path.empty() || options.socket_path.empty()) {
        throw UsageError("expected KIND --iut FILE --front unix:PATH\n" + usage());
    }
    return options;
}

/// One tester, until it leaves.
void serve(int tester, const Options& options, const Iut& iut) {
    std::optional<EmptyDevice> device(std::in_place, options.emptiness, iut, 1);
    while (const auto message = receive_message(tester)) {
        if (const auto* hello = std::get_if<HelloMessage>(&*message)) {
            device.emplace(options.emptiness, iut, hello->seed);
            send_message(tester, *hello);
        } else if (const auto* frame = std::get_if<LinkFrame>(&*message)) {
            for (const LinkFrame& reply : device->handle(*frame))
                send_message(tester, reply);
        } else if (const auto* control = std::get_if<ControlMessage>(&*message)) {
            if (const auto line = device->answer(control->line)) {
                send_message(tester, ControlMessage{*line});
            }
        } else if (std::holds_alternative<AdvanceMessage>(*message)) {
            send_message(tester, QuietMessage{});
        }
    }
}

int run(const Options& options) {
    const Iut iut = load_iut_file(options.iut_path);
    catch_interrupts();
    const TesterListener listener(options.socket_path);
    std::cout << "{\"event\":\"ready\",\"front\":\"unix:" << options.socket_path << "\"}"
              << std::endl;
    for (;;) {
        const Descriptor tester = listener.accept();
        serve(tester.number(), options, iut);
    }
}

int complain(const std::exception& error, int exit_code) {
    std::cerr << "shunt-empty-device: " << error.what() << "\n";
    return exit_code;
}

}  // namespace
}  // namespace conform

int main(int argument_count, char** arguments) {
    const std::vector<std::string> words(arguments + 1, arguments + argument_count);
    try {
        if (words == std::vector<std::string>{"--help"}) {
            std::cout << conform::usage();
            return 0;
        }
        return conform::run(conform::parse(words));
    } catch (const conform::UsageError& error) {
        return conform::complain(error, conform::kExitUsage);
    } catch (const conform::IutFileError& error) {
        return conform::complain(error, conform::kExitUsage);
    } catch (const conform::Interrupted&) {
        return conform::kExitInterrupted;
    } catch (const std::exception& error) {
        return conform::complain(error, conform::kExitHarness);
    }
}
